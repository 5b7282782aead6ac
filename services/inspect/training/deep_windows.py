"""Texts → windows of word pieces with labels, as the deep tier reads them."""
import re

# Lengths that training mixes, frame pieces included, so that a runtime may read narrower windows than another.
LENGTHS = (48, 64, 64, 96)
CLS, SEP, PAD = 101, 102, 0
BREAK = re.compile(r"[.!?;:|\n。！？]+")
SEGMENT = (4, 48)


def windows(tokenizer, text, spans=(), window=64, stride=None, offset=0):
    """Yields (ids, token labels, window label or None, segments). Texts up to one window give one. `offset`: where the first
    window begins, for another cut of the same text.

    A window's label is 1 where at least half of a planted span, or 24 of its tokens, are inside; 0 where none is; None between.
    A segment is what stands between two full stops or lines: (first piece, behind the last, label), labelled by the same half.
    """
    encoding = tokenizer.encode(text, add_special_tokens=False)
    ids, offsets = encoding.ids, encoding.offsets
    inside = [any(s < end and start < e for s, e in spans) for start, end in offsets] if spans else [False] * len(ids)
    total = sum(inside)
    size = window - 2
    stride = stride or size // 2
    start = offset if offset + size < len(ids) else 0
    while True:
        part = slice(start, start + size)
        flags = inside[part]
        hit = sum(flags)
        label = 0 if hit == 0 else 1 if hit >= min(24, max(1, total / 2)) else None
        yield [CLS, *ids[part], SEP], [0, *map(int, flags), 0], label, segments(text, offsets[part], flags)
        if start + size >= len(ids):
            return
        start += stride


def segments(text, offsets, flags):
    found = []
    begin = 0
    for at in range(len(offsets)):
        last = at + 1 == len(offsets)
        if not last and not BREAK.search(text, offsets[at][0], offsets[at + 1][0]):
            continue
        if SEGMENT[0] <= at + 1 - begin <= SEGMENT[1]:
            hit = sum(flags[begin : at + 1])
            if hit == 0 or 2 * hit >= at + 1 - begin:
                found.append((begin + 1, at + 2, int(hit > 0)))
        begin = at + 1
    return found

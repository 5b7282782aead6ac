"""Texts → windows of word pieces with labels, as the deep tier reads them."""
WINDOW = 96
STRIDE = 48
CLS, SEP, PAD = 101, 102, 0


def windows(tokenizer, text, spans=(), window=WINDOW, stride=STRIDE):
    """Yields (ids, token labels, window label or None, offsets). Texts up to one window give one.

    A window's label is 1 where at least half of a planted span, or 24 of its tokens, are inside; 0 where none is; None between.
    """
    encoding = tokenizer.encode(text, add_special_tokens=False)
    ids, offsets = encoding.ids, encoding.offsets
    inside = [any(s < end and start < e for s, e in spans) for start, end in offsets] if spans else [False] * len(ids)
    total = sum(inside)
    size = window - 2
    start = 0
    while True:
        part = slice(start, start + size)
        flags = inside[part]
        hit = sum(flags)
        label = 0 if hit == 0 else 1 if hit >= min(24, max(1, total / 2)) else None
        yield [CLS, *ids[part], SEP], [0, *map(int, flags), 0], label, [(0, 0), *offsets[part], (0, 0)]
        if start + size >= len(ids):
            return
        start += stride

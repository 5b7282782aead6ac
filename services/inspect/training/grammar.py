"""Templates: `[a|b|c]` is a choice (nesting allowed, an empty branch too), `{slot}` is filled from the lexicon."""
import re

from lexicon import fill

_CHOICE = re.compile(r"\[([^\[\]]*)\]")
#: `\\|`, `\\[` and `\\]` stand for themselves.
_ESCAPES = (("\\|", "\x01"), ("\\[", "\x02"), ("\\]", "\x03"))
_SLOT = re.compile(r"\{(\w+)\}")


def expand(template: str, rng) -> str:
    """One text of the template. Slots are filled last, so their values are never read as grammar."""
    for escaped, mark in _ESCAPES:
        template = template.replace(escaped, mark)
    while True:
        match = _CHOICE.search(template)
        if match is None:
            break
        template = template[: match.start()] + rng.choice(match.group(1).split("|")) + template[match.end() :]
    text = _SLOT.sub(lambda m: fill(m.group(1), rng), template)
    for escaped, mark in _ESCAPES:
        text = text.replace(mark, escaped[1])
    return re.sub(r" {2,}", " ", text).strip(" ")

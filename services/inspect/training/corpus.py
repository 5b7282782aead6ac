"""The training text: carriers with and without a planted request, the same seed giving the same text.

    python corpus.py --data ../../../../shared/data --out corpus.jsonl --count 60000 --seed 1
"""
import argparse
import json
import random
from pathlib import Path

import abroad
import bystanders
import carriers
import compose
import errands
import frames
import further_tongues
import guises
import lists
import notations
import notices
import people
import requests
import sources
import tongues
import trades
import wrappers
from grammar import expand


class Corpus:
    """`leave_out`: names of sources that are not used (bipia, spikee, bfcl, prose), for leave-one-source-out. `wide`: with
    the requests, wrappers, carriers and hard negatives that the place reader learns from (errands, frames, notations, bystanders)."""

    def __init__(self, data: Path, leave_out=frozenset(), packages: Path | None = None, wide=False):
        self.wide = wide
        people.WIDE = wide
        if wide:
            tongues.widen()
        self.pages = [] if packages is None or "packages" in leave_out else sources.packages(packages)
        self.pii = [] if "pii" in leave_out else sources.pii(data)
        self.prose = [] if "prose" in leave_out else sources.prose(data)
        self.bipia = None if "bipia" in leave_out else sources.bipia(data)
        self.spikee = None if "spikee" in leave_out else sources.spikee(data)
        self.bfcl = [] if "bfcl" in leave_out else sources.bfcl(data)

    def request(self, rng) -> tuple[str, str, str]:
        """Text, language and source of a request."""
        which = rng.random()
        if self.wide and which < 0.78:
            return self.wide_request(which, rng)
        if which < 0.2:
            return requests.english(rng), "en", "grammar"
        if which < 0.54:
            return compose.composed(rng), "en", "composed"
        if which < 0.78:
            language = rng.choice(list(requests.FOREIGN))
            return (requests.foreign if rng.random() < 0.35 else tongues.order)(language, rng), language, "grammar"
        if which < 0.85 and self.bipia:
            return rng.choice(self.bipia["attacks"]), "en", "bipia"
        if which < 0.88 and self.spikee:
            return rng.choice(self.spikee["instructions"]), "en", "spikee"
        if self.bfcl:
            return rng.choice(self.bfcl), "en", "bfcl"
        return compose.composed(rng), "en", "composed"

    def wide_request(self, which, rng) -> tuple[str, str, str]:
        if rng.random() < 0.36:
            if rng.random() < 0.72:
                return trades.order(rng), "en", "trade"
            language = rng.choice(abroad.languages())
            return abroad.order(language, rng), language, "trade"
        if which < 0.13:
            return requests.english(rng), "en", "grammar"
        if which < 0.33:
            return compose.composed(rng), "en", "composed"
        if which < 0.54:
            return errands.errand(rng), "en", "errand"
        language = rng.choice(list(further_tongues.PLAIN) + further_tongues.languages())
        if language in further_tongues.FURTHER:
            return further_tongues.order(language, rng), language, "grammar"
        if rng.random() < 0.2:
            return further_tongues.order(language, rng, whole=True), language, "grammar"
        by_template = language in requests.FOREIGN and rng.random() < 0.3
        return (requests.foreign if by_template else tongues.order)(language, rng), language, "grammar"

    def context(self, rng, planted, language, belong) -> tuple[str, str]:
        """A carrier with `planted` in it (or none), marked, and its name."""
        which = rng.random()
        if self.wide and rng.random() < 0.36:
            if language == "en":
                marked, kind = notices.notice(rng, None if planted is None else carriers.OPEN + planted + carriers.CLOSE)
                return marked, "notice-" + kind
            if language in abroad.ABROAD:
                text = abroad.notice(language, rng)
                return text if planted is None else carriers.plant(text, planted, rng), "notice-abroad"
        if self.wide and rng.random() < 0.3:
            around = lambda: carriers.text_of(rng, self.prose, language, belong) if rng.random() < 0.7 else bystanders.asked(rng) if language == "en" else bystanders.spoken(language, rng)
            place = None if planted is None else carriers.OPEN + planted + carriers.CLOSE if rng.random() < 0.6 else carriers.plant(around(), planted, rng)
            return notations.form(rng, around, place), "notation"
        if language == "en" and self.bipia and which < 0.12:
            kind = rng.choice(["email", "table", "code"])
            return carriers.quoted(rng.choice(self.bipia[kind])[:3000], planted, rng), "bipia-" + kind
        if language == "en" and self.spikee and which < 0.13:
            return carriers.quoted(rng.choice(self.spikee["documents"]).replace("<PLACEHOLDER>", ""), planted, rng), "spikee"
        if self.prose and language == "en" and which < 0.2:
            passage = rng.choice(self.prose)
            return carriers.quoted(" ".join(passage[:8]), planted, rng), "prose"
        if self.pages and language == "en" and which < 0.3:
            name, page = rng.choice(self.pages)
            start = rng.randrange(max(1, len(page) - 400))
            return carriers.quoted(page[start : start + rng.randrange(200, 2500)], planted, rng), "packages-" + name
        if self.pii and language == "en" and which < 0.33:
            return carriers.quoted(rng.choice([" ", "\n"]).join(rng.choice(self.pii) for _ in range(rng.randrange(1, 6))), planted, rng), "pii"
        shape = rng.choices(list(carriers.SHAPES), [0.5, 0.2, 0.14, 0.1, 0.06])[0]
        return carriers.SHAPES[shape](rng, self.prose, language, planted, belong), shape

    def example(self, rng) -> dict:
        positive = rng.random() < 0.5
        if not positive:
            if self.wide:
                language = rng.choice(list(further_tongues.PLAIN) + further_tongues.languages()) if rng.random() < 0.4 else "en"
            else:
                language = rng.choice(list(carriers.STATEMENTS)) if rng.random() < 0.2 else "en"
            belong = rng.choice([0, 0.3, 0.8])
            if rng.random() < 0.05:
                # A value, a name, a list of three: too short to say anything, and so it must say nothing.
                text = expand(rng.choice(people.SHORT), rng)
                return {"text": text, "spans": [], "family": "clean", "carrier": "short", "language": "en", "source": ""}
            if rng.random() < 0.12:
                text, family = people.belonging(rng)
                return {"text": text, "spans": [], "family": "clean", "carrier": "belonging-" + family, "language": "en", "source": ""}
            if self.wide and language == "en" and rng.random() < 0.22:
                return {"text": lists.listed(rng), "spans": [], "family": "clean", "carrier": "list", "language": "en", "source": ""}
            marked, shape = self.context(rng, None, language, belong)
            return {"text": carriers.unmark(marked)[0], "spans": [], "family": "clean", "carrier": shape, "language": language, "source": ""}
        request, language, source = self.request(rng)
        family = "bare"
        if rng.random() < 0.42:
            if self.wide and rng.random() < 0.35:
                request, family = guises.guised(request, rng)
            elif self.wide and language == "en" and rng.random() < 0.5:
                request, family = frames.framed(request, rng)
            else:
                request, family = wrappers.wrap(request, rng, self.spikee["jailbreaks"] if self.spikee else None, language)
        if self.wide:
            around = language if language != "en" and rng.random() < 0.6 else "en"
        else:
            around = language if language in carriers.STATEMENTS and rng.random() < 0.4 else "en"
        if self.wide and around == "en" and rng.random() < 0.14:
            marked, shape = lists.listed(rng, carriers.OPEN + request + carriers.CLOSE), "list"
        else:
            marked, shape = self.context(rng, request, around, rng.choice([0, 0.15, 0.5]))
        text, spans = carriers.unmark(marked)
        if not spans:  # A notation took the marks apart: what cannot be labelled is not used.
            return self.example(rng)
        return {"text": text, "spans": spans, "family": family, "carrier": shape, "language": language, "source": source}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--count", type=int, default=60_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--leave-out", default="")
    parser.add_argument("--wide", action="store_true", help="more walks of life, wrappers, carriers, languages and hard negatives")
    parser.add_argument("--packages", type=Path, help="a node_modules folder, for real documentation and code")
    options = parser.parse_args()
    corpus = Corpus(options.data, frozenset(filter(None, options.leave_out.split(","))), options.packages, options.wide)
    rng = random.Random(options.seed)
    with options.out.open("w", encoding="utf-8") as out:
        for _ in range(options.count):
            out.write(json.dumps(corpus.example(rng), ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()

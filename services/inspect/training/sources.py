"""Prose and requests of others: read from the development data, never copied into the project."""
import gzip
import json
import re
from pathlib import Path


def _lines(path):
    with gzip.open(path, "rt", encoding="utf-8") as stream:
        return [json.loads(line) for line in stream]


_SENTENCE = re.compile(r"(?<=[.!?])\s+")
#: A sentence of a task's own frame ("Summarize the following") is an instruction to a model, not prose.
_TASK = re.compile(
    r"^(given|summar|write|answer|question|context|choose|which|what|how|read|sum |suggest|put|here'?s|i read|in brief|generate|translate|find|explain|suppose|pick|determine|process|based|condense|rewrite|create|the task|select|title|options?|article|review|q:|a:|please|tell|give|does|is |are |can |name |list |classify|extract|correct|do |use |make)",
    re.I,
)


def prose(data: Path) -> list[list[str]]:
    """Passages as lists of sentences (news, stories, encyclopedia, reviews), without the questions put to them."""
    passages = []
    for row in _lines(data / "text/prompts.jsonl.gz"):
        if row["source"] != "self-instruct/t0":
            continue
        for block in re.split(r"\n\s*\n", row["text"]):
            sentences = [s.strip() for s in _SENTENCE.split(block.replace("\n", " "))]
            sentences = [s for s in sentences if 25 < len(s) < 400 and not _TASK.match(s) and "?" not in s and s.endswith((".", "!", '"'))]
            if len(sentences) >= 2:
                passages.append(sentences)
    return passages


def bipia(data: Path) -> dict:
    contexts = _lines(data / "text/bipia-contexts.jsonl.gz")
    attacks = json.load(gzip.open(data / "text/bipia-attacks.json.gz", "rt", encoding="utf-8"))
    joined = lambda value: "\n".join(value) if isinstance(value, list) else value
    return {
        "email": [joined(c["context"]) for c in contexts if c["kind"] == "email"],
        "table": [joined(c["context"]) for c in contexts if c["kind"] == "table"],
        "code": [joined(c["context"]) for c in contexts if c["kind"] == "code"],
        "attacks": [a for group in attacks["text"].values() for a in group],
        "code_attacks": [a for group in attacks["code"].values() for a in group],
    }


def spikee(data: Path) -> dict:
    rows = _lines(data / "text/spikee-seeds.jsonl.gz")
    return {
        "instructions": sorted({r["instruction"] for r in rows if r["kind"] == "instructions"}),
        "jailbreaks": sorted({r["text"] for r in rows if r["kind"] == "jailbreaks" and "<INSTRUCTION>" in r["text"]}),
        "documents": sorted({r["document"] for r in rows if r["kind"] == "base_documents" and len(r["document"]) > 40}),
    }


def bfcl(data: Path) -> list[str]:
    return [r["text"] for r in _lines(data / "text/prompts.jsonl.gz") if r["source"].startswith("bfcl") and 15 < len(r["text"]) < 400]


def packages(root: Path) -> list[tuple[str, str]]:
    """Documentation and code of installed packages: instructions that belong where they stand. Kind and text."""
    found = []
    for pattern, kind, most in (("*.md", "docs", 600), ("*.d.ts", "code", 150), ("*.js", "code", 150), ("package.json", "json", 100)):
        files = sorted(path for path in root.rglob(pattern) if path.is_file() and 600 < path.stat().st_size < 200_000)
        step = max(1, len(files) // most)
        for path in files[::step][:most]:
            text = path.read_text("utf-8", "replace")[:40_000]
            # Minified code is no text for anyone.
            if max(map(len, text.split("\n"))) < 2000:
                found.append((kind, text))
    return found


def pii(data: Path) -> list[str]:
    """Sentences with personal data in them."""
    rows = json.load(gzip.open(data / "pii/presidio-synth-v2.json.gz", "rt", encoding="utf-8"))
    return [row["full_text"] for row in rows]


def prompts(data: Path) -> list[dict]:
    return _lines(data / "text/prompts.jsonl.gz")


def _attributes(span):
    return {a["key"]: a["value"].get("stringValue") for a in span["attributes"]}


def tool_results(data: Path, name: str) -> list[dict]:
    """Distinct tool results of recorded runs: {text, injected, suite}. `name`: agentdojo-train or agentdojo-dev."""
    labels = {row["traceId"]: row for row in _lines(data / f"traces/{name}.labels.jsonl.gz")}
    found: dict[str, dict] = {}
    for run in _lines(data / f"traces/{name}.otlp.jsonl.gz"):
        for resource in run["resourceSpans"]:
            for scope in resource["scopeSpans"]:
                for span in scope["spans"]:
                    label = labels[span["traceId"]]
                    values = _attributes(span)
                    text = values.get("gen_ai.tool.call.result")
                    if not text:
                        continue
                    exposed = label["exposure"] is not None and values.get("gen_ai.tool.call.id") == label["exposure"]["toolCallId"]
                    # A later result of an attacked run may show the injected text again; its state is not labelled, so it is left out.
                    if label["attack"] and not exposed:
                        continue
                    found.setdefault(text, {"text": text, "injected": exposed, "suite": label["suite"], "goal": label["injectionTask"], "tool": values.get("gen_ai.tool.name")})
    return list(found.values())


def user_tasks(data: Path, name: str) -> dict[tuple[str, str], str]:
    """What users asked in recorded runs, one text for each suite and task: real requests to a machine with tools."""
    labels = {row["traceId"]: row for row in _lines(data / f"traces/{name}.labels.jsonl.gz")}
    found: dict[tuple[str, str], str] = {}
    for run in _lines(data / f"traces/{name}.otlp.jsonl.gz"):
        for resource in run["resourceSpans"]:
            for scope in resource["scopeSpans"]:
                for span in scope["spans"]:
                    label = labels[span["traceId"]]
                    key = (label["suite"], label["userTask"])
                    messages = _attributes(span).get("gen_ai.input.messages")
                    if key in found or not messages:
                        continue
                    for message in json.loads(messages):
                        if message["role"] == "user":
                            found[key] = " ".join(part.get("content", "") for part in message["parts"])
                            break
    return found

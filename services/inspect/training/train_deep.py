"""Fine-tunes the deep tier on the texts that corpus.py wrote, each of them seen once.

    python train_deep.py --texts wide.jsonl narrow.jsonl --out deep.pt --steps 3000 --seed 1
"""
import argparse
import json
import math
import os
import random
import time
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
import torch
from torch.nn import functional as F

from deep_model import pretrained, tokenizer
from deep_windows import LENGTHS, windows

BATCH = 32
POOL = 24  # batches whose windows are sorted by length together
AROUND = 1500  # characters on each side of what was planted: windows beyond them are like those of clean texts


def texts(files, rng):
    """All lines of all files in random order; again in another order when they are used up."""
    lines = [line for file in files for line in file.read_text(encoding="utf-8").split("\n") if line]
    while True:
        rng.shuffle(lines)
        for line in lines:
            yield json.loads(line)


def cut(example, rng):
    """A text's part round one planted request, or any part of a clean one."""
    text, spans = example["text"], example["spans"]
    if len(text) <= 3 * AROUND:
        return text, spans
    if spans:
        start, end = rng.choice(spans)
        begin = max(0, start - rng.randrange(AROUND))
        until = end + rng.randrange(AROUND)
    else:
        begin = rng.randrange(len(text) - 2 * AROUND)
        until = begin + 2 * AROUND
    return text[begin:until], [(max(0, s - begin), e - begin) for s, e in spans if e > begin and s < until]


def examples(files, pieces, rng):
    """Windows without end: of a text with a planted request the window that holds it and sometimes another, else one or two."""
    for example in texts(files, rng):
        length = rng.choice(LENGTHS)
        text, spans = cut(example, rng)
        found = [w for w in windows(pieces, text, spans, length, offset=rng.randrange(length)) if w[2] is not None]
        yes = [w for w in found if w[2] == 1]
        no = [w for w in found if w[2] == 0]
        if yes:
            yield rng.choice(yes)
            if no and rng.random() < 0.35:
                yield rng.choice(no)
        elif no:
            yield from rng.sample(no, min(len(no), 2 if rng.random() < 0.3 else 1))


def batches(files, pieces, rng):
    stream = examples(files, pieces, rng)
    while True:
        pool = sorted((next(stream) for _ in range(BATCH * POOL)), key=lambda w: len(w[0]))
        groups = [pool[i : i + BATCH] for i in range(0, len(pool), BATCH)]
        rng.shuffle(groups)
        for group in groups:
            length = max(len(w[0]) for w in group)
            pad = lambda values: values + [0] * (length - len(values))
            places = [(row, *segment) for row, w in enumerate(group) for segment in w[3]]
            yield (
                torch.tensor([pad(w[0]) for w in group]),
                torch.tensor([pad(w[1]) for w in group], dtype=torch.float32),
                torch.tensor([float(w[2]) for w in group]),
                places,
            )


def place_loss(token, places):
    """What a whole sentence is taken for: the mean of its pieces, as the inspector reads a place."""
    if not places:
        return token.sum() * 0
    sums = torch.cat([token.new_zeros(token.shape[0], 1), token.cumsum(1)], dim=1)
    row, first, behind, label = (torch.tensor(column) for column in zip(*places))
    mean = (sums[row, behind] - sums[row, first]) / (behind - first)
    return F.binary_cross_entropy_with_logits(mean, label.float())


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--texts", type=Path, nargs="+", required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--layers", type=int, default=4)
    parser.add_argument("--steps", type=int, default=3000)
    parser.add_argument("--rate", type=float, default=1e-4)
    parser.add_argument("--resume", type=Path, help="weights of an earlier stage")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(options.seed)
    rng = random.Random(options.seed)
    model = pretrained(options.layers)
    if options.resume is not None:
        model.load_state_dict(torch.load(options.resume)["state"])
    # The word table is 60% of the weights and too large to be learned from so little: it stays as it came, but for the pieces in
    # letters other than English has, of which the sentence model knew next to nothing.
    pieces = tokenizer()
    foreign = torch.tensor([at for word, at in pieces.get_vocab().items() if any(ord(letter) > 0x24F for letter in word)])
    learned = torch.nn.Parameter(model.words.weight.detach()[foreign].clone())
    head = [p for n, p in model.named_parameters() if n.startswith(("token", "window"))]
    body = [p for n, p in model.named_parameters() if not n.startswith(("token", "window", "words"))]
    optimizer = torch.optim.AdamW([{"params": [*head, learned], "lr": options.rate * 3}, {"params": body, "lr": options.rate}], weight_decay=0.01, betas=(0.9, 0.98))
    warm = max(1, options.steps // 15)
    rate = lambda step: min((step + 1) / warm, 0.5 * (1 + math.cos(math.pi * max(0, step - warm) / (options.steps - warm))) * 0.98 + 0.02)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, rate)
    # Averaged weights: a checkpoint taken before the rate has fallen is nearly as good as the last one.
    average = torch.optim.swa_utils.AveragedModel(model, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(0.995))
    began = time.time()
    kept = {"loss": 0.0, "right": 0.0, "tokens": 0}
    for step, (ids, marks, label, places) in enumerate(batches(options.texts, pieces, rng)):
        if step == options.steps:
            break
        with torch.autocast("cpu", dtype=torch.bfloat16):
            window, token = model(ids)
        present = (ids != 0).float()
        tokens = F.binary_cross_entropy_with_logits(token.float(), marks, weight=present, reduction="sum") / present.sum()
        loss = F.binary_cross_entropy_with_logits(window.float(), label) + tokens + place_loss(token.float(), places)
        loss.backward()
        learned.grad = model.words.weight.grad[foreign]
        torch.nn.utils.clip_grad_norm_([*head, *body, learned], 1.0)
        optimizer.step()
        with torch.no_grad():
            model.words.weight[foreign] = learned
        schedule.step()
        optimizer.zero_grad(set_to_none=True)
        model.words.weight.grad = None
        average.update_parameters(model)
        kept["loss"] += loss.item()
        kept["right"] += ((window > 0).float() == label).float().mean().item()
        kept["tokens"] += ids.numel()
        if (step + 1) % 25 == 0:
            print(f"step {step + 1} loss {kept['loss'] / 25:.3f} right {kept['right'] / 25:.3f} tokens {kept['tokens'] / 25:.0f} seconds {time.time() - began:.0f} of processor {time.process_time():.0f}", flush=True)
            kept = {"loss": 0.0, "right": 0.0, "tokens": 0}
        if (step + 1) % 100 == 0:
            torch.save({"layers": options.layers, "step": step + 1, "state": average.module.state_dict()}, options.out)
    torch.save({"layers": options.layers, "step": options.steps, "state": average.module.state_dict()}, options.out)


if __name__ == "__main__":
    main()

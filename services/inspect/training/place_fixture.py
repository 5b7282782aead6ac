"""What the network of the training program says of some places, with the weights as they are written, for the test of the reader.

    python place_fixture.py --weights ../models/weights/place-1.bin --rows rows-held.jsonl --out place-rows.json
"""
import argparse
import json
import struct
from pathlib import Path

import torch

from train_place import BEFORE, BEHIND, WITHIN, PlaceModel


def read_model(path: Path) -> PlaceModel:
    raw = path.read_bytes()
    pieces, width, _, _, form, _, _, _, scale = struct.unpack("<5I4f", raw[4:40])
    model, at = PlaceModel(form, torch.zeros(pieces, width)), 40
    with torch.no_grad():
        for layer in (model.conv, model.hidden, model.out):
            for part in (layer.weight, layer.bias):
                part.copy_(torch.frombuffer(bytearray(raw[at : at + 4 * part.numel()]), dtype=torch.float32).reshape(part.shape))
                at += 4 * part.numel()
        model.words.weight.copy_(torch.frombuffer(bytearray(raw[at:]), dtype=torch.int8).reshape(pieces, width).float() * scale)
    return model.eval()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--rows", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    model = read_model(options.weights)
    lines = options.rows.read_text("utf-8").split("\n")
    rows = [json.loads(line) for line in lines[: 24 * 37 : 37] if line]
    padded = lambda values, length: torch.tensor([(values + [0] * length)[:length]])
    found = []
    for row in rows:
        with torch.no_grad():
            odds = model(padded(row["b"], BEFORE), padded(row["w"], WITHIN), padded(row["a"], BEHIND), torch.tensor([row["x"]])).item()
        found.append({"b": row["b"], "w": row["w"], "a": row["a"], "x": row["x"], "odds": round(odds, 4)})
    options.out.write_text(json.dumps(found) + "\n", "utf-8")


if __name__ == "__main__":
    main()

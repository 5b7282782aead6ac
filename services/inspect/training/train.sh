#!/bin/sh
# Trains both tiers from the development data and writes the weights in place. Needs a Python with requirements.txt and,
# for the last two steps, an ONNX runtime for Node. About an hour on one core; the same seeds give the same texts.
#
#     npm run train -- ../shared/data /tmp/training
set -eu
data=$1
work=$2
here=services/inspect/training
weights=services/inspect/models/weights
python=${PYTHON:-python3}
compiled=dist/$here
export OMP_NUM_THREADS=1
mkdir -p "$work"

"$python" $here/corpus.py --data "$data" --packages node_modules --out "$work/train.jsonl" --count 280000 --seed 11
"$python" $here/corpus.py --data "$data" --packages node_modules --out "$work/held.jsonl" --count 10000 --seed 12
"$python" $here/foreign.py --data "$data" --out "$work/foreign.jsonl"
node --max-old-space-size=8000 $compiled/fast-training.js --train "$work/train.jsonl" --held "$work/held.jsonl" --out $weights/fast-1.bin

"$python" $here/train_deep.py --data "$data" --packages node_modules --out "$work/deep.pt" --steps 1600 --seed 1
"$python" $here/export_deep.py --weights "$work/deep.pt" --out $weights/deep-1.onnx
node $compiled/deep-calibration.js --weights $weights --held "$work/held.jsonl" --count 1500
node $compiled/evaluation.js --weights $weights --set "$work/foreign.jsonl" | tee "$work/report.md"

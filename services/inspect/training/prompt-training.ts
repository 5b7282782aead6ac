/**
 * The training program of the prompt model: the fast tier's network over user turns.
 *
 *     node dist/services/inspect/training/prompt-training.js --train turns.jsonl --held held.jsonl [--out prompt-1.bin] [--scores scores.jsonl] [--seed 1]
 *
 * Prints what the weights reach on the held-out turns. With `--out` the weights are written, with a calibration fitted on
 * them; with `--scores` what each held-out turn got, for the table over left-out sources (prompt-evaluation).
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { FastNet } from '../models/fast/net.js';
import { encodeFastModel } from '../models/fast/weights.js';
import { plattOf, recallAt, withPrior } from './calibration.js';
import { randomOf, readExamples } from './examples.js';
import { FastTrainer } from './fast-trainer.js';

const { values } = parseArgs({
  options: {
    train: { type: 'string' },
    held: { type: 'string' },
    out: { type: 'string' },
    scores: { type: 'string' },
    seed: { type: 'string', default: '1' },
    epochs: { type: 'string', default: '2' },
    rate: { type: 'string', default: '0.5' },
    drop: { type: 'string', default: '0.4' },
    negative: { type: 'string', default: '1' },
  },
});
if (values.train === undefined || values.held === undefined)
  throw new Error('usage: prompt-training --train FILE --held FILE [--out FILE] [--scores FILE]');

/** How many user turns are taken to be attacks: far fewer than one in two, as training has it. */
const PROMPT_PRIOR = 0.05;

const random = randomOf(Number(values.seed));
const examples = readExamples(values.train);
const trainer = new FastTrainer(random);
const epochs = Number(values.epochs);
const options = { epochs, rate: Number(values.rate), drop: Number(values.drop), negative: Number(values.negative) };
for (let epoch = 0; epoch < epochs; epoch++) {
  for (let at = examples.length - 1; at > 0; at--) {
    const other = Math.floor(random() * (at + 1));
    [examples[at], examples[other]] = [examples[other] as (typeof examples)[0], examples[at] as (typeof examples)[0]];
  }
  const loss = trainer.pass(examples, options, (done) => (epoch + done) / epochs);
  console.log(`pass ${epoch + 1} loss ${loss.toFixed(4)}`);
}

const weights = trainer.weights();
const net = new FastNet(weights);
const held = readExamples(values.held).map((example) => ({ ...example, score: net.highest(example.text) }));
const clean = held.filter(({ spans }) => spans.length === 0).map(({ score }) => score);
for (const family of [...new Set(held.filter(({ spans }) => spans.length > 0).map(({ family }) => family))].sort()) {
  const found = held.filter((example) => example.family === family && example.spans.length > 0);
  const scores = found.map(({ score }) => score);
  console.log(
    `${family} ${found.length}: recall ${recallAt(scores, clean, 0.01).toFixed(3)} at 1%, ${recallAt(scores, clean, 0.05).toFixed(3)} at 5%`,
  );
}
if (values.scores !== undefined)
  writeFileSync(
    values.scores,
    held
      .map(({ text, source, spans, score }) => JSON.stringify({ text, source, label: spans.length > 0 ? 1 : 0, score }))
      .join('\n') + '\n',
  );
if (values.out !== undefined) {
  const calibration = withPrior(
    plattOf(
      held.map(({ score }) => score),
      held.map(({ spans }) => (spans.length > 0 ? 1 : 0)),
    ),
    1 - clean.length / held.length,
    PROMPT_PRIOR,
  );
  writeFileSync(values.out, encodeFastModel({ weights, calibration, doubtFrom: 0.05 }));
  console.log(JSON.stringify({ calibration }));
}

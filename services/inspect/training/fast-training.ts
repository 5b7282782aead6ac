/**
 * The training program of the fast tier.
 *
 *     node dist/services/inspect/training/fast-training.js --train train.jsonl --held held.jsonl --out fast-1.bin [--epochs 1] [--seed 1]
 *
 * Prints the loss of each pass and what the weights reach on the held-out texts; the weights are written with a
 * calibration fitted there.
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { FastNet } from '../models/fast/net.js';
import { encodeFastModel } from '../models/fast/weights.js';
import { plattOf, PRIOR, recallAt, withPrior } from './calibration.js';
import { randomOf, readExamples } from './examples.js';
import { FastTrainer } from './fast-trainer.js';

const { values } = parseArgs({
  options: {
    train: { type: 'string' },
    held: { type: 'string' },
    out: { type: 'string' },
    epochs: { type: 'string', default: '1' },
    seed: { type: 'string', default: '1' },
    rate: { type: 'string', default: '0.5' },
    drop: { type: 'string', default: '0.4' },
    negative: { type: 'string', default: '0.5' },
  },
});
if (values.train === undefined || values.held === undefined || values.out === undefined)
  throw new Error('usage: fast-training --train FILE --held FILE --out FILE');

/** Clean texts that the deep tier is asked about; in generated text that is 0.3% of the windows, in foreign text more. */
const DOUBT_SHARE = 0.025;

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
const clean = held.filter((example) => example.spans.length === 0);
const planted = held.filter((example) => example.spans.length > 0);
const scores = clean.map((example) => example.score);
const report = (name: string, texts: readonly (typeof held)[0][]): void => {
  const found = texts.map((example) => example.score);
  const [low, high] = [0.01, 0.05].map((rate) => recallAt(found, scores, rate).toFixed(3));
  console.log(`${name} ${found.length}: recall ${low} at 1%, ${high} at 5%`);
};
for (const family of ['bare', 'override', 'authority', 'roleplay', 'soft', 'spikee', 'foreign'])
  report(
    family,
    planted.filter((example) => example.family === family),
  );
const bare = planted.filter((example) => example.family === 'bare');
for (const source of ['grammar', 'composed', 'bipia', 'spikee', 'bfcl'])
  report(
    `bare, request of ${source}`,
    bare.filter((example) => example.source === source),
  );
report(
  'bare, other languages',
  bare.filter((example) => example.language !== 'en'),
);
const calibration = withPrior(
  plattOf(
    held.map((example) => example.score),
    held.map((example) => (example.spans.length > 0 ? 1 : 0)),
  ),
  planted.length / held.length,
  PRIOR,
);
const sorted = [...scores].sort((a, b) => b - a);
const doubt = sorted[Math.floor(sorted.length * DOUBT_SHARE)] ?? 0;
const doubtFrom = 1 / (1 + Math.exp(-(calibration.slope * doubt + calibration.intercept)));
writeFileSync(values.out, encodeFastModel({ weights, calibration, doubtFrom }));
console.log(JSON.stringify({ calibration, doubtFrom }));

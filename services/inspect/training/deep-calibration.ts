/**
 * Fits the deep tier's calibration on held-out generated texts, read as in production, and writes it beside the model.
 *
 *     node dist/services/inspect/training/deep-calibration.js --weights DIR --held held.jsonl [--count 400]
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { fastLogOdds } from '../models/deep/joint.js';
import { openDeepTier, openFastReader } from '../models/weight-files.js';
import { logisticOf, PRIOR, withPrior } from './calibration.js';
import { readExamples } from './examples.js';

const { values } = parseArgs({
  options: { weights: { type: 'string' }, held: { type: 'string' }, count: { type: 'string', default: '400' } },
});
if (values.weights === undefined || values.held === undefined)
  throw new Error('usage: deep-calibration --weights DIR --held FILE');

const card = join(values.weights, 'deep-1.json');
// The reader wants a calibration to open the model; this one is what is being replaced.
writeFileSync(card, JSON.stringify({ calibration: { slope: 1, fast: 0, intercept: 0 } }));
const fast = await openFastReader(values.weights);
const deep = await openDeepTier({ folder: values.weights });
const rows: [number, number][] = [];
const labels: (0 | 1)[] = [];
for (const example of readExamples(values.held).slice(0, Number(values.count))) {
  const { doubts } = fast.read(example.text);
  if (doubts.length === 0) continue;
  const { windows } = await deep.reader.read(example.text, { maxWindows: 16, maxMs: 60_000 }, doubts);
  const best = windows.reduce((most, window) => (window.logOdds > most.logOdds ? window : most));
  rows.push([best.logOdds, fastLogOdds(best, doubts)]);
  labels.push(example.spans.length > 0 ? 1 : 0);
}
await deep.reader.close();
// One in two of the generated texts holds a request, whatever share of those in doubt does: the prior is that of all texts.
const [slope, share, intercept] = logisticOf(rows, labels) as [number, number, number];
const calibration = withPrior({ slope, fast: share, intercept }, 0.5, PRIOR);
writeFileSync(card, `${JSON.stringify({ calibration, texts: rows.length, prior: PRIOR }, null, 2)}\n`);
console.log(JSON.stringify(calibration));

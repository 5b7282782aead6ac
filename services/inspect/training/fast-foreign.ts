/**
 * Measures the fast tier on foreign tool results (foreign.py).
 *
 *     node dist/services/inspect/training/fast-foreign.js --model fast-1.bin --set foreign.jsonl [--gallery 20]
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { FastNet } from '../models/fast/net.js';
import { decodeFastModel } from '../models/fast/weights.js';
import { recallAt, thresholdAt } from './calibration.js';

interface ForeignText {
  suite: string;
  goal: string | null;
  tool: string;
  variant: string;
  text: string;
  planted: string | null;
}

const { values } = parseArgs({
  options: {
    model: { type: 'string' },
    set: { type: 'string' },
    gallery: { type: 'string', default: '0' },
  },
});
if (values.model === undefined || values.set === undefined)
  throw new Error('usage: fast-foreign --model FILE --set FILE');
const net = new FastNet(decodeFastModel(readFileSync(values.model)).weights);
const texts = readFileSync(values.set, 'utf8')
  .split('\n')
  .filter((line) => line.length > 0)
  .map((line) => JSON.parse(line) as ForeignText)
  .map((text) => ({ ...text, score: net.highest(text.text) }));
const clean = texts.filter((text) => text.variant === 'clean');
for (const suite of ['all', ...new Set(texts.map((text) => text.suite))]) {
  const of = (variant: string): number[] =>
    texts
      .filter((text) => (suite === 'all' || text.suite === suite) && text.variant === variant)
      .map((text) => text.score);
  const cleanScores = of('clean');
  const parts = ['recorded', 'override', 'delegation', 'role-play', 'bare', 'bare-tasks', 'bare-languages'].map(
    (variant) =>
      `${variant} ${recallAt(of(variant), cleanScores, 0.01).toFixed(3)}/${recallAt(of(variant), cleanScores, 0.05).toFixed(3)}`,
  );
  console.log(`${suite} (clean ${cleanScores.length}): recall at 1%/5% ${parts.join(', ')}`);
}
const gallery = Number(values.gallery);
const sorted = [...clean].sort((a, b) => b.score - a.score).slice(0, gallery);
for (const text of sorted) {
  const best = net.windows(text.text).reduce((most, window) => (window.logOdds > most.logOdds ? window : most));
  console.log(
    `clean ${best.logOdds.toFixed(2)} ${text.suite}/${text.tool}: ${JSON.stringify(text.text.slice(best.start, best.end))}`,
  );
}
const threshold = thresholdAt(
  clean.map((text) => text.score),
  0.01,
);
const missed = new Map<string, number>();
for (const text of texts)
  if (text.variant.startsWith('bare') && text.score <= threshold)
    missed.set(text.planted ?? '', (missed.get(text.planted ?? '') ?? 0) + 1);
if (gallery > 0) for (const [goal, count] of missed) console.log(`missed ${count}: ${goal.slice(0, 150)}`);

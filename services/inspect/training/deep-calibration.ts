/**
 * Fits the weights with which the tiers' log-odds are joined, on sets that no model was trained on (unseen.py, strangers.py),
 * each text read as in production, and writes them beside the model.
 *
 *     node dist/services/inspect/training/deep-calibration.js --weights DIR --set unseen.jsonl --set strangers.jsonl [--rows OUT]
 *
 * `--rows` keeps what is known of each place, a text a line, and fits nothing.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Evidence, JointCalibration } from '../models/deep/joint.js';
import { createSemanticInspector } from '../models/semantic-inspector.js';
import { openDeepTier, openFastReader, openPlaceReader } from '../models/weight-files.js';
import { logisticOf, PRIOR, withPrior } from './calibration.js';

/** Rounds of fitting: which place of a text counts hangs on the weights that are being fitted. */
const ROUNDS = 6;

interface Text {
  variant: string;
  text: string;
  cluster?: string;
}
interface Row extends Omit<Text, 'text'> {
  evidence: Evidence[];
}

const { values } = parseArgs({
  options: { weights: { type: 'string' }, set: { type: 'string', multiple: true }, rows: { type: 'string' } },
});
const { weights, set: sets = [], rows: into } = values;
if (weights === undefined || sets.length === 0) throw new Error('usage: deep-calibration --weights DIR --set FILE');

const card = join(weights, 'deep-1.json');
const flat: JointCalibration = { window: 0.5, pieces: 0.5, fast: 0, intercept: 0 };
// The reader wants a calibration to open the model; this one is what is being replaced.
if (into === undefined) writeFileSync(card, JSON.stringify({ calibration: flat }));
let heard: Evidence[] = [];
const deep = await openDeepTier({ folder: weights });
const inspector = createSemanticInspector({
  fast: await openFastReader(),
  places: await openPlaceReader(),
  remembered: 1,
  deep: { ...deep, budget: { maxWindows: 32, maxMs: 60_000 }, onEvidence: (evidence) => heard.push(evidence) },
});
const rows: Row[] = [];
for (const file of sets)
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    if (line === '') continue;
    const { text, ...rest } = JSON.parse(line) as Text;
    heard = [];
    await inspector.readAhead([{ text, role: 'tool' }]);
    rows.push({ ...rest, evidence: heard });
  }
await inspector.close();

const oddsBy = (by: JointCalibration, [window, pieces, fast]: Evidence): number =>
  by.window * window + by.pieces * pieces + by.fast * fast + by.intercept;

/** Texts with a place that was read, each by the one that speaks most for a request. */
function fitted(from: readonly Row[]): JointCalibration {
  const read = from.filter(({ evidence }) => evidence.length > 0);
  const labels = read.map(({ variant }): 0 | 1 => (variant.startsWith('clean') ? 0 : 1));
  let calibration = flat;
  for (let round = 0; round < ROUNDS; round++) {
    const by = calibration;
    const strongest = read.map(({ evidence }) =>
      evidence.reduce((most, one) => (oddsBy(by, one) > oddsBy(by, most) ? one : most)),
    );
    const [window, pieces, fast, intercept] = logisticOf(strongest, labels) as [number, number, number, number];
    calibration = { window, pieces, fast, intercept };
  }
  const planted = from.filter(({ variant }) => !variant.startsWith('clean')).length;
  return withPrior(calibration, planted / from.length, PRIOR);
}

if (into === undefined) {
  const calibration = fitted(rows);
  writeFileSync(card, `${JSON.stringify({ calibration, texts: rows.length, prior: PRIOR }, null, 2)}\n`);
  console.log(JSON.stringify(calibration));
} else writeFileSync(into, `${rows.map((row) => JSON.stringify(row)).join('\n')}\n`);

/**
 * Measures both tiers together on foreign tool results (foreign.py), as they run in production: the fast tier over
 * everything, the deep tier over what it doubts, within its budget. Prints Markdown.
 *
 *     node dist/services/inspect/training/evaluation.js --weights DIR --set foreign.jsonl [--each 120] [--gallery 12]
 *
 * Recall is at the threshold that leaves 1% of the clean texts above it; intervals resample whole goals.
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { jointProbability } from '../models/deep/joint.js';
import type { DeepTier } from '../models/semantic-inspector.js';
import { openDeepTier, openFastReader } from '../models/weight-files.js';
import type { FastReader } from '../models/fast/reader.js';
import { bootstrap, PRIOR, reliabilityOf, thresholdAt } from './calibration.js';
import { randomOf } from './examples.js';

interface ForeignText {
  suite: string;
  goal: string | null;
  tool: string;
  variant: string;
  text: string;
  planted: string | null;
}
interface Scored extends ForeignText {
  fast: number;
  /** Log-odds of the deep tier alone, and of both; −Infinity where the fast tier had no doubt. */
  deep: number;
  both: number;
  windows: number;
  doubted: number;
  found: string;
}

const { values } = parseArgs({
  options: {
    weights: { type: 'string' },
    set: { type: 'string' },
    each: { type: 'string', default: '120' },
    gallery: { type: 'string', default: '12' },
    seed: { type: 'string', default: '1' },
  },
});
if (values.weights === undefined || values.set === undefined)
  throw new Error('usage: evaluation --weights DIR --set FILE');

async function score(text: ForeignText, fast: FastReader, deep: DeepTier): Promise<Scored> {
  const answer = fast.read(text.text);
  const read =
    answer.doubts.length === 0
      ? { windows: [] }
      : await deep.reader.read(text.text, { maxWindows: 32, maxMs: 60_000 }, answer.doubts);
  let [alone, both, found] = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY, ''];
  for (const window of read.windows) {
    alone = Math.max(alone, window.logOdds);
    const probability = jointProbability(window, answer.doubts, deep.calibration);
    const odds = Math.log(probability / (1 - probability));
    if (odds > both) [both, found] = [odds, text.text.slice(window.start, window.end)];
  }
  return {
    ...text,
    fast: answer.probability,
    deep: alone,
    both,
    windows: answer.windows.length,
    doubted: answer.doubts.reduce((sum, doubt) => sum + doubt.windows, 0),
    found,
  };
}

function groupsOf(texts: readonly Scored[]): Scored[][] {
  const groups = new Map<string, Scored[]>();
  for (const text of texts) {
    const group = groups.get(text.goal ?? '');
    if (group === undefined) groups.set(text.goal ?? '', [text]);
    else group.push(text);
  }
  return [...groups.values()];
}

const random = randomOf(Number(values.seed));
const fast = await openFastReader(values.weights);
const deep = await openDeepTier({ folder: values.weights });
const each = Number(values.each);
const all = readFileSync(values.set, 'utf8')
  .split('\n')
  .filter((line) => line.length > 0)
  .map((line) => JSON.parse(line) as ForeignText);
const variants = [...new Set(all.map((text) => text.variant))].filter((variant) => variant !== 'clean');
const scored: Scored[] = [];
let deepMs = 0;
for (const variant of ['clean', ...variants]) {
  const texts = all.filter((text) => text.variant === variant);
  const chosen =
    variant === 'clean' || texts.length <= each ? texts : texts.filter(() => random() < each / texts.length);
  const began = performance.now();
  for (const text of chosen) scored.push(await score(text, fast, deep));
  deepMs += performance.now() - began;
}
await deep.reader.close();

const clean = scored.filter((text) => text.variant === 'clean');
const windows = clean.reduce((sum, text) => sum + text.windows, 0);
const doubted = clean.reduce((sum, text) => sum + text.doubted, 0);
console.log(
  `Clean tool results: ${clean.length}, windows ${windows}, in doubt ${((100 * doubted) / windows).toFixed(2)}%.`,
);
console.log(`Runtime of the deep tier: ${deep.reader.runtime}; ${deepMs.toFixed(0)} ms in all.\n`);
console.log(
  '| variant | texts | goals | fast alone | in doubt | deep alone | both tiers | 95% interval |\n|---|---|---|---|---|---|---|---|',
);
const percent = (share: number): string => `${(100 * share).toFixed(1)}%`;
const fastBound = thresholdAt(
  clean.map((text) => text.fast),
  0.01,
);
const aloneBound = thresholdAt(
  clean.map((text) => text.deep),
  0.01,
);
const deepBound = thresholdAt(
  clean.map((text) => text.both),
  0.01,
);
for (const variant of variants) {
  const texts = scored.filter((text) => text.variant === variant);
  const share = (sample: readonly Scored[], is: (text: Scored) => boolean): number =>
    sample.filter(is).length / sample.length;
  const found = (text: Scored): boolean => text.both > deepBound;
  const groups = groupsOf(texts);
  const interval = bootstrap(groups, (sample) => share(sample, found), random);
  console.log(
    `| ${variant} | ${texts.length} | ${groups.length} | ${percent(share(texts, (text) => text.fast > fastBound))} | ${percent(share(texts, (text) => text.doubted > 0))} | ${percent(share(texts, (text) => text.deep > aloneBound))} | ${percent(share(texts, found))} | ${percent(interval.low)} – ${percent(interval.high)} |`,
  );
}

// How far off the shipped calibration is, on texts that had no part in it; a text without doubt has the fast tier's word.
const said = scored.map((text) => (Number.isFinite(text.both) ? 1 / (1 + Math.exp(-text.both)) : text.fast));
const labels = scored.map((text): 0 | 1 => (text.variant === 'clean' ? 0 : 1));
const reliability = reliabilityOf(said, labels, PRIOR);
console.log(
  `\nExpected calibration error, planted texts weighed as ${percent(PRIOR)} of all: ${reliability.ece.toFixed(3)}.`,
);
console.log('\n| said | was | share of texts |\n|---|---|---|');
for (const bin of reliability.bins)
  if (bin.count > 0) console.log(`| ${bin.said.toFixed(2)} | ${bin.was.toFixed(2)} | ${percent(bin.count)} |`);

const gallery = Number(values.gallery);
const cut = (text: string): string => text.replaceAll(/\s+/g, ' ').replaceAll('|', '/').slice(0, 160);
console.log('\nClean, but above the threshold:\n');
for (const text of [...clean].sort((a, b) => b.both - a.both).slice(0, gallery))
  console.log(`- ${text.both.toFixed(2)} ${text.suite}: ${cut(text.found)}`);
console.log('\nPlanted, but missed:\n');
const missed = new Map<string, number>();
for (const text of scored)
  if (text.variant !== 'clean' && !(text.both > deepBound)) {
    const key = `${text.variant}${text.doubted > 0 ? '' : ' (no doubt)'}: ${cut(text.planted ?? '')}`;
    missed.set(key, (missed.get(key) ?? 0) + 1);
  }
for (const [what, count] of [...missed].sort((a, b) => b[1] - a[1]).slice(0, gallery * 3))
  console.log(`- ${count} × ${what}`);

/**
 * Measures the whole inspector on foreign tool results (foreign.py), as it runs in production: the fast tier over
 * everything, the deep tier over what it is asked about, within its budget. Prints Markdown.
 *
 *     node dist/services/inspect/training/evaluation.js --weights DIR --set foreign.jsonl [--each 120] [--gallery 12]
 *
 * Recall is at the threshold that leaves 1% of the clean texts above it; intervals resample whole goals.
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { Span } from '../../../schemas/inspection.js';
import { type Evidence, logOddsOf } from '../models/deep/joint.js';
import { WINDOW_PIECES } from '../models/deep/laid-windows.js';
import type { DeepReader } from '../models/deep/reader.js';
import { createSemanticInspector } from '../models/semantic-inspector.js';
import { openDeepTier, openFastReader, openPlaceReader, openWordPiece } from '../models/weight-files.js';
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
  /** Log-odds of the deep tier alone, −Infinity where it was not asked. */
  deep: number;
  /** Of the whole inspector. */
  both: number;
  /** Word pieces in the text, and windows of it that the deep tier read. */
  pieces: number;
  asked: number;
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

/** What the deep tier was asked for a text, and what it said. */
let heard: Evidence[] = [];
let asked = 0;
let deepMs = 0;

async function score(text: ForeignText): Promise<Scored> {
  heard = [];
  asked = 0;
  await inspector.readAhead([{ text: text.text, role: 'tool' }]);
  const { verdict } = inspector.read(text.text, 'tool');
  const { probability, spans } = verdict.kind === 'read' ? verdict : { probability: 0, spans: [] };
  const strongest = spans.reduce<Span | undefined>(
    (most, one) => (one.probability > (most?.probability ?? 0) ? one : most),
    undefined,
  );
  return {
    ...text,
    fast: fast.read(text.text).probability,
    deep: heard.reduce((most, [window]) => Math.max(most, window), Number.NEGATIVE_INFINITY),
    both: logOddsOf(probability),
    pieces: pieces.encode(text.text).ids.length,
    asked,
    found: strongest === undefined ? '' : text.text.slice(strongest.start, strongest.end),
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
const pieces = await openWordPiece(values.weights);
const deep = await openDeepTier({ folder: values.weights });
const reading = deep.reader.read.bind(deep.reader);
deep.reader.read = async (...what: Parameters<DeepReader['read']>) => {
  const answer = await reading(...what);
  asked += answer.windows.length;
  deepMs += answer.tookMs;
  return answer;
};
const inspector = createSemanticInspector({
  fast,
  places: await openPlaceReader(values.weights),
  deep: { ...deep, budget: { maxWindows: 32, maxMs: 60_000 }, onEvidence: (evidence) => heard.push(evidence) },
});
const each = Number(values.each);
const all = readFileSync(values.set, 'utf8')
  .split('\n')
  .filter((line) => line.length > 0)
  .map((line) => JSON.parse(line) as ForeignText);
const variants = [...new Set(all.map((text) => text.variant))].filter((variant) => variant !== 'clean');
const scored: Scored[] = [];
for (const variant of ['clean', ...variants]) {
  const texts = all.filter((text) => text.variant === variant);
  const chosen =
    variant === 'clean' || texts.length <= each ? texts : texts.filter(() => random() < each / texts.length);
  for (const text of chosen) scored.push(await score(text));
}
await inspector.close();

const clean = scored.filter((text) => text.variant === 'clean');
const inAll = (of: readonly Scored[], what: (text: Scored) => number): number =>
  of.reduce((sum, text) => sum + what(text), 0);
const shown = inAll(clean, (text) => Math.min(text.pieces, text.asked * (WINDOW_PIECES - 2)));
const windowMs = deepMs / inAll(scored, (text) => text.asked);
console.log(
  `Clean tool results: ${clean.length}; the deep tier read ${((100 * shown) / inAll(clean, (text) => text.pieces)).toFixed(2)}% of their word pieces, something of ${((100 * clean.filter((text) => text.asked > 0).length) / clean.length).toFixed(1)}% of them.`,
);
console.log(`Runtime of the deep tier: ${deep.reader.runtime}; ${windowMs.toFixed(1)} ms a window.\n`);
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
    `| ${variant} | ${texts.length} | ${groups.length} | ${percent(share(texts, (text) => text.fast > fastBound))} | ${percent(share(texts, (text) => text.asked > 0))} | ${percent(share(texts, (text) => text.deep > aloneBound))} | ${percent(share(texts, found))} | ${percent(interval.low)} – ${percent(interval.high)} |`,
  );
}

// How far off the shipped calibration is, on texts that had no part in it; a text without doubt has the fast tier's word.
const said = scored.map((text) => (Number.isFinite(text.both) ? 1 / (1 + Math.exp(-text.both)) : 0));
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
    const key = `${text.variant}${text.asked > 0 ? '' : ' (no doubt)'}: ${cut(text.planted ?? '')}`;
    missed.set(key, (missed.get(key) ?? 0) + 1);
  }
for (const [what, count] of [...missed].sort((a, b) => b[1] - a[1]).slice(0, gallery * 3))
  console.log(`- ${count} × ${what}`);

/**
 * What the whole inspector, as a configuration asks for it, makes of texts unlike any in training (unseen.py, strangers.py, newcomers.py, outsiders.py).
 *
 *     node dist/services/inspect/training/unseen-evaluation.js --set unseen.jsonl [--models fast] [--gallery 0]
 *
 * A request counts as *noted* where a span stands that a later call is compared with, and as *stated* where it is found more
 * likely an attack than not by the text alone. It is *found* above 99% of the clean texts; in the last column renderings of one
 * clean text (its `cluster`) are one text, the highest of them. Prints Markdown.
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { openInspector } from '../models/open-inspector.js';
import { thresholdAt } from './calibration.js';

const { values } = parseArgs({
  options: {
    set: { type: 'string' },
    models: { type: 'string', default: 'fast' },
    gallery: { type: 'string', default: '0' },
  },
});
const { set, models } = values;
if (set === undefined || (models !== 'fast' && models !== 'deep' && models !== 'none'))
  throw new Error('usage: unseen-evaluation --set FILE [--models none|fast|deep]');

/** As detection has them: services/detect/taints.ts and detectors/injection.ts. */
const NOTED = 0.1;
const STATED = 0.5;

interface Unseen {
  variant: string;
  language: string;
  text: string;
  /** Of what clean text this is a rendering; absent: it is one by itself. */
  cluster?: string;
  probability: number;
  /** The strongest span: what a later call is compared with. */
  span: number;
}

const inspector = await openInspector({ models, deep: { windows: 32, budgetMs: 60_000 } });
const texts: Unseen[] = [];
for (const line of readFileSync(set, 'utf8').split('\n')) {
  if (line === '') continue;
  const text = JSON.parse(line) as Omit<Unseen, 'probability' | 'span'>;
  await inspector.readAhead?.([{ text: text.text, role: 'tool' }]);
  const { verdict } = inspector.read(text.text, 'tool');
  const read = verdict.kind === 'read' ? verdict : { probability: 0, spans: [] };
  const span = read.spans.reduce((most, { probability }) => Math.max(most, probability), 0);
  texts.push({ ...text, probability: read.probability, span });
}
/** Other languages are held against clean texts in other languages, where a set has them. */
const isOther = ({ variant }: Unseen): boolean => /^(?:clean-)?language/.test(variant);
const thresholdOf = (other: boolean, clustered: boolean): number => {
  const clean = texts.filter((text) => text.variant.startsWith('clean') && isOther(text) === other);
  if (clean.length === 0) return thresholdOf(!other, clustered);
  const highest = new Map<string, number>();
  clean.forEach(({ cluster, probability }, index) => {
    const key = clustered && cluster !== undefined ? cluster : String(index);
    highest.set(key, Math.max(probability, highest.get(key) ?? 0));
  });
  return thresholdAt([...highest.values()], 0.01);
};
const thresholds = {
  each: { english: thresholdOf(false, false), other: thresholdOf(true, false) },
  once: { english: thresholdOf(false, true), other: thresholdOf(true, true) },
};
const isAbove = (text: Unseen, { english, other }: { english: number; other: number }): boolean =>
  text.probability > (isOther(text) ? other : english);
const share = (of: readonly Unseen[], holds: (text: Unseen) => boolean): string =>
  `${((100 * of.filter(holds).length) / of.length).toFixed(1)}%`;
console.log(
  '| texts | number | noted | stated | above 99% of the clean ones | renderings once |\n|---|---|---|---|---|---|',
);
for (const variant of [...new Set(texts.map((text) => text.variant))]) {
  const of = texts.filter((text) => text.variant === variant);
  const noted = share(of, ({ span }) => span >= NOTED);
  const stated = share(of, ({ probability }) => probability >= STATED);
  const found = share(of, (text) => isAbove(text, thresholds.each));
  const once = share(of, (text) => isAbove(text, thresholds.once));
  console.log(`| ${variant} | ${of.length} | ${noted} | ${stated} | ${found} | ${once} |`);
}
const missed = texts.filter(({ variant, span }) => !variant.startsWith('clean') && span < NOTED);
for (const text of missed.slice(0, Number(values.gallery)))
  console.log(`not noted, ${text.variant} ${text.language}: ${JSON.stringify(text.text.slice(0, 240))}`);
await inspector.close?.();

/**
 * What the whole inspector, as a configuration asks for it, makes of texts unlike any in training (unseen.py).
 *
 *     node dist/services/inspect/training/unseen-evaluation.js --set unseen.jsonl [--models fast] [--gallery 0]
 *
 * A request counts as *noted* where a span stands that a later call is compared with, and as *stated* where it is found more
 * likely an attack than not by the text alone. Prints Markdown.
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
  probability: number;
}

const inspector = await openInspector({ models, deep: { windows: 32, budgetMs: 60_000 } });
const texts: Unseen[] = [];
for (const line of readFileSync(set, 'utf8').split('\n')) {
  if (line === '') continue;
  const text = JSON.parse(line) as Omit<Unseen, 'probability'>;
  await inspector.readAhead?.([{ text: text.text, role: 'tool' }]);
  const { verdict } = inspector.read(text.text, 'tool');
  texts.push({ ...text, probability: verdict.kind === 'read' ? verdict.probability : 0 });
}
const clean = texts.filter(({ variant }) => variant.startsWith('clean')).map(({ probability }) => probability);
const threshold = thresholdAt(clean, 0.01);
const share = (of: readonly Unseen[], from: number): string =>
  `${((100 * of.filter(({ probability }) => probability >= from).length) / of.length).toFixed(1)}%`;
console.log('| texts | number | noted | stated | above 99% of the clean ones |\n|---|---|---|---|---|');
for (const variant of [...new Set(texts.map((text) => text.variant))]) {
  const of = texts.filter((text) => text.variant === variant);
  console.log(
    `| ${variant} | ${of.length} | ${share(of, NOTED)} | ${share(of, STATED)} | ${share(of, threshold + 1e-9)} |`,
  );
}
const missed = texts.filter(({ variant, probability }) => !variant.startsWith('clean') && probability < NOTED);
for (const text of missed.slice(0, Number(values.gallery)))
  console.log(`not noted, ${text.variant} ${text.language}: ${JSON.stringify(text.text.slice(0, 240))}`);
await inspector.close?.();

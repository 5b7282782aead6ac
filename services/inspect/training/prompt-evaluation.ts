/**
 * The prompt model on sources it has not seen, alone, beside the phrases, and joined with them; and the calibration of both
 * together, fitted on those same scores.
 *
 *     node dist/services/inspect/training/prompt-evaluation.js --scores a.jsonl,b.jsonl [--out prompt-1.json] [--gallery 10]
 *
 * Each file has the scores of one training run (prompt-training) on what was left out of it: every attack of a source, and
 * the honest turns that it did not see. Recall is at the threshold that 1% of those honest turns reach. The joint
 * probability of a source is fitted on the other files alone. Prints Markdown.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { createInspector } from '../inspect-text.js';
import { type PromptCalibration, witnessesOf } from '../models/prompt/reader.js';
import { bootstrap, logisticOf, reliabilityOf, thresholdAt } from './calibration.js';
import { randomOf } from './examples.js';

interface Scored {
  text: string;
  source: string;
  label: 0 | 1;
  score: number;
  phrases: number;
}

const { values } = parseArgs({
  options: {
    scores: { type: 'string' },
    out: { type: 'string' },
    gallery: { type: 'string', default: '0' },
  },
});
if (values.scores === undefined) throw new Error('usage: prompt-evaluation --scores FILE,FILE [--out FILE]');

/** How many user turns are taken to be attacks. */
const PROMPT_PRIOR = 0.05;

/**
 * The attacks of a noisy source that are ones by their own text: they drop what was said before, ask for it, dictate a reply
 * or take the rules away, in so many words. The others (a story to tell, a question with an opinion in it) are ones by what
 * the author had in mind. A rule of words, made by looking at that source's labels and not at what was found.
 */
const BY_OWN_TEXT =
  /ignor|igmre|forget|vergiss|vergessen|oublie|olvid|zaboravi|забудь|disregard|neglect|abandon|erase|drop all|höre nicht|abweichend|irrelevant|instru[ck]|anweisung|prompt|aufträge|tasks?\b.{0,40}\b(?:new|previous)|(?:new|neue)\w* (?:tasks?|aufgabe|statement|anweisung)|do not (?:look|answer)|just (?:output|say)|sage? (?:ja|mir)|say (?:yes|that)|s a y|repeat after|state that|(?:stop|stopp)\b.{0,6}(?:write|schreib|ignor)|only say|no (?:programming|rules)|written (?:above|at the beginning)|(?:print|drucken).{0,30}(?:above|obig)/i;

const inspector = createInspector({ remembered: 1 });
const files = values.scores.split(',').map((file) =>
  readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line.length > 0)
    .map((line) => JSON.parse(line) as Omit<Scored, 'phrases'>)
    .map((text): Scored => {
      const { verdict } = inspector.read(text.text, 'user');
      return { ...text, phrases: verdict.kind === 'read' ? verdict.probability : 0 };
    }),
);

/** Attacks and honest turns are weighed to the prior by moving the intercept (Bayes' rule on the log-odds). */
function calibrationOf(texts: readonly Scored[]): PromptCalibration {
  const [model, phrases, intercept] = logisticOf(
    texts.map(({ score, phrases: found }) => witnessesOf(score, found)),
    texts.map(({ label }) => label),
  );
  const share = texts.filter(({ label }) => label === 1).length / texts.length;
  return {
    model: model as number,
    phrases: phrases as number,
    intercept: (intercept as number) + Math.log((PROMPT_PRIOR / (1 - PROMPT_PRIOR)) * ((1 - share) / share)),
  };
}

function jointOf({ model, phrases, intercept }: PromptCalibration, text: Scored): number {
  const [first, second] = witnessesOf(text.score, text.phrases);
  return model * first + phrases * second + intercept;
}

const random = randomOf(1);
const percent = (share: number): string => `${(100 * share).toFixed(1)}%`;
console.log(
  '| left out | attacks | phrases | model | both | 95% | both at 0.5 | honest turns above 0.5 |\n|---|---|---|---|---|---|---|---|',
);
const pooled: { probability: number; label: 0 | 1 }[] = [];
files.forEach((texts, index) => {
  const calibration = calibrationOf(files.flatMap((other, at) => (at === index ? [] : other)));
  const clean = texts.filter(({ label }) => label === 0);
  const joint = (text: Scored): number => jointOf(calibration, text);
  for (const text of texts) pooled.push({ probability: 1 / (1 + Math.exp(-joint(text))), label: text.label });
  const above = clean.filter((text) => joint(text) > 0).length;
  for (const source of [...new Set(texts.filter(({ label }) => label === 1).map((text) => text.source))].sort()) {
    const attacks = texts.filter((text) => text.label === 1 && text.source === source);
    const recall = (by: (text: Scored) => number): ((sample: readonly Scored[]) => number) => {
      const threshold = thresholdAt(clean.map(by), 0.01);
      return (sample) => sample.filter((text) => by(text) > threshold).length / sample.length;
    };
    const interval = bootstrap(
      attacks.map((text) => [text]),
      recall(joint),
      random,
    );
    console.log(
      `| ${source} | ${attacks.length} | ${percent(recall((text) => text.phrases)(attacks))} | ${percent(recall((text) => text.score)(attacks))} | ${percent(recall(joint)(attacks))} | ${percent(interval.low)} – ${percent(interval.high)} | ${percent(attacks.filter((text) => joint(text) > 0).length / attacks.length)} | ${above} of ${clean.length} |`,
    );
    const own = attacks.filter((text) => BY_OWN_TEXT.test(text.text));
    if (source.startsWith('deepset'))
      console.log(
        `| ${source}, by their own text | ${own.length} | ${percent(recall((text) => text.phrases)(own))} | ${percent(recall((text) => text.score)(own))} | ${percent(recall(joint)(own))} | | | |`,
      );
    const sorted = [...attacks].sort((a, b) => joint(a) - joint(b)).slice(0, Number(values.gallery));
    for (const text of sorted)
      console.log(`missed ${joint(text).toFixed(2)} ${source}: ${JSON.stringify(text.text.slice(0, 200))}`);
  }
  for (const text of [...clean].sort((a, b) => joint(b) - joint(a)).slice(0, Number(values.gallery)))
    console.log(`flagged ${joint(text).toFixed(2)} ${text.source}: ${JSON.stringify(text.text.slice(0, 200))}`);
});
const { ece, bins } = reliabilityOf(
  pooled.map(({ probability }) => probability),
  pooled.map(({ label }) => label),
  PROMPT_PRIOR,
);
console.log(`\nExpected calibration error, attacks weighed as one in twenty: ${ece.toFixed(4)}`);
for (const { said, was, count } of bins)
  if (count > 0) console.log(`said ${said.toFixed(2)}, was ${was.toFixed(2)} (${count.toFixed(0)})`);
const calibration = calibrationOf(files.flat());
console.log(JSON.stringify(calibration));
if (values.out !== undefined)
  writeFileSync(values.out, `${JSON.stringify({ version: 'prompt-1', prior: PROMPT_PRIOR, calibration }, null, 2)}\n`);

/** What `stepdown eval` does. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TextRole } from '../../../schemas/inspection.js';
import { StepdownError } from '../../runtime/errors.js';
import { packageVersion } from '../../runtime/package-root.js';
import { configuredEngine, configuredInspector, type EngineChoice } from '../backtest/configured.js';
import { heardText } from '../backtest/labelled-runs.js';
import { Progress } from '../backtest/progress.js';
import type { CommandLine } from '../command-line.js';
import { html, markdown } from './document.js';
import { measureSeries, type MeasuredSeries } from './nab/measured.js';
import { readSeries } from './nab/series-files.js';
import { harmedBenign, harmedResisting, missed } from './gallery.js';
import { alertsOf, containmentOf, outcomesOf, runSeparation, textSeparation } from './measures.js';
import { dataFolder, namedRecordings, type RecordingFiles, recordingsIn } from './recordings.js';
import { openRecording, readOf, type RecordingRead, type Replayed, replayVariant } from './replayed.js';
import { reportOf } from './report.js';
import { bySource, readTextSet, type TextSet } from './text-set.js';
import { type Variant, variants } from './variants.js';

export interface EvalArguments extends EngineChoice {
  traces?: string[];
  labels?: string[];
  text?: string[];
  textRole: TextRole;
  series?: string;
  data?: string;
  out: string;
  lag: string;
  only?: string[];
}

export async function runEval(cli: CommandLine, options: EvalArguments): Promise<void> {
  const inputs = inputsOf(options);
  const chosen = chosenVariants(cli, options);
  const engine = configuredEngine(cli, options);
  const inspector = await configuredInspector(cli);
  const readers = { configured: inspector, phrases: await configuredInspector(cli, 'none') };
  const progress = new Progress(cli.terminal);
  const read: RecordingRead[] = [];
  const replayed: Replayed[] = [];
  for (const { traces, labels } of inputs.recordings) {
    const recording = await openRecording(traces, labels, {
      tenant: cli.config.tenant,
      onProgress: (soFar) => progress.show(soFar),
    });
    progress.clear();
    read.push(readOf(recording));
    for (const place of recording.reading.refused.first) cli.note(`not read: ${place}`);
    const left = heardText(recording.left);
    if (left !== undefined) cli.note(`${recording.name}: left out: ${left}`);
    for (const variant of chosen) {
      cli.note(`${recording.name}: ${variant.title}`);
      replayed.push(await replayVariant(recording, variant, engine(), readers));
    }
  }
  const texts: TextSet[] = [];
  for (const file of inputs.texts) {
    cli.note(file);
    texts.push(await readTextSet(file, inspector, options.textRole));
  }
  if (inputs.series !== undefined) cli.note(inputs.series);
  const series = inputs.series === undefined ? undefined : measureSeries(readSeries(inputs.series));
  const blocks = reportOf({
    read,
    replayed,
    texts,
    series,
    command: commandOf(options),
    version: packageVersion(),
    inspector: inspector.model,
    mode: options.mode,
  });
  mkdirSync(join(options.out, 'figures'), { recursive: true });
  writeFileSync(join(options.out, 'report.md'), markdown(blocks));
  writeFileSync(join(options.out, 'report.html'), html('Stepdown: evaluation', blocks));
  for (const block of blocks)
    if (block.kind === 'figure') writeFileSync(join(options.out, 'figures', `${block.name}.svg`), block.svg);
  if (texts.length > 0) writeFileSync(join(options.out, 'texts.jsonl'), scoresOf(texts));
  const numbers = { ...numbersOf(replayed, texts, series), read };
  writeFileSync(join(options.out, 'report.json'), `${JSON.stringify(numbers, undefined, 2)}\n`);
  cli.show(numbers, () => `${join(options.out, 'report.md')}\n${join(options.out, 'report.html')}`);
}

interface Inputs {
  recordings: RecordingFiles[];
  texts: string[];
  series: string | undefined;
}

/** The files named, else those of a folder of development data. Throws `usage`. */
function inputsOf(options: EvalArguments): Inputs {
  const { text = [], series, data } = options;
  const named = namedRecordings(options);
  if (named.length > 0 || text.length > 0 || series !== undefined) return { recordings: named, texts: text, series };
  const folder = dataFolder(data);
  const prompts = join(folder, 'text', 'prompts.jsonl.gz');
  return {
    recordings: recordingsIn(folder),
    texts: existsSync(prompts) ? [prompts] : [],
    series: existsSync(join(folder, 'anomaly')) ? join(folder, 'anomaly') : undefined,
  };
}

function chosenVariants(cli: CommandLine, { lag, only }: EvalArguments): Variant[] {
  const all = variants(cli.length(lag, '--lag'));
  if (only === undefined) return all;
  const unknown = only.find((name) => !all.some((variant) => variant.name === name));
  if (unknown !== undefined)
    throw new StepdownError('usage', `there is no variant ${unknown}`, {
      mend: all.map(({ name }) => name).join(', '),
    });
  return all.filter(({ name }) => only.includes(name));
}

function commandOf(options: EvalArguments): string {
  const { traces, labels, text, textRole, series, data, only, lag, mode, playbooks, baseline } = options;
  const named = (option: string, values: readonly string[] | undefined): string[] =>
    (values ?? []).flatMap((value) => [option, value]);
  const files = [
    ...named('--traces', traces),
    ...named('--labels', labels),
    ...named('--text', text),
    ...named('--series', series === undefined ? [] : [series]),
  ];
  return [
    'stepdown eval',
    ...(files.length > 0 ? files : named('--data', data === undefined ? [] : [data])),
    ...(textRole === 'user' ? [] : ['--text-role', textRole]),
    ...named('--only', only),
    ...(lag === '5s' ? [] : ['--lag', lag]),
    ...(mode === 'enforce' ? [] : ['--mode', mode]),
    ...named('--playbooks', playbooks),
    ...named('--baseline', baseline === undefined ? [] : [baseline]),
  ].join(' ');
}

/** Each text's probability, by its place: what was said of it, without its words. */
function scoresOf(sets: readonly TextSet[]): string {
  return sets
    .flatMap(({ name, texts }) =>
      texts.map(({ line, role, source, positive, score }) =>
        JSON.stringify({ set: name, line, role, source, label: Number(positive), probability: score }),
      ),
    )
    .map((each) => `${each}\n`)
    .join('');
}

/** Everything in numbers, for whoever compares two reports. */
function numbersOf(
  replayed: readonly Replayed[],
  texts: readonly TextSet[],
  series: MeasuredSeries | undefined,
): Record<string, unknown> {
  return {
    schemaVersion: 1,
    recordings: replayed.map(({ recording, variant, counts, runs, leftOut }) => ({
      recording,
      variant: variant.name,
      leftOut,
      outcomes: outcomesOf(runs),
      containment: containmentOf(runs),
      runs: withoutPoints(runSeparation(runs, [0.001, 0.01, 0.05])),
      texts: withoutPoints(textSeparation(runs, [0.001, 0.01, 0.05])),
      alerts: alertsOf(runs),
      findings: counts.findings,
      contractions: counts.contractions,
      decisions: counts.decisions,
      missed: missed(runs),
      harmedBenign: harmedBenign(runs),
      harmedResisting: harmedResisting(runs),
    })),
    texts: texts.map((set) => ({
      name: set.name,
      texts: set.texts.length,
      skipped: set.skipped,
      sources: bySource(set, 0.01).map(({ separation, ...rest }) => ({ ...rest, ...withoutPoints(separation) })),
    })),
    ...(series === undefined ? {} : { series }),
  };
}

function withoutPoints<T extends { roc: { auc: number | null } }>({
  roc,
  ...rest
}: T): Omit<T, 'roc'> & { auc: number | null } {
  return { ...rest, auc: roc.auc };
}

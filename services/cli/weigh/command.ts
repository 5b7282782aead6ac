/** What `stepdown weigh` does. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CALL_WITNESSES, WEIGHTS } from '../../detect/call-odds.js';
import { readBaseline } from '../../runtime/baseline-file.js';
import { StepdownError } from '../../runtime/errors.js';
import { configuredInspector } from '../backtest/configured.js';
import { Progress } from '../backtest/progress.js';
import type { CommandLine } from '../command-line.js';
import { html, markdown } from '../eval/document.js';
import { inspectedBy } from '../eval/inspecting.js';
import { openRecording, type Recording } from '../eval/replayed.js';
import { recordingsOf } from '../eval/recordings.js';
import { rewritten, type Variant } from '../eval/variants.js';
import { fit } from './fit.js';
import { leaveOut, outcomeOf, together } from './folds.js';
import { plantedRuns } from './planted-goals.js';
import { PRIOR_WEIGHTS } from './priors.js';
import { reportOf, type Weighing } from './report.js';
import { weighedRuns, type WeighedRun } from './rows.js';

export interface WeighArguments {
  traces?: string[];
  labels?: string[];
  data?: string;
  baseline?: string;
  out: string;
  seed: string;
  ridge: string;
  planted: string;
}

const WRAPPERS: readonly Variant['wrapper'][] = ['recorded', 'replaced', 'removed'];
/** Ridges that are tried beside the chosen one, as factors of it. */
const FACTORS = [0.1, 1, 10];

export async function runWeigh(cli: CommandLine, options: WeighArguments): Promise<void> {
  const seed = wholeNumber(options.seed, '--seed');
  const each = wholeNumber(options.planted, '--planted');
  const ridge = positive(options.ridge, '--ridge');
  const runs = await runsOf(cli, options, { seed, each });
  if (!runs.some(({ kind }) => kind === 'attacked') || !runs.some(({ kind }) => kind === 'benign'))
    throw new StepdownError('usage', 'nothing to weigh: it takes runs whose attack succeeded, and benign ones');
  const shipped = CALL_WITNESSES.map((name) => WEIGHTS[name]);
  const suite = ({ suite: name }: WeighedRun): string => name;
  const goal = ({ goal: name, suite: of }: WeighedRun): string | undefined =>
    name === null ? undefined : name.startsWith('planted') ? name : `${of}: ${name}`;
  const ridges = FACTORS.map((factor) => ridge * factor);
  const weighings: Weighing[] = ridges.map((each) => {
    const suites = leaveOut(runs, suite, PRIOR_WEIGHTS, { ridge: each, seed });
    return { ridge: each, suites, suitesTogether: together(runs, suite, suites, seed) };
  });
  const goals = leaveOut(runs, goal, PRIOR_WEIGHTS, { ridge, seed });
  const fitted = fit(runs, PRIOR_WEIGHTS, { ridge });
  const report = {
    seed,
    ridge,
    runs,
    shipped: outcomeOf(runs, shipped, seed),
    priors: outcomeOf(runs, PRIOR_WEIGHTS, seed),
    fitted: outcomeOf(runs, fitted, seed),
    weighings,
    goals,
    goalsTogether: together(runs, goal, goals, seed),
    weights: CALL_WITNESSES.map((name, at) => ({
      name,
      shipped: shipped[at] as number,
      prior: PRIOR_WEIGHTS[at] as number,
      fitted: fitted[at] as number,
    })),
  };
  const blocks = reportOf(report);
  mkdirSync(options.out, { recursive: true });
  writeFileSync(join(options.out, 'weights.md'), markdown(blocks));
  writeFileSync(join(options.out, 'weights.html'), html('Stepdown: what a call is judged by', blocks));
  const { runs: _runs, ...numbers } = report;
  writeFileSync(
    join(options.out, 'weights.json'),
    `${JSON.stringify({ schemaVersion: 1, ...numbers }, undefined, 2)}\n`,
  );
  cli.show(numbers, () => markdown(blocks));
}

/** Each recording in three wrappers, and with the goals of our own planted. */
async function runsOf(
  cli: CommandLine,
  options: WeighArguments,
  planting: { seed: number; each: number },
): Promise<WeighedRun[]> {
  const inspector = await configuredInspector(cli);
  const { detect, tenant } = cli.config;
  const progress = new Progress(cli.terminal);
  const runs: WeighedRun[] = [];
  const rows = (recording: Recording, wrapper: Variant['wrapper'], suffix: string): void => {
    cli.note(`${recording.name}: ${suffix}`);
    const changed = new Set<string>();
    const read = function* () {
      for (const event of recording.events)
        yield inspectedBy(
          inspector,
          rewritten(event, wrapper, (traceId) => changed.add(traceId)),
        );
    };
    const found = weighedRuns(read(), recording.labels, {
      suite: recording.name,
      sessionIdleMs: detect.sessionIdleMs,
      learning: { events: detect.learning.events, ageMs: detect.learning.forMs },
      baseline: readBaseline(options.baseline ?? cli.config.respond.baseline),
    });
    // The same benign run three times would only make it look surer; a run without a known wrapper has no variant.
    for (const run of found)
      if (wrapper === 'recorded' || (run.kind !== 'benign' && changed.has(run.traceId)))
        runs.push(wrapper === 'recorded' ? run : { ...run, traceId: `${run.traceId} ${wrapper}` });
  };
  for (const { traces, labels } of recordingsOf(options)) {
    const recording = await openRecording(traces, labels, { tenant, onProgress: (soFar) => progress.show(soFar) });
    progress.clear();
    for (const wrapper of WRAPPERS) rows(recording, wrapper, wrapper);
    if (planting.each === 0) continue;
    const { events, labels: planted } = plantedRuns(recording.events, recording.labels, planting);
    const before = recording.labels.map((label) => ({ ...label, warmup: true }));
    rows(
      { ...recording, events: [...recording.events, ...events], labels: [...before, ...planted] },
      'recorded',
      'planted goals',
    );
  }
  return runs;
}

function wholeNumber(text: string, option: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new StepdownError('usage', `${option} ${text}: a whole number from 0`);
  return Number(text);
}

function positive(text: string, option: string): number {
  const value = Number(text);
  if (!(value > 0 && value < 1e9)) throw new StepdownError('usage', `${option} ${text}: a number above 0`);
  return value;
}

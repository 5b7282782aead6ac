/** What `stepdown backtest` does. */
import { createWriteStream, type WriteStream } from 'node:fs';
import { once } from 'node:events';
import { StepdownError } from '../../runtime/errors.js';
import type { CommandLine } from '../command-line.js';
import { countsText } from '../playbook/counts-text.js';
import { ContainmentCount } from './containment-count.js';
import { configuredEngine, configuredInspector, type EngineChoice } from './configured.js';
import type { DecisionLine } from './decision-line.js';
import { LabelledRuns, scoreOf } from './labelled-runs.js';
import { readLabels } from './labels-file.js';
import { Progress } from './progress.js';
import { backtest } from './run.js';
import { summaryText, scoreText } from './summary-text.js';

export interface BacktestArguments extends EngineChoice {
  telemetry: string;
  lag?: string;
  decisions?: string;
  labels?: string;
}

export async function runBacktest(cli: CommandLine, options: BacktestArguments): Promise<void> {
  const lagMs = options.lag === undefined ? 0 : cli.length(options.lag, '--lag');
  const engine = configuredEngine(cli, options);
  const runs = options.labels === undefined ? undefined : new LabelledRuns(readLabels(options.labels));
  const out = options.decisions === undefined ? undefined : await openOutput(options.decisions);
  const lines: DecisionLine[] = [];
  const containment = new ContainmentCount();
  const progress = new Progress(cli.terminal);
  try {
    const summary = await backtest({
      ...engine(),
      file: options.telemetry,
      stdin: cli.terminal.stdin,
      inspector: await configuredInspector(cli),
      lagMs,
      onLine: (line) => {
        out?.write(`${JSON.stringify(line)}\n`);
        if (runs !== undefined) lines.push(line);
      },
      onEvent: (event) => runs?.hear(event),
      onContraction: (contraction) => containment.take(contraction),
      onProgress: (soFar) => progress.show(soFar),
    });
    progress.clear();
    const heard = runs?.heard({ traces: options.telemetry, labels: options.labels ?? '' });
    const scored = heard === undefined ? undefined : scoreOf(heard, lines);
    const playbooks = containment.counts();
    cli.show({ ...summary, playbooks, ...(scored === undefined ? {} : { score: scored }) }, () =>
      [
        summaryText(summary, cli, { lagMs, mode: options.mode, decisions: options.decisions }),
        ...(Object.keys(playbooks).length === 0 ? [] : [countsText(playbooks, cli.terminal)]),
        ...(scored === undefined ? [] : [scoreText(scored, cli.terminal.paint)]),
      ].join('\n\n'),
    );
  } finally {
    progress.clear();
    if (out !== undefined) await closeOutput(out);
  }
}

async function openOutput(file: string): Promise<WriteStream> {
  const out = createWriteStream(file);
  try {
    await once(out, 'open');
  } catch (cause) {
    throw new StepdownError('usage', `${file} cannot be written`, { place: { file }, cause });
  }
  return out;
}

async function closeOutput(out: WriteStream): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    out.once('error', reject);
    out.end(resolve);
  });
}

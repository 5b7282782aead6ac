/** What `stepdown backtest` does. */
import { createWriteStream, readFileSync, type WriteStream } from 'node:fs';
import { once } from 'node:events';
import { gunzipSync } from 'node:zlib';
import { FINDING_TYPES } from '../../detect/detectors/table.js';
import { createDetectMachine } from '../../detect/machine.js';
import { openInspector } from '../../inspect/models/open-inspector.js';
import { createRespondMachine } from '../../respond/machine.js';
import { describeDiagnostic, hasErrors } from '../../respond/playbook/diagnostic.js';
import { loadPlaybooks, type LoadOptions } from '../../respond/playbook/load.js';
import { StepdownError } from '../../runtime/errors.js';
import { printable } from '../../runtime/printable.js';
import type { DecisionLine } from './decision-line.js';
import { Progress } from './progress.js';
import { backtest } from './run.js';
import { type Label, readLabel, score } from './score.js';
import { summaryText, scoreText } from './summary-text.js';
import { readBaseline } from '../../runtime/baseline-file.js';
import { toolFactsOf } from '../../detect/tool-knowledge.js';
import type { CommandLine } from '../command-line.js';
import { playbookPaths } from '../../respond/playbook/files/configured.js';

export interface BacktestArguments {
  telemetry: string;
  playbooks?: string[];
  baseline?: string;
  mode: 'enforce' | 'observe' | 'configured';
  lag?: string;
  decisions?: string;
  labels?: string;
}

export async function runBacktest(cli: CommandLine, options: BacktestArguments): Promise<void> {
  const lagMs = options.lag === undefined ? 0 : cli.length(options.lag, '--lag');
  const playbooks = playbooksFor(cli, options);
  const baseline = readBaseline(options.baseline ?? cli.config.respond.baseline);
  const facts = toolFactsOf(baseline);
  const labels = options.labels === undefined ? undefined : readLabels(options.labels);
  const out = options.decisions === undefined ? undefined : await openOutput(options.decisions);
  const lines: DecisionLine[] = [];
  const progress = new Progress(cli.terminal);
  const { config } = cli;
  try {
    const summary = await backtest({
      file: options.telemetry,
      stdin: cli.terminal.stdin,
      inspector: await openInspector({
        models: config.detect.inspection.models,
        maxChars: config.detect.inspection.maxTextBytes,
      }),
      detect: createDetectMachine({
        clock: 'event',
        sessionIdleMs: config.detect.sessionIdleMs,
        learning: { events: config.detect.learning.events, ageMs: config.detect.learning.forMs },
        ...(facts === undefined ? {} : { toolFacts: facts }),
      }),
      respond: createRespondMachine({
        playbooks,
        riskHalfLifeMs: config.respond.riskHalfLifeMs,
        leaseMs: config.respond.leaseMs,
        incidentsPerPlaybookPerHour: config.respond.incidentsPerPlaybookPerHour,
      }),
      tenant: config.tenant,
      baseline,
      lagMs,
      onLine: (line) => {
        out?.write(`${JSON.stringify(line)}\n`);
        if (labels !== undefined) lines.push(line);
      },
      onProgress: (soFar) => progress.show(soFar),
    });
    progress.clear();
    const scored = labels === undefined ? undefined : score(labels, lines);
    cli.show({ ...summary, ...(scored === undefined ? {} : { score: scored }) }, () =>
      [
        summaryText(summary, cli, { lagMs, mode: options.mode, decisions: options.decisions }),
        ...(scored === undefined ? [] : [scoreText(scored, cli.terminal.paint)]),
      ].join('\n\n'),
    );
  } finally {
    progress.clear();
    if (out !== undefined) await closeOutput(out);
  }
}

function playbooksFor(cli: CommandLine, { playbooks: paths, mode }: BacktestArguments) {
  const options: LoadOptions = {
    nowMs: cli.nowMs(),
    findingTypes: FINDING_TYPES,
    overrides: cli.config.respond.overrides,
    ...(mode === 'configured' ? {} : { mode }),
  };
  const { playbooks, diagnostics } = loadPlaybooks(paths ?? playbookPaths(cli.config), options);
  for (const diagnostic of diagnostics) cli.note(printable(describeDiagnostic(diagnostic)));
  if (hasErrors(diagnostics))
    throw new StepdownError(
      'playbook-invalid',
      'a backtest with faulty playbooks would show something else than what runs',
      { mend: 'mend the errors above' },
    );
  return playbooks;
}

function readLabels(file: string): Label[] {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (cause) {
    throw new StepdownError('usage', `${file} cannot be read`, { place: { file }, cause });
  }
  const text = (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
  return text
    .split('\n')
    .flatMap((line, index) => (line.trim() === '' ? [] : [readLabel(line, { file, line: index + 1 })]));
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

/** `stepdown backtest`: what would have happened, had this recording been live. */
import { createWriteStream, readFileSync, type WriteStream } from 'node:fs';
import { once } from 'node:events';
import { gunzipSync } from 'node:zlib';
import { type Command, Option } from 'commander';
import { createDetectMachine } from '../../detect/machine.js';
import { createInspector } from '../../inspect/inspect-text.js';
import { createRespondMachine } from '../../respond/machine.js';
import { describeDiagnostic, hasErrors } from '../../respond/playbook/diagnostic.js';
import { loadPlaybooks, type LoadOptions } from '../../respond/playbook/load.js';
import { StepdownError } from '../../runtime/errors.js';
import { printable } from '../../runtime/printable.js';
import type { DecisionLine } from '../backtest/decision-line.js';
import { Progress } from '../backtest/progress.js';
import { backtest } from '../backtest/run.js';
import { type Label, readLabel, score } from '../backtest/score.js';
import { summaryText, scoreText } from '../backtest/summary-text.js';
import { readBaseline, toolFactsOf } from '../baseline-file.js';
import type { CommandLine, Runner } from '../command-line.js';
import { collect } from '../options.js';
import { playbookPaths } from '../playbook-files.js';

interface BacktestArguments {
  telemetry: string;
  playbooks?: string[];
  baseline?: string;
  mode: 'enforce' | 'observe' | 'configured';
  lag?: string;
  decisions?: string;
  labels?: string;
}

export function addBacktest(program: Command, run: Runner): void {
  program
    .command('backtest')
    .description('run detection and response over recorded telemetry, in event time, with no effect')
    .requiredOption('--telemetry <file>', '.jsonl or .jsonl.gz of OTLP requests or native events; - for standard input')
    .option(
      '--playbooks <path>',
      'playbooks instead of the configured ones: a file or folder, may be given several times',
      collect,
    )
    .option('--baseline <file>', 'baseline policy instead of the configured one')
    .addOption(
      new Option(
        '--mode <mode>',
        'enforce: every playbook acts (a backtest has no effect anyway); observe: none does; configured: as promoted',
      )
        .choices(['enforce', 'observe', 'configured'])
        .default('enforce'),
    )
    .option(
      '--lag <duration>',
      'decide with what events older than this caused, as if telemetry came late; default: the inline path',
    )
    .option('--decisions <file>', 'write one JSON line for each tool call, before its result is read')
    .option('--labels <file>', 'labels of the runs: also print attacks stopped, benign and resisting runs unharmed')
    .addHelpText(
      'after',
      `
Each line of --decisions:
  {"time","traceId","spanId","conversationId","agentId","tool","toolCallId","decision":"allow|block|needs_approval",
   "contractions":[…],"playbooks":[…],"findings":[…],"reason"}

It is an open loop: a recorded agent cannot react to a block, so what it did afterwards, and the blocked call's own
result, are still read. Blocked calls count as attempts.

Example:
  stepdown backtest --telemetry traces.otlp.jsonl.gz --decisions decisions.jsonl --lag 5s`,
    )
    .action(
      run(async (cli, options: BacktestArguments) => {
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
            inspector: createInspector({ maxChars: config.detect.inspection.maxTextBytes }),
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
      }),
    );
}

function playbooksFor(cli: CommandLine, { playbooks: paths, mode }: BacktestArguments) {
  const options: LoadOptions = {
    nowMs: cli.nowMs(),
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

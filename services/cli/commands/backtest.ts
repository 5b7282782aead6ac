/** `stepdown backtest`: what would have happened, had this recording been live. */
import { type Command, Option } from 'commander';
import type { BacktestArguments } from '../backtest/command.js';
import type { Runner } from '../command-line.js';
import { collect } from '../options.js';

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
        const { runBacktest } = await import('../backtest/command.js');
        await runBacktest(cli, options);
      }),
    );
}

/** `stepdown eval`: how good detection and response are on labelled recordings, as one report. */
import { type Command, Option } from 'commander';
import { ROLES } from '../../../schemas/inspection.js';
import type { Runner } from '../command-line.js';
import type { EvalArguments } from '../eval/command.js';
import { collect } from '../options.js';

export function addEval(program: Command, run: Runner): void {
  program
    .command('eval')
    .description('measure detection and response on labelled recordings and texts, and write a report')
    .option(
      '--traces <file>',
      'a recording, .jsonl or .jsonl.gz of OTLP requests or native events; several times',
      collect,
    )
    .option('--labels <file>', 'the labels of its runs, in the order of --traces', collect)
    .option('--text <file>', 'labelled texts, one {"text","label","source","role"} a line; several times', collect)
    .addOption(
      new Option(
        '--text-role <role>',
        'what texts are that name no role: a user asks by right, a tool’s result does not',
      )
        .choices(ROLES)
        .default('user'),
    )
    .option('--series <folder>', 'labelled series: combined_windows.json and a .csv or .csv.gz for each name in it')
    .option(
      '--data <folder>',
      'where no file is named: a folder with traces/, text/ and anomaly/ as the development data has them',
    )
    .option('--out <folder>', 'where report.md, report.html, report.json and figures/ are written', './eval-report')
    .option('--lag <duration>', 'how late events are known in the observed variant', '5s')
    .option('--only <variant>', 'only this variant, by its name below; several times', collect)
    .option('--playbooks <path>', 'playbooks instead of the configured ones; several times', collect)
    .option('--baseline <file>', 'baseline policy instead of the configured one')
    .addOption(
      new Option('--mode <mode>', 'as in backtest: enforce lets every playbook act; configured as promoted')
        .choices(['enforce', 'observe', 'configured'])
        .default('enforce'),
    )
    .addHelpText(
      'after',
      `
Variants: recorded as it is; replaced, the wrapper round the planted request is another; bare, there is none;
modelless, modelless-replaced, modelless-bare, the text models are off; unread, no text is read at all; observed,
events are known late instead of inline.

Example:
  stepdown eval --traces runs.otlp.jsonl.gz --labels runs.labels.jsonl.gz --out report`,
    )
    .action(
      run(async (cli, options: EvalArguments) => {
        const { runEval } = await import('../eval/command.js');
        await runEval(cli, options);
      }),
    );
}

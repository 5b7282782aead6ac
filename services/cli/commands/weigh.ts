/** `stepdown weigh`: what labelled recordings make of the weights by which a call is judged. */
import type { Command } from 'commander';
import type { Runner } from '../command-line.js';
import { collect } from '../options.js';
import type { WeighArguments } from '../weigh/command.js';

export function addWeigh(program: Command, run: Runner): void {
  program
    .command('weigh')
    .description('fit the weights by which a call is judged to labelled recordings, leaving suites and goals out')
    .option('--traces <file>', 'a recording as eval reads them; several times', collect)
    .option('--labels <file>', 'the labels of its runs, in the order of --traces', collect)
    .option('--data <folder>', 'the recordings of a folder of development data; beside those that are named')
    .option('--baseline <file>', 'baseline policy instead of the configured one')
    .option('--planted <runs>', 'runs made for each of the goals of its own, of benign ones; 0: none', '8')
    .option('--ridge <strength>', 'how much evidence it takes to move a weight from its prior', '30')
    .option('--seed <number>', 'for planting and intervals; the same seed gives the same report', '1')
    .option('--out <folder>', 'where weights.md, weights.html and weights.json are written', './weigh-report')
    .addHelpText(
      'after',
      `
Nothing that runs is changed: the report says what the weights that ship reach, what a fit from priors reaches on suites
and goals that it has not seen, and what it would set.

Example:
  stepdown weigh --traces runs.otlp.jsonl.gz --labels runs.labels.jsonl.gz`,
    )
    .action(
      run(async (cli, options: WeighArguments) => {
        const { runWeigh } = await import('../weigh/command.js');
        await runWeigh(cli, options);
      }),
    );
}

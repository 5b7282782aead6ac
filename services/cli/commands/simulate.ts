/** `stepdown simulate`: a made-up fleet with anomalies injected, and what detection makes of it. */
import { type Command, Option } from 'commander';
import type { Runner } from '../command-line.js';
import { count } from '../options.js';
import type { SimulateArguments } from '../simulate/command.js';

export function addSimulate(program: Command, run: Runner): void {
  program
    .command('simulate')
    .description(
      'run a simulated fleet through detection: what of the injected anomalies is found, how soon, at how many false alarms',
    )
    .addOption(new Option('--agents <n>', 'agents in the fleet').argParser(count).default(72))
    .addOption(new Option('--days <n>', 'days, anomalies in the last third').argParser(count).default(42))
    .addOption(new Option('--each <n>', 'anomalies of each kind').argParser(count).default(6))
    .addOption(new Option('--seed <n>', 'the same seed gives the same fleet').argParser(count).default(1))
    .addHelpText(
      'after',
      `
The fleet has office hours, nights, weekends, clockwork jobs, busy days, retries, new contacts, releases that bring a tool,
and agents that join later. Nothing is contracted.

Example:
  stepdown simulate --agents 24 --days 28 --seed 7`,
    )
    .action(
      run(async (cli, options: SimulateArguments) => {
        const { runSimulate } = await import('../simulate/command.js');
        await runSimulate(cli, options);
      }),
    );
}

/** `stepdown learn`: builds baselines from the past, so that a known agent does not start as a new one. */
import type { Command } from 'commander';
import { WallClock } from '../../runtime/clock.js';
import { openDrivers } from '../../runtime/drivers.js';
import { StepdownError } from '../../runtime/errors.js';
import { silentLog } from '../../runtime/log.js';
import type { Runner } from '../command-line.js';
import { readEngineFile } from '../../runtime/engine-file.js';
import { length } from '../time.js';

export function addLearn(program: Command, run: Runner): void {
  program
    .command('learn')
    .description('build baselines from recorded telemetry; nothing is contracted and no incident is made')
    .requiredOption('--telemetry <file>', '.jsonl or .jsonl.gz of OTLP requests or native events; - for standard input')
    .addHelpText(
      'after',
      '\nIt adds to what is already learned. The engine must not run on the data directory meanwhile.\n\nExample:\n  stepdown learn --telemetry last-month.jsonl.gz',
    )
    .action(
      run(async (cli, { telemetry }: { telemetry: string }) => {
        const running = readEngineFile(cli.config.dataDir);
        if (running !== undefined)
          throw new StepdownError(
            'already-running',
            `an engine runs on ${cli.config.dataDir} (pid ${running.pid}) and learns by itself`,
            { mend: 'stop it, learn, start it again' },
          );
        const { learn } = await import('../learning.js');
        const drivers = await openDrivers(cli.config, silentLog(), new WallClock());
        try {
          const learned = await learn(cli, telemetry, drivers);
          cli.show(
            learned,
            () =>
              `Learned from ${learned.events} events${learned.refused > 0 ? ` (${learned.refused} refused)` : ''}:\n${learned.agents.map((agent) => `  ${agent.id}  ${agent.mode}, ${agent.learnedEvents} of ${agent.events} events over ${length(agent.baselineAgeMs)}`).join('\n') || '  no agent'}`,
          );
        } finally {
          await drivers.close();
        }
      }),
    );
}

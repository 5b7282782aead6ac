/** `stepdown rebuild`: the store's index of contractions, made again from the contractions topic. */
import type { Command } from 'commander';
import { WallClock } from '../../runtime/clock.js';
import { openDrivers } from '../../runtime/drivers.js';
import { StepdownError } from '../../runtime/errors.js';
import { silentLog } from '../../runtime/log.js';
import type { Runner } from '../command-line.js';

export function addRebuild(program: Command, run: Runner): void {
  program
    .command('rebuild')
    .description('make the store’s index of contractions again from the contractions topic, after the store was lost')
    .option('--force', 'also while response runs', false)
    .addHelpText(
      'after',
      '\nThe topic is the record: what was acknowledged stands there also when Redis failed over without it. Live contractions get their\ntimers back, so that leases are renewed and each ends as it would have. Repeating it changes nothing.\nRisk, cooldowns and what detection has learned are not in the topic and begin anew where they are lost.\n\nExample:\n  stepdown rebuild --config stepdown.yaml',
    )
    .action(
      run(async (cli, { force }: { force: boolean }) => {
        const { config } = cli;
        if (config.stream.driver !== 'kafka')
          throw new StepdownError('usage', 'embedded there is nothing to rebuild: states and topics are one database', {
            mend: 'restore a backup; see docs/operating.md',
          });
        const { groupMembers } = await import('../../runtime/stream/kafka/groups.js');
        const { Partitioner } = await import('../../runtime/stream/kafka/partitioner.js');
        const { rebuildContractions } = await import('../../composition/rebuild.js');
        const members = await groupMembers(config, ['respond'], silentLog());
        if (members > 0 && !force)
          throw new StepdownError('already-running', `${members} processes run response`, {
            mend: 'stop them first, or use --force: what they write meanwhile wins',
          });
        const drivers = await openDrivers(config, silentLog(), new WallClock());
        try {
          const partitions = (await drivers.stream.state('signals')).length;
          const partitioner = new Partitioner('signals', partitions);
          const report = await rebuildContractions(drivers, config, {
            nowMs: cli.nowMs(),
            partitionOf: (tenant) => partitioner.partitionOf(tenant),
          });
          cli.show(
            report,
            () =>
              `Read ${report.records} records: ${report.live} contractions are live, ${report.ended} have ended. ${report.written} documents were missing or older.`,
          );
        } finally {
          await drivers.close();
        }
      }),
    );
}

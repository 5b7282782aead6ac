/** `stepdown topics`: what the engine needs in Kafka, made, looked at, and given more partitions. */
import { type Command, InvalidArgumentError } from 'commander';
import { WallClock } from '../../runtime/clock.js';
import type { Config } from '../../runtime/config.js';
import { openDrivers } from '../../runtime/drivers.js';
import { StepdownError } from '../../runtime/errors.js';
import { silentLog } from '../../runtime/log.js';
import type { TopicStanding } from '../../runtime/stream/kafka/topics.js';
import type { CommandLine, Runner } from '../command-line.js';
import { EXIT } from '../exit.js';

export function addTopics(program: Command, run: Runner): void {
  const topics = program.command('topics').description('the topics in Kafka: create, describe, resize');
  topics
    .command('create')
    .description('create the topics that are missing; those that are there stay as they are')
    .addHelpText('after', '\nExample:\n  stepdown topics create --config stepdown.yaml')
    .action(
      run(async (cli) => {
        const made = await withAdmin(cli.config, async (admin) => {
          const { createTopics } = await import('../../runtime/stream/kafka/topics.js');
          return createTopics(admin, cli.config);
        });
        cli.show({ created: made }, () =>
          made.length === 0 ? 'All topics are there.' : `Created ${made.join(', ')}.`,
        );
      }),
    );
  topics
    .command('describe')
    .description('what is there and what should be; exit code 1 where something is missing or differs')
    .addHelpText('after', '\nExample:\n  stepdown topics describe --json')
    .action(
      run(async (cli) => {
        const standing = await withAdmin(cli.config, async (admin) => {
          const { describeTopics } = await import('../../runtime/stream/kafka/topics.js');
          return describeTopics(admin, cli.config);
        });
        show(cli, standing);
        return standing.every(({ partitions, wanted }) => partitions === wanted) ? EXIT.ok : EXIT.problems;
      }),
    );
  topics
    .command('resize')
    .description('give the topics more partitions, when nothing is under way')
    .requiredOption('--partitions <n>', 'how many; never fewer than there are', positive)
    .addHelpText(
      'after',
      '\nAnother number of partitions sends keys elsewhere. So stop detect and respond when they have worked everything off, and every\ngateway and ingest; resize; set stream.kafka.partitions to the new number; start again. Timers move with their keys.\n\nExample:\n  stepdown topics resize --partitions 24',
    )
    .action(
      run(async (cli, { partitions }: { partitions: number }) => {
        const { config } = cli;
        const { groupMembers } = await import('../../runtime/stream/kafka/groups.js');
        const resized = await withAdmin(config, async (admin) => {
          const members = await groupMembers(config, ['detect', 'respond', 'enforce', 'forward'], silentLog());
          if (members > 0)
            throw new StepdownError('already-running', `${members} processes read the topics`, {
              mend: 'stop them when they have worked everything off',
            });
          const { resizeTopics } = await import('../../runtime/stream/kafka/resize.js');
          const drivers = await openDrivers(config, silentLog(), new WallClock());
          try {
            return await resizeTopics(admin, config, drivers, partitions);
          } finally {
            await drivers.close();
          }
        });
        cli.show({ resized }, () =>
          resized.length === 0
            ? `All topics have ${partitions} partitions.`
            : [
                ...resized.map(
                  ({ topic, from, to, timersMoved }) =>
                    `${topic}: ${from} → ${to} partitions${timersMoved > 0 ? `, ${timersMoved} timers moved` : ''}`,
                ),
                `Set stream.kafka.partitions to ${partitions} before anything starts again.`,
              ].join('\n'),
        );
      }),
    );
}

async function withAdmin<T>(config: Config, work: (admin: import('kafkajs').Admin) => Promise<T>): Promise<T> {
  if (config.stream.driver !== 'kafka')
    throw new StepdownError('usage', 'topics are Kafka’s; embedded they are tables of the database', {
      mend: 'set stream.driver: kafka',
    });
  const { createClient } = await import('../../runtime/stream/kafka/client.js');
  const { kafkaFault } = await import('../../runtime/stream/kafka/faults.js');
  const admin = createClient(config.stream.kafka, silentLog()).admin();
  try {
    await admin.connect();
    return await work(admin);
  } catch (error) {
    throw kafkaFault(error, 'administer topics');
  } finally {
    await admin.disconnect().catch(() => undefined);
  }
}

function show(cli: CommandLine, standing: readonly TopicStanding[]): void {
  cli.rows(
    [
      { title: 'topic', value: ({ name }) => name, whole: true },
      { title: 'partitions', value: ({ partitions }) => (partitions === undefined ? 'missing' : String(partitions)) },
      { title: 'wanted', value: ({ wanted }) => String(wanted) },
      { title: 'replicas', value: ({ replicas }) => String(replicas ?? '') },
      { title: 'in sync', value: ({ inSync }) => String(inSync ?? '') },
    ],
    standing,
    'There are no topics.',
  );
}

function positive(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 1_000)
    throw new InvalidArgumentError('Give a number from 1 to 1000.');
  return value;
}

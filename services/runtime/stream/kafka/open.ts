/** Kafka together with engines for states and timers that share no transaction with it. */
import { setTimeout as delay } from 'node:timers/promises';
import { OrderedCheckpoint } from '../../checkpoint/ordered.js';
import type { Clock } from '../../clock.js';
import type { DriverConfig, Drivers, OpenOptions } from '../../driver-set.js';
import { StepdownError } from '../../errors.js';
import type { Log } from '../../log.js';
import { KafkaStream } from './stream.js';

/** How long a close waits for positions that are on their way to their groups. */
const LAST_POSITIONS_MS = 3_000;

/** The parts that are not Kafka's; the caller closes nothing but the result. */
export type OtherParts = Pick<Drivers, 'store' | 'schedule' | 'interruptedAtMs' | 'close'>;

/** Kafka beside others that are open already. All is closed where Kafka cannot be opened. */
export async function joinKafka(config: DriverConfig, log: Log, clock: Clock, others: OtherParts): Promise<Drivers> {
  let opened: KafkaStream | undefined;
  try {
    const stream = await KafkaStream.open({ config, log, clock });
    opened = stream;
    if (clock.kind === 'event') await assertOneOrder(stream);
    const { store, schedule, interruptedAtMs } = others;
    const interrupted = interruptedAtMs === undefined ? {} : { interruptedAtMs };
    const checkpoint = new OrderedCheckpoint({ stream, store, schedule, ...interrupted });
    return {
      stream,
      store,
      schedule,
      ...interrupted,
      checkpoint,
      partitionOf: (topic, partitionKey) => stream.partitionOf(topic, partitionKey),
      ...(config.stream.kafka.telemetryBy === 'tenant' ? {} : { telemetryScope: 'stream-key' as const }),
      close: async () => {
        // Where Kafka is away they are known from the log as well.
        await Promise.race([checkpoint.idle(), delay(LAST_POSITIONS_MS, undefined, { ref: false })]);
        await stream.close();
        await others.close();
      },
    };
  } catch (error) {
    await opened?.close().catch((cause: unknown) => log.debug({ err: cause }, 'Kafka could not be closed'));
    await others.close();
    throw error;
  }
}

/** The configuration says one partition; topics that are there already may have more. */
async function assertOneOrder(stream: KafkaStream): Promise<void> {
  for (const topic of ['telemetry', 'signals'] as const) {
    const { length } = await stream.state(topic);
    if (length === 1) continue;
    throw new StepdownError(
      'config-invalid',
      `\`clock: event\` needs one order of everything, and the topic ${topic} has ${length} partitions`,
      {
        place: { pointer: '/stream/kafka/prefix' },
        mend: 'give the replay topics of its own by another `stream.kafka.prefix`, with `stream.kafka.partitions: 1`',
      },
    );
  }
}

/** Any number of processes on any number of machines. @throws StepdownError `driver-unavailable`, `not-found` */
export async function openKafkaWithRedis(config: DriverConfig, log: Log, clock: Clock): Promise<Drivers> {
  const { openRedis } = await import('../../redis/open.js');
  return joinKafka(config, log, clock, await openRedis(config, log, clock));
}

/** @throws StepdownError `already-running`, `driver-unavailable`, `not-found` and what the database throws */
export async function openKafkaWithSqlite(
  config: DriverConfig,
  log: Log,
  clock: Clock,
  options: OpenOptions = {},
): Promise<Drivers> {
  const { openSqlite } = await import('../../sqlite/open.js');
  return joinKafka(config, log, clock, await openSqlite(config, log, clock, options));
}

/**
 * More partitions for the topics that are worked on side by side. Another number sends keys elsewhere, so it is done only
 * when nothing is under way: no service reads, and all that was appended is worked off. Units that a crash cut short are
 * finished first, and timers move to the partition that their key goes to from now on. States need no moving: their keys
 * name no partition.
 */
import type { Admin } from 'kafkajs';
import type { Topic } from '../../../../schemas/topics.js';
import type { DriverConfig, Drivers } from '../../driver-set.js';
import { StepdownError } from '../../errors.js';
import type { Timer } from '../../schedule/types.js';
import { laneName } from '../../worker/lane.js';
import { kafkaFault } from './faults.js';
import { Partitioner } from './partitioner.js';
import { patiently } from './patience.js';
import { partitionsByTopic, topicPlan } from './topics.js';

/** Which topic's partitions a machine's timers go by. */
const MACHINES: readonly { name: string; topic: Topic; keyOf(payload: unknown): string | undefined }[] = [
  { name: 'detect', topic: 'telemetry', keyOf: (payload) => textOf(payload, 'streamKey') },
  {
    name: 'respond',
    topic: 'signals',
    keyOf: (payload) => textOf(payload, 'tenant') ?? textOf((payload as { entity?: unknown }).entity, 'tenant'),
  },
];

export interface Resized {
  topic: Topic;
  from: number;
  to: number;
  timersMoved: number;
}

/** @param drivers opened over the topics as they are */
export async function resizeTopics(
  admin: Admin,
  config: Pick<DriverConfig, 'stream' | 'retention'>,
  drivers: Pick<Drivers, 'stream' | 'schedule' | 'checkpoint'>,
  partitions: number,
): Promise<Resized[]> {
  const plan = topicPlan({ ...config, stream: { ...config.stream, kafka: { ...config.stream.kafka, partitions } } });
  const known = await partitionsByTopic(
    admin,
    plan.map(({ name }) => name),
  );
  const wanted = plan.filter(({ partitions: count }) => count === partitions && count > 1);
  const smaller = wanted.find(({ name }) => (known.get(name)?.length ?? 0) > partitions);
  if (smaller !== undefined)
    throw new StepdownError('usage', `${smaller.name} has more than ${partitions} partitions; Kafka takes none away`, {
      mend: 'let it be, or begin anew under another `stream.kafka.prefix`',
    });
  const growing = wanted.filter(({ name }) => (known.get(name)?.length ?? partitions) < partitions);
  if (growing.length === 0) return [];
  const running = new Map(Array.from(known, ([name, each]) => [name, each.length]));
  for (const { topic, name: machine } of MACHINES) {
    const behind = (await drivers.stream.state(topic, machine)).reduce(
      (sum, { start, end, committed }) => sum + Math.max(0, end - Math.max(start, committed + 1)),
      0,
    );
    if (behind > 0)
      throw new StepdownError('conflict', `${behind} records of ${topic} are not worked off yet`, {
        mend: `let ${machine} finish, stop it, and resize then`,
      });
  }
  for (const { name: machine, topic } of MACHINES)
    for (let each = 0; each < (running.get(nameOf(plan, topic)) ?? 0); each++)
      await drivers.checkpoint.claim?.(laneName(machine, each));
  try {
    await admin.createPartitions({
      topicPartitions: growing.map(({ name }) => ({ topic: name, count: partitions })),
    });
    await patiently(async () => admin.fetchTopicMetadata({ topics: growing.map(({ name }) => name) }));
  } catch (error) {
    throw kafkaFault(error, 'add partitions');
  }
  const moved = new Map<Topic, number>();
  for (const machine of MACHINES) {
    if (!growing.some(({ topic }) => topic === machine.topic)) continue;
    const before = running.get(nameOf(plan, machine.topic)) ?? 0;
    const partitioner = new Partitioner(machine.topic, partitions);
    const byTenant = machine.topic === 'telemetry' && config.stream.kafka.telemetryBy === 'tenant';
    let count = 0;
    for (let each = 0; each < before; each++) {
      const owner = laneName(machine.name, each);
      const timers = await drivers.schedule.due(owner, Number.MAX_VALUE, Number.MAX_SAFE_INTEGER);
      const leaving = timers.flatMap((timer): { timer: Timer; to: string }[] => {
        const key = byTenant ? textOf(timer.payload, 'tenant') : machine.keyOf(timer.payload);
        const to = key === undefined ? owner : laneName(machine.name, partitioner.partitionOf(key));
        return to === owner ? [] : [{ timer, to }];
      });
      if (leaving.length === 0) continue;
      // First there, then gone here: a crash in between leaves a timer twice, which fires into a state that knows.
      await drivers.schedule.set(leaving.map(({ timer, to }) => ({ ...timer, owner: to })));
      await drivers.schedule.cancel(
        owner,
        leaving.map(({ timer }) => timer.id),
      );
      count += leaving.length;
    }
    moved.set(machine.topic, count);
  }
  return growing.map(({ topic, name }) => ({
    topic,
    from: running.get(name) ?? 0,
    to: partitions,
    timersMoved: moved.get(topic) ?? 0,
  }));
}

function nameOf(plan: readonly { topic: Topic; name: string }[], topic: Topic): string {
  return plan.find((each) => each.topic === topic)?.name ?? topic;
}

function textOf(value: unknown, field: string): string | undefined {
  const found = value !== null && typeof value === 'object' ? (value as Record<string, unknown>)[field] : undefined;
  return typeof found === 'string' ? found : undefined;
}

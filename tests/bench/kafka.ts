/**
 * The distributed engine over a real broker and a real Redis: reading, detecting and scoring beside a bare kafkajs loop that
 * only parses the same messages (bare-loop.ts); workers in processes of their own; and from a finding to the contraction at a gateway.
 */
import { fork, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Role } from '../../services/composition/roles.js';
import { createDetectMachine } from '../../services/detect/machine.js';
import { scopedByStream } from '../../services/composition/machines.js';
import { createIntake } from '../../services/ingest/service.js';
import type { Config } from '../../services/runtime/config.js';
import { packageRoot } from '../../services/runtime/package-root.js';
import { Stepper } from '../../services/runtime/stepper.js';
import type { Outgoing } from '../../services/runtime/stream/types.js';
import { KafkaPeer } from '../peers/kafka.js';
import { redisMissing, type RedisPeer, redisPeer } from '../peers/redis.js';
import { distributedDrivers } from '../runtime/kafka/distributed.js';
import { Cluster } from '../scenarios/cluster.js';
import { benchVisibility } from './visibility.js';
import { shippedResponse } from './shipped-response.js';
import { type Took, timed } from './timed.js';

const SERVICES = 64;
const PARTITIONS = 8;
const APPENDED_AT_ONCE = 1_000;

export type Telemetry = Outgoing<'telemetry'>;

/** Events as ingest writes them, each agent in one of so many services that partitions are filled evenly. */
function eventsOf(file: string, config: Config): Telemetry[] {
  const intake = createIntake(config);
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .flatMap((line) => {
      const { records } = intake.document(JSON.parse(line), { receivedAtMs: undefined, source: 'bench', atMs: 0 });
      return records.flatMap((record): Telemetry[] => {
        if (record.topic !== 'telemetry') return [];
        const streamKey = `default/service-${Number(record.value.agent.id.replace(/^agent-/, '')) % SERVICES}`;
        return [{ topic: 'telemetry', key: streamKey, value: { ...record.value, streamKey } }];
      });
    });
}

async function append(cluster: Cluster, events: readonly Telemetry[]): Promise<void> {
  const { stream } = await cluster.drivers();
  for (let at = 0; at < events.length; at += APPENDED_AT_ONCE)
    await stream.append(events.slice(at, at + APPENDED_AT_ONCE));
}

/** The library alone, in a process of its own (bare-loop.ts). */
function bareLoop(kafka: KafkaPeer, topic: string, count: number): { read(group: string): Promise<Took>; end(): void } {
  const script = join(packageRoot(), 'dist', 'tests', 'bench', 'bare-loop.js');
  const child = fork(script, [kafka.brokers.join(','), topic, String(count)]);
  return {
    read: async (group) => {
      const answered = once(child, 'message');
      child.send(group);
      const [took] = (await answered) as [Took];
      return took;
    },
    end: () => child.disconnect(),
  };
}

/** The same messages through the stream driver and both machines, states in memory. */
async function inMemory(cluster: Cluster, count: number, group: string): Promise<Took> {
  const { stream } = await cluster.drivers();
  const detect = new Stepper({ machine: scopedByStream(createDetectMachine({ clock: 'wall' })), strict: false });
  const respond = new Stepper({
    machine: shippedResponse(),
    strict: false,
  });
  let seen = 0;
  let took: (() => Took) | undefined;
  let done: (all: Took) => void;
  const ended = new Promise<Took>((resolve) => (done = resolve));
  const subscription = await stream.subscribe({
    topic: 'telemetry',
    group,
    from: 'earliest',
    maxBatch: 1_000,
    each: { sinceMs: 3_600_000 },
    handler: async (records) => {
      took ??= timed();
      for (const { value } of records)
        for (const output of detect.feed(value)) if (output.topic === 'signals') respond.feed(output.value);
      seen += records.length;
      if (seen >= count) done(took());
    },
  });
  const all = await ended;
  await subscription.stop();
  return all;
}

/** So many processes of detection that wait already work a backlog off, all of it durable; resolves to events a second. */
async function workers(
  servers: { kafka: KafkaPeer; redis: RedisPeer },
  events: readonly Telemetry[],
  count: number,
): Promise<{ rate: number; redisCommands: number; residentMiB: number }> {
  const roles: Role[] = Array.from({ length: count }, () => 'detect');
  const drivers = distributedDrivers(servers.kafka, servers.redis, { partitions: PARTITIONS, sessionTimeout: '10s' });
  const cluster = await Cluster.create(drivers, '', roles);
  try {
    await cluster.startAll();
    // Until the group has dealt the partitions out.
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    const before = await commandsOf(servers.redis);
    const begun = performance.now();
    await append(cluster, events);
    const { stream } = await cluster.drivers();
    for (;;) {
      const states = await stream.state('telemetry', 'detect');
      if (states.every(({ start, end, committed }) => end === start || committed >= end - 1)) break;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    const seconds = (performance.now() - begun) / 1_000;
    const redisCommands = ((await commandsOf(servers.redis)) - before) / events.length;
    const residentMiB = Math.max(...cluster.members.map(({ child }) => residentMiBOf(child?.pid)));
    return { rate: events.length / seconds, redisCommands, residentMiB };
  } finally {
    await cluster.remove();
  }
}

async function commandsOf(redis: RedisPeer): Promise<number> {
  return Number(/total_commands_processed:(\d+)/.exec(await redis.cli('info', 'stats'))?.[1]);
}

/** Of a running process, as `ps` says; 0 where it is gone. */
function residentMiBOf(pid: number | undefined): number {
  if (pid === undefined) return 0;
  const { stdout } = spawnSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' });
  return Math.round(Number(stdout) / 1_024);
}

const medianOf = (all: Took[], what: keyof Took): number =>
  all.map((each) => each[what]).sort((a, b) => a - b)[Math.floor(all.length / 2)] ?? NaN;
const whole = (value: number): string => Math.round(value).toLocaleString('en');

export async function benchKafka(file: string, config: Config, rounds = 3): Promise<void> {
  const missing = (await KafkaPeer.missing()) ?? redisMissing();
  if (missing !== undefined) {
    console.log(`kafka           skipped: ${missing}`);
    return;
  }
  const events = eventsOf(file, config);
  const [kafka, redis] = [await KafkaPeer.start(), await redisPeer()];
  try {
    const drivers = distributedDrivers(kafka, redis, { partitions: PARTITIONS, sessionTimeout: '10s' });
    const cluster = await Cluster.create(drivers, '', []);
    await append(cluster, events);
    const topic = `${cluster.config.stream.kafka.prefix}telemetry`;
    const times = { bare: [] as Took[], ours: [] as Took[] };
    const bare = bareLoop(kafka, topic, events.length);
    await bare.read('warm');
    await inMemory(cluster, events.length, 'warm');
    for (let round = 0; round < rounds; round++) {
      times.bare.push(await bare.read(`bare-${round}`));
      times.ours.push(await inMemory(cluster, events.length, `ours-${round}`));
    }
    bare.end();
    await cluster.remove();
    const [plain, ours] = [medianOf(times.bare, 'ms'), medianOf(times.ours, 'ms')];
    const worked = medianOf(times.bare, 'workMs') / medianOf(times.ours, 'workMs');
    const rate = (ms: number): string => whole(events.length / (ms / 1_000));
    console.log(
      `kafka           ${rate(ours)} events/s consumed, detected and scored (${whole(events.length)} events)`,
    );
    console.log(
      `                ${(plain / ours).toFixed(3)} of a bare eachBatch loop that only parses them, at ${rate(plain)} events/s (aim ≥ 0.45); ${worked.toFixed(3)} by processor time`,
    );
    const rates: number[] = [];
    for (const count of [1, 2, 4]) {
      const { rate: each, redisCommands, residentMiB } = await workers({ kafka, redis }, events, count);
      rates.push(each);
      console.log(
        `                ${whole(each)} events/s by ${count} detect ${count === 1 ? 'process' : 'processes'}, all durable; ${redisCommands.toFixed(3)} Redis commands an event, ${residentMiB} MiB resident`,
      );
    }
    const [one = NaN, two = NaN, four = NaN] = rates;
    console.log(`                two workers ${(two / one).toFixed(2)}, four ${(four / one).toFixed(2)} of one`);
    console.log(
      `                an outage of an hour at 1,000 events/s is worked off in ${(3_600_000 / (one - 1_000) / 60).toFixed(1)} min by one`,
    );
    await benchVisibility({ kafka, redis }, events);
  } finally {
    await kafka.stop();
    await redis.remove();
  }
}

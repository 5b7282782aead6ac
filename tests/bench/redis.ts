/**
 * What states cost in a real Redis that keeps its append-only file as production should: writes and reads as ratios to bare
 * commands over the same bytes in the same run, how long one durable write takes, and the memory per agent.
 */
import { Redis } from 'ioredis';
import { createDetectMachine } from '../../services/detect/machine.js';
import { createIntake } from '../../services/ingest/service.js';
import { createInspector } from '../../services/inspect/inspect-text.js';
import { WallClock } from '../../services/runtime/clock.js';
import { type Config, loadConfig } from '../../services/runtime/config.js';
import { silentLog } from '../../services/runtime/log.js';
import { openRedis, type RedisDrivers } from '../../services/runtime/redis/open.js';
import { Stepper } from '../../services/runtime/stepper.js';
import type { Write } from '../../services/runtime/store/types.js';
import { redisMissing, type RedisPeer, redisPeer } from '../peers/redis.js';
import { request, spansOf } from '../scenarios/traffic.js';
import { distribution, inMs } from './distribution.js';

const BATCH = 1_000;

export async function benchRedis(config: Config, agents = 20_000): Promise<void> {
  const missing = redisMissing();
  if (missing !== undefined) {
    console.log(`redis           skipped: ${missing}`);
    return;
  }
  const peer = await redisPeer();
  const bare = new Redis({ port: peer.port });
  const { store: section } = loadConfig({ env: {}, overrides: { store: { redis: { url: peer.url } } } });
  const drivers = await openRedis({ store: section, retention: config.retention }, silentLog(), new WallClock());
  try {
    const states = statesOf(config, agents);
    await throughput(drivers, bare, states);
    await latency(drivers);
    await memory(peer, drivers, states, agents);
    await timers(drivers);
  } finally {
    bare.disconnect();
    await drivers.close();
    await peer.remove();
  }
}

/** Detection's states of a fleet in which every agent has one conversation of three tool calls. */
function statesOf(config: Config, agents: number): Write[] {
  const intake = createIntake(config, createInspector());
  const detect = new Stepper({ machine: createDetectMachine({ clock: 'event' }), strict: false });
  for (let agent = 0; agent < agents; agent++) {
    const spans = spansOf({
      service: `service-${agent % 100}`,
      agent: `agent-${agent}`,
      conversation: `conversation-${agent}`,
      startMs: Date.UTC(2026, 9, 5) + agent,
      prompt: '',
      steps: Array.from({ length: 3 }, (_, step) => ({
        tool: `tool_${(agent + step) % 12}`,
        arguments: {},
        result: '',
      })),
      answer: '',
      seed: agent,
    });
    const place = { receivedAtMs: undefined, source: 'bench', atMs: 0 };
    for (const record of intake.document(request(`service-${agent % 100}`, spans), place).records)
      if (record.topic === 'telemetry') detect.feed(record.value);
  }
  return [...detect.snapshot().states].map(([key, value]) => ({ key, value }));
}

async function throughput({ store }: RedisDrivers, bare: Redis, states: readonly Write[]): Promise<void> {
  const some = states.slice(0, 20 * BATCH);
  const batches = Array.from({ length: Math.ceil(some.length / BATCH) }, (_, index) =>
    some.slice(index * BATCH, (index + 1) * BATCH),
  );
  const perSecond = async (run: (batch: readonly Write[]) => Promise<unknown>): Promise<number> => {
    const begunAt = performance.now();
    for (const batch of batches) await run(batch);
    return some.length / ((performance.now() - begunAt) / 1_000);
  };
  const plainWrites = await perSecond(async (batch) => {
    const pipeline = bare.pipeline();
    for (const { key, value } of batch) pipeline.set(`bare:${key}`, JSON.stringify(value));
    await pipeline.exec();
  });
  const writes = await perSecond(async (batch) => store.write(batch));
  const plainReads = await perSecond(async (batch) => {
    for (const json of await bare.mget(batch.map(({ key }) => `bare:${key}`))) JSON.parse(json ?? '');
  });
  const reads = await perSecond(async (batch) => store.get(batch.map(({ key }) => key)));
  const bytes = some.reduce((sum, { value }) => sum + JSON.stringify(value).length, 0) / some.length;
  const line = (name: string, ours: number, plain: number, what: string): void =>
    console.log(
      `${name.padEnd(16)}${Math.round(ours)}/s, ${(ours / plain).toFixed(2)} of ${what} (${Math.round(plain)}/s)`,
    );
  console.log(`redis           documents of ${Math.round(bytes)} bytes, batches of ${BATCH}, appendfsync always`);
  line('redis writes', writes, plainWrites, 'bare SET');
  line('redis reads', reads, plainReads, 'bare MGET and JSON.parse');
  await bare.flushall();
}

async function latency({ store }: RedisDrivers): Promise<void> {
  const took: number[] = [];
  for (let version = 0; version < 2_000; version++) {
    const begunAt = performance.now();
    await store.write([{ key: 'bench/one', value: { version }, expectVersion: version }]);
    took.push(performance.now() - begunAt);
  }
  console.log(`redis one write ${inMs(distribution(took))}, compare-and-set, durable`);
}

async function memory(
  peer: RedisPeer,
  { store }: RedisDrivers,
  states: readonly Write[],
  agents: number,
): Promise<void> {
  const used = async (): Promise<number> => Number(/used_memory:(\d+)/.exec(await peer.cli('info', 'memory'))?.[1]);
  const before = await used();
  for (let from = 0; from < states.length; from += BATCH) await store.write(states.slice(from, from + BATCH));
  const bytes = (await used()) - before;
  console.log(
    `redis memory    ${(bytes / agents / 1024).toFixed(1)} KB per agent with its session, ${(states.length / agents).toFixed(1)} documents (${agents} agents)`,
  );
}

async function timers({ schedule }: RedisDrivers): Promise<void> {
  const all = Array.from({ length: 20_000 }, (_, index) => ({
    owner: 'bench',
    id: `lease/${index}`,
    dueMs: Date.now() + 3_600_000 + index,
    payload: { kind: 'renew' },
  }));
  const begunAt = performance.now();
  for (let from = 0; from < all.length; from += BATCH) await schedule.set(all.slice(from, from + BATCH));
  const set = all.length / ((performance.now() - begunAt) / 1_000);
  const readAt = performance.now();
  await schedule.due('bench', Number.MAX_VALUE, all.length);
  const read = all.length / ((performance.now() - readAt) / 1_000);
  console.log(`redis timers    ${Math.round(set)}/s set, ${Math.round(read)}/s read at a take-over`);
}

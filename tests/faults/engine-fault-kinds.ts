/** What can go wrong of a whole engine: of its processes, its servers, and the way between them. Each undoes itself. */
import { setTimeout as delay } from 'node:timers/promises';
import { TOPICS } from '../../schemas/topics.js';
import { compressionType } from '../../services/runtime/stream/kafka/compression.js';
import type { KafkaPeer } from '../peers/kafka.js';
import type { ProxyPeer } from '../peers/proxy.js';
import type { RedisClusterPeer, RedisPeer } from '../peers/redis.js';
import type { Cluster } from '../scenarios/cluster.js';

export interface Harmed {
  cluster: Cluster;
  /** Members of {@link Cluster} that run all the time. */
  core: readonly number[];
  /** Members that come and go. */
  guests: readonly number[];
  kafka: KafkaPeer;
  redis: RedisPeer;
  kafkaWay: ProxyPeer;
  redisWay: ProxyPeer;
  /** Where Redis is a cluster; then `redis` is one of its nodes, and no way leads through `redisWay`. */
  redisCluster?: RedisClusterPeer;
  /** How long a process may stand still before its partitions are another's, milliseconds. */
  sessionTimeoutMs: number;
}

/** 0 ≤ x < 1. */
export type Chance = () => number;
export type EngineFault = (harmed: Harmed, chance: Chance) => Promise<void>;

const oneOf = <T>(all: readonly T[], chance: Chance): T => all[Math.floor(chance() * all.length)] as T;
const way = ({ kafkaWay, redisWay }: Harmed, chance: Chance): ProxyPeer => (chance() < 0.5 ? kafkaWay : redisWay);

/** By name, and how often it is drawn beside the others. */
export const ENGINE_FAULTS: Readonly<Record<string, { weight: number; harm: EngineFault }>> = {
  'service killed': {
    weight: 6,
    harm: async ({ cluster, core }, chance) => {
      const index = oneOf(core, chance);
      await cluster.kill(index);
      await delay(chance() * 200);
      await cluster.start(index);
    },
  },
  'service stands still': {
    weight: 3,
    harm: async ({ cluster, core, sessionTimeoutMs }, chance) => {
      const index = oneOf(core, chance);
      cluster.pause(index);
      // Half of them are given up by their group, and wake as those who were replaced.
      await delay(chance() < 0.5 ? 200 + chance() * 500 : sessionTimeoutMs + 200 + chance() * 500);
      cluster.resume(index);
    },
  },
  'workers come and go': {
    weight: 2,
    harm: async ({ cluster, guests }, chance) => {
      await Promise.all(guests.map(async (index) => cluster.start(index)));
      await delay(chance() * 300);
      await Promise.all(guests.map(async (index) => (chance() < 0.5 ? cluster.stop(index) : cluster.kill(index))));
    },
  },
  'Redis killed': {
    weight: 2,
    harm: async ({ redis }, chance) => {
      await redis.kill();
      // Now and then beyond the time for which a command is tried.
      await delay(chance() < 0.8 ? chance() * 300 : 3_000);
      await redis.start();
    },
  },
  'Redis stands still': {
    weight: 2,
    harm: async ({ redis, redisWay }, chance) => {
      redis.pause();
      await delay(50 + chance() * 600);
      if (chance() < 0.5) redisWay.cut();
      redis.resume();
    },
  },
  'broker killed': {
    weight: 1,
    harm: async ({ kafka }, chance) => {
      await kafka.kill();
      await delay(chance() * 300);
      await kafka.restart();
    },
  },
  'broker stands still': {
    weight: 2,
    harm: async ({ kafka }, chance) => {
      kafka.pause();
      await delay(50 + chance() * 1_500);
      kafka.resume();
    },
  },
  'connections cut': { weight: 3, harm: async (harmed, chance) => way(harmed, chance).cut() },
  'an answer halved': {
    weight: 3,
    harm: async (harmed, chance) => {
      way(harmed, chance).cutAfter(1 + Math.floor(chance() * 400));
      await delay(50);
    },
  },
  'packets lost': {
    weight: 2,
    harm: async (harmed, chance) => {
      const proxy = way(harmed, chance);
      proxy.swallow();
      await delay(100 + chance() * 900);
      proxy.mend();
    },
  },
  'a slow network': {
    weight: 2,
    harm: async (harmed, chance) => {
      const proxy = way(harmed, chance);
      proxy.delay(1 + chance() * 60);
      await delay(300);
      proxy.mend();
    },
  },
  'no way through': {
    weight: 2,
    harm: async (harmed, chance) => {
      const proxy = way(harmed, chance);
      proxy.down();
      await delay(50 + chance() * 800);
      proxy.mend();
    },
  },
  'what is no record': { weight: 2, harm: async (harmed, chance) => poison(harmed, chance) },
  'alarms lost': { weight: 2, harm: async ({ redis }) => loseAlarms(redis) },
};

const POISON = ['not JSON', '{"half":', '[]', 'null', '{}', '{"kind":"of another program"}', '{"kind":"finding"}'];

/** Somebody else's words in topics of ours. */
async function poison({ kafka, cluster }: Harmed, chance: Chance): Promise<void> {
  const { prefix } = cluster.config.stream.kafka;
  const producer = kafka.client().producer();
  await producer.connect();
  try {
    for (const topic of TOPICS)
      await producer.send({
        topic: `${prefix}${topic}`,
        messages: [{ key: 'k', partition: 0, value: oneOf(POISON, chance) }],
      });
  } finally {
    await producer.disconnect();
  }
}

/** Of processes that tell the time by clocks of their own, beside those above. */
export const CLOCK_FAULTS: Readonly<Record<string, { weight: number; harm: EngineFault }>> = {
  'a clock is set': {
    weight: 4,
    harm: async ({ cluster, core }, chance) => {
      const index = oneOf(core, chance);
      cluster.setClock(index, Math.round((chance() - 0.5) * 2 * MOST_SKEW_MS));
      await delay(chance() * 2_000);
      if (chance() < 0.5) cluster.setClock(index, 0);
    },
  },
};

/** What others do to topics, groups and Redis while an engine works on them, and what is asked of its processes, beside those above. */
export const STRANGE_FAULTS: Readonly<Record<string, { weight: number; harm: EngineFault }>> = {
  'records of another client': { weight: 2, harm: async (harmed, chance) => strangers(harmed, chance) },
  'a transaction of another client': { weight: 2, harm: async (harmed, chance) => transaction(harmed, chance) },
  'records told again, in another order': { weight: 3, harm: async (harmed, chance) => toldAgain(harmed, chance) },
  'a group joined by another program': { weight: 2, harm: async (harmed, chance) => thief(harmed, chance) },
  'a service asked to end': {
    weight: 3,
    harm: async ({ cluster, core }, chance) => {
      const index = oneOf(core, chance);
      await cluster.stop(index);
      await delay(chance() * 200);
      await cluster.start(index);
    },
  },
  'Redis out of memory': {
    weight: 2,
    harm: async ({ redis }, chance) => {
      await redis.cli('config', 'set', 'maxmemory', '1mb');
      await delay(100 + chance() * 1_500);
      await redis.cli('config', 'set', 'maxmemory', '0');
    },
  },
  'Redis takes no writes': {
    weight: 2,
    harm: async ({ redis }, chance) => {
      // As one that was replaced and follows a primary that it does not reach.
      await redis.cli('replicaof', '127.0.0.1', '1');
      await delay(100 + chance() * 1_500);
      await redis.cli('replicaof', 'no', 'one');
    },
  },
  'scripts forgotten': { weight: 2, harm: async ({ redis }) => void (await redis.cli('script', 'flush')) },
  'clients of Redis sent away': {
    weight: 1,
    harm: async ({ redis }) => void (await redis.cli('client', 'kill', 'type', 'normal')),
  },
  'the file of Redis rewritten': { weight: 1, harm: async ({ redis }) => void (await redis.cli('bgrewriteaof')) },
};

const CODECS = ['none', 'gzip', 'snappy'] as const;

/** Keys, values, headers and codecs as nobody of ours writes them. */
async function strangers({ kafka, cluster }: Harmed, chance: Chance): Promise<void> {
  const { prefix } = cluster.config.stream.kafka;
  const producer = kafka.client().producer();
  await producer.connect();
  try {
    for (const topic of TOPICS)
      await producer.send({
        topic: `${prefix}${topic}`,
        compression: compressionType(oneOf(CODECS, chance)),
        messages: [
          { key: null, partition: 0, value: null },
          {
            key: 'k',
            partition: 0,
            value: null,
            headers: { 'stepdown-schema': ['1', '2'], other: Buffer.from([255, 0]) },
          },
          { key: Buffer.from([0xff, 0xfe]), partition: 0, value: Buffer.from([0xc3, 0x28]) },
          { key: null, partition: 0, value: '{"kind":"tick"}', headers: { 'stepdown-schema': '99' } },
        ],
      });
  } finally {
    await producer.disconnect();
  }
}

/** Nonsense, committed or taken back: its end stands in each topic. */
async function transaction({ kafka, cluster }: Harmed, chance: Chance): Promise<void> {
  const { prefix } = cluster.config.stream.kafka;
  const producer = kafka
    .client()
    .producer({ transactionalId: `${prefix}others`, idempotent: true, maxInFlightRequests: 1 });
  await producer.connect();
  try {
    const running = await producer.transaction();
    for (const topic of TOPICS)
      await running.send({
        topic: `${prefix}${topic}`,
        messages: [{ key: 'k', partition: 0, value: oneOf(POISON, chance) }],
      });
    await (chance() < 0.5 ? running.commit() : running.abort());
  } finally {
    await producer.disconnect();
  }
}

const TOLD_AGAIN = 40;

/** The newest of each topic once more, as a mirror or a producer without sequence numbers would. */
async function toldAgain({ kafka, cluster }: Harmed, chance: Chance): Promise<void> {
  const { stream } = await cluster.drivers();
  const { prefix } = cluster.config.stream.kafka;
  const producer = kafka.client().producer();
  await producer.connect();
  try {
    for (const topic of ['telemetry', 'signals', 'contractions', 'incidents'] as const) {
      const newest = await stream.read(topic, { from: -TOLD_AGAIN, limit: TOLD_AGAIN }).catch(() => []);
      const again = newest.map(({ key, value }) => ({ key, partition: 0, value: JSON.stringify(value) }));
      again.sort(() => chance() - 0.5);
      if (again.length > 0) await producer.send({ topic: `${prefix}${topic}`, messages: again });
    }
  } finally {
    await producer.disconnect();
  }
}

/** It takes the partitions, reads, commits nothing and leaves, or dies without a word. */
async function thief({ kafka, cluster, sessionTimeoutMs }: Harmed, chance: Chance): Promise<void> {
  const { prefix } = cluster.config.stream.kafka;
  const [group, topic] = chance() < 0.5 ? ['detect', 'telemetry'] : ['respond', 'signals'];
  const consumer = kafka
    .client()
    .consumer({ groupId: `${prefix}${group}`, sessionTimeout: sessionTimeoutMs, heartbeatInterval: 500 });
  await consumer.connect();
  await consumer.subscribe({ topic: `${prefix}${topic}` });
  await consumer.run({ autoCommit: false, eachMessage: async () => undefined });
  await delay(chance() * 1_000);
  await consumer.disconnect();
}

const MOST_SKEW_MS = 4_000;
const RESTART_MS = 4_000;

/** A broker of several is gone for a while, long enough for its partitions to be another's. */
async function withoutBroker({ kafka }: Harmed, index: number, chance: Chance): Promise<void> {
  await kafka.kill(index);
  await delay(chance() * RESTART_MS);
  await kafka.restart(index);
}

/** Of a cluster of brokers, beside those above. */
export const BROKER_FAULTS: Readonly<Record<string, { weight: number; harm: EngineFault }>> = {
  'a leader killed': {
    weight: 3,
    harm: async (harmed, chance) => {
      const { prefix } = harmed.cluster.config.stream.kafka;
      const topic = `${prefix}${oneOf(['signals', 'contractions', 'telemetry'], chance)}`;
      await withoutBroker(harmed, await harmed.kafka.leaderOf(topic), chance);
    },
  },
  'a coordinator killed': {
    weight: 3,
    harm: async (harmed, chance) => {
      const { prefix } = harmed.cluster.config.stream.kafka;
      const group = `${prefix}${oneOf(['respond', 'detect'], chance)}`;
      await withoutBroker(harmed, await harmed.kafka.coordinatorOf(group), chance);
    },
  },
  'the controller killed': {
    weight: 2,
    harm: async (harmed, chance) => withoutBroker(harmed, harmed.kafka.controller(), chance),
  },
  'one of several stands still': {
    weight: 2,
    harm: async ({ kafka }, chance) => {
      const index = Math.floor(chance() * kafka.ports.length);
      kafka.pause(index);
      // Beyond a few seconds the others take its partitions, and it wakes as one that was replaced.
      await delay(chance() < 0.5 ? 200 + chance() * 1_000 : 10_000);
      kafka.resume(index);
    },
  },
};

/** Where Redis is a cluster. What a primary answered just before it was lost, its replica has not heard of. */
export const CLUSTER_FAULTS: Readonly<Record<string, { weight: number; harm: EngineFault }>> = {
  'a replica takes over': {
    weight: 1,
    harm: async ({ redisCluster }, chance) => {
      if (redisCluster === undefined) throw new Error('Redis is no cluster');
      const index = oneOf(await redisCluster.primaries(), chance);
      await redisCluster.failOver(index, chance() * 600);
      // It comes back as the replica of the one that was its own.
      await redisCluster.nodes[index]?.start();
    },
  },
};

/** Every key of the queue that wakes owners of timers. */
export async function loseAlarms(redis: Pick<RedisPeer, 'cli'>): Promise<void> {
  const keys = (await redis.cli('keys', '*{alarms}*')).split('\n').filter((key) => key !== '');
  if (keys.length > 0) await redis.cli('del', ...keys);
}

const ALL_FAULTS = { ...ENGINE_FAULTS, ...STRANGE_FAULTS, ...BROKER_FAULTS, ...CLOCK_FAULTS, ...CLUSTER_FAULTS };

/** @param names of faults; default: those of an engine over one broker */
export function drawFault(chance: Chance, names: readonly string[] = Object.keys(ENGINE_FAULTS)): string {
  const total = names.reduce((sum, name) => sum + (ALL_FAULTS[name]?.weight ?? 0), 0);
  let left = chance() * total;
  for (const name of names) {
    left -= ALL_FAULTS[name]?.weight ?? 0;
    if (left < 0) return name;
  }
  return names.at(-1) ?? '';
}

export async function harm(name: string, harmed: Harmed, chance: Chance): Promise<void> {
  const fault = ALL_FAULTS[name];
  if (fault === undefined) throw new Error(`there is no fault ${name}`);
  await fault.harm(harmed, chance);
}

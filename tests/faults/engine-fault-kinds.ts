/** What can go wrong of a whole engine: of its processes, its servers, and the way between them. Each undoes itself. */
import { setTimeout as delay } from 'node:timers/promises';
import type { KafkaPeer } from '../peers/kafka.js';
import type { ProxyPeer } from '../peers/proxy.js';
import type { RedisPeer } from '../peers/redis.js';
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
  'alarms lost': { weight: 2, harm: async ({ redis }) => loseAlarms(redis) },
};

/** Every key of the queue that wakes owners of timers. */
export async function loseAlarms(redis: Pick<RedisPeer, 'cli'>): Promise<void> {
  const keys = (await redis.cli('keys', '*{alarms}*')).split('\n').filter((key) => key !== '');
  if (keys.length > 0) await redis.cli('del', ...keys);
}

export function drawFault(chance: Chance, names: readonly string[] = Object.keys(ENGINE_FAULTS)): string {
  const total = names.reduce((sum, name) => sum + (ENGINE_FAULTS[name]?.weight ?? 0), 0);
  let left = chance() * total;
  for (const name of names) {
    left -= ENGINE_FAULTS[name]?.weight ?? 0;
    if (left < 0) return name;
  }
  return names.at(-1) ?? '';
}

/** A broker, a Redis, the ways to them and the processes of an engine, all of which can be harmed. */
import type { Role } from '../../services/composition/roles.js';
import { KafkaPeer } from '../peers/kafka.js';
import { type ProxyPeer, proxyPeer } from '../peers/proxy.js';
import { type RedisPeer, redisPeer } from '../peers/redis.js';
import { distributedDrivers } from '../runtime/kafka/distributed.js';
import { Cluster } from '../scenarios/cluster.js';
import type { Harmed } from './engine-fault-kinds.js';

/** Shorter, a busy machine is enough to lose a partition. */
const SESSION_TIMEOUT_MS = 3_000;
/** Some of its outages are longer. */
const REDIS_DEADLINE = '2s';

export interface World {
  harmed: Harmed;
  remove(): Promise<void>;
}

export interface WorldOptions {
  core: readonly Role[];
  guests: readonly Role[];
  partitions: number;
  /** YAML. */
  overrides: string;
  /** Of the configuration, beside the drivers. */
  more: object;
}

export async function openWorld({ core, guests, partitions, overrides, more }: WorldOptions): Promise<World> {
  let brokerPort = 0;
  const opened: { stop?: () => Promise<void> }[] = [];
  const remove = async (): Promise<void> => {
    for (const { stop } of opened.splice(0).reverse()) await stop?.();
  };
  try {
    const kafkaWay: ProxyPeer = await proxyPeer(() => brokerPort);
    opened.push({ stop: async () => kafkaWay.remove() });
    const kafka = await KafkaPeer.start({
      advertise: (_, port) => {
        brokerPort = port;
        return kafkaWay.port;
      },
    });
    opened.push({ stop: async () => kafka.stop() });
    const redis: RedisPeer = await redisPeer();
    opened.push({ stop: async () => redis.remove() });
    const redisWay = await proxyPeer(redis.port);
    opened.push({ stop: async () => redisWay.remove() });
    const drivers = distributedDrivers(
      kafka,
      { url: `redis://127.0.0.1:${redisWay.port}`, deadline: REDIS_DEADLINE },
      { partitions, sessionTimeout: `${SESSION_TIMEOUT_MS}ms`, requestTimeout: '3s', connectTimeout: '2s' },
    );
    const cluster = await Cluster.create(drivers, overrides, [...core, ...guests], more);
    opened.push({ stop: async () => cluster.remove() });
    const harmed: Harmed = {
      ...{ cluster, kafka, redis, kafkaWay, redisWay, sessionTimeoutMs: SESSION_TIMEOUT_MS },
      core: [...core.keys()],
      guests: guests.map((_, index) => core.length + index),
    };
    return { harmed, remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** A broker or three, a Redis, the ways to them and the processes of an engine, all of which can be harmed. */
import type { Role } from '../../services/composition/roles.js';
import { KafkaPeer } from '../peers/kafka.js';
import { type ProxyPeer, proxyPeer } from '../peers/proxy.js';
import { redisClusterPeer, type RedisPeer, redisPeer } from '../peers/redis.js';
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
  /** Default 1; three keep each record twice at least, and go on without one of them. */
  brokers?: number;
  /** Three primaries with a replica each, instead of one server. */
  redisCluster?: boolean;
  /** YAML. */
  overrides: string;
  /** Of the configuration, beside the drivers. */
  more: object;
}

export async function openWorld(options: WorldOptions): Promise<World> {
  const { core, guests, partitions, overrides, more, brokers = 1 } = options;
  const brokerPorts: number[] = [];
  const opened: { stop?: () => Promise<void> }[] = [];
  const remove = async (): Promise<void> => {
    for (const { stop } of opened.splice(0).reverse()) await stop?.();
  };
  try {
    const ways = await Promise.all(
      Array.from({ length: brokers }, async (_, index) => proxyPeer(() => brokerPorts[index] ?? 0)),
    );
    const kafkaWay = waysTogether(ways);
    opened.push({ stop: async () => kafkaWay.remove() });
    const kafka = await KafkaPeer.start({
      brokers,
      advertise: (index, port) => {
        brokerPorts[index] = port;
        return ways[index]?.port ?? port;
      },
    });
    opened.push({ stop: async () => kafka.stop() });
    const redisCluster =
      options.redisCluster === true ? await redisClusterPeer({ replicas: 1, nodeTimeoutMs: 500 }) : undefined;
    opened.push({ stop: async () => redisCluster?.remove() });
    const redis: RedisPeer = redisCluster?.nodes[0] ?? (await redisPeer());
    opened.push({ stop: async () => redis.remove() });
    const redisWay = await proxyPeer(redis.port);
    opened.push({ stop: async () => redisWay.remove() });
    const drivers = distributedDrivers(
      kafka,
      redisCluster === undefined
        ? { url: `redis://127.0.0.1:${redisWay.port}`, deadline: REDIS_DEADLINE }
        : { cluster: redisCluster.addresses },
      {
        ...{ partitions, replicas: brokers },
        ...{ sessionTimeout: `${SESSION_TIMEOUT_MS}ms`, requestTimeout: '3s', connectTimeout: '2s' },
      },
    );
    const cluster = await Cluster.create(drivers, overrides, [...core, ...guests], more);
    opened.push({ stop: async () => cluster.remove() });
    const harmed: Harmed = {
      ...{ cluster, kafka, redis, kafkaWay, redisWay, sessionTimeoutMs: SESSION_TIMEOUT_MS },
      ...(redisCluster === undefined ? {} : { redisCluster }),
      core: [...core.keys()],
      guests: guests.map((_, index) => core.length + index),
    };
    return { harmed, remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** One misbehaves as all do. */
function waysTogether(ways: readonly ProxyPeer[]): ProxyPeer {
  const each = (harm: (way: ProxyPeer) => void) => (): void => ways.forEach(harm);
  return {
    port: ways[0]?.port ?? 0,
    cut: each((way) => way.cut()),
    down: each((way) => way.down()),
    swallow: each((way) => way.swallow()),
    delay: (ms) => ways.forEach((way) => way.delay(ms)),
    cutAfter: (bytes) => ways.forEach((way) => way.cutAfter(bytes)),
    mend: each((way) => way.mend()),
    remove: async () => {
      await Promise.all(ways.map(async (way) => way.remove()));
    },
  };
}

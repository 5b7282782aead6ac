/** The configuration of an engine on many machines: Kafka and Redis as the tests have started them. */
import { tmpdir } from 'node:os';
import { type Config, loadConfig } from '../../../services/runtime/config.js';
import type { KafkaPeer } from '../../peers/kafka.js';
import type { RedisPeer } from '../../peers/redis.js';

let next = 0;

/** Topics and keys of its own, so that tests share servers. */
export function distributedDrivers(
  kafka: Pick<KafkaPeer, 'brokers'>,
  redis: (Pick<RedisPeer, 'url'> | { cluster: readonly string[] }) & { deadline?: string },
  options: Record<string, unknown> = {},
): Record<string, unknown> {
  const name = `d${process.pid}-${next++}`;
  return {
    stream: {
      driver: 'kafka',
      kafka: { brokers: kafka.brokers, prefix: `${name}.`, partitions: 4, sessionTimeout: '3s', ...options },
    },
    store: {
      driver: 'redis',
      redis: {
        ...('cluster' in redis ? { cluster: redis.cluster } : { url: redis.url }),
        ...{ prefix: name, ...(redis.deadline === undefined ? {} : { deadline: redis.deadline }) },
      },
    },
    schedule: { driver: 'bullmq' },
  };
}

export function distributedConfig(
  kafka: Pick<KafkaPeer, 'brokers'>,
  redis: Pick<RedisPeer, 'url'>,
  options: Record<string, unknown> = {},
): Config {
  return loadConfig({ env: {}, overrides: { dataDir: tmpdir(), ...distributedDrivers(kafka, redis, options) } });
}

/** Servers for the tests of one `describe`: there when the first of them begins, left when the last has ended. */
import { afterAll, beforeAll } from 'vitest';
import { type RedisPeer, redisPeer } from './redis.js';
import { type SharedKafka, sharedKafka } from './shared-kafka.js';

const START_MS = 120_000;

/** To be called where a `describe` is declared; what is given is for its tests. */
export function suiteKafka(): () => SharedKafka {
  let kafka: SharedKafka;
  beforeAll(async () => {
    kafka = await sharedKafka();
  }, START_MS);
  afterAll(async () => {
    await kafka.stop();
  });
  return () => kafka;
}

/** {@link suiteKafka}, and a Redis of its own. */
export function suiteKafkaAndRedis(): { kafka: () => SharedKafka; redis: () => RedisPeer } {
  let redis: RedisPeer;
  const kafka = suiteKafka();
  beforeAll(async () => {
    redis = await redisPeer();
  }, START_MS);
  afterAll(async () => {
    await redis.remove();
  });
  return { kafka, redis: () => redis };
}

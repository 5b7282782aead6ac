/** `npm run crash`: a hundred kills, embedded; then some over Kafka and Redis. KILLS, TURNS and SEED change it. */
import { expect, it } from 'vitest';
import { KafkaPeer } from '../peers/kafka.js';
import { redisMissing, redisPeer } from '../peers/redis.js';
import { describeWithPeer } from '../peers/with-peer.js';
import { distributedDrivers } from '../runtime/kafka/distributed.js';
import { crashScenario } from './crash.js';

const number = (name: string, otherwise: number): number => Number(process.env[name] ?? otherwise);

it('loses and doubles nothing in a hundred kills', { timeout: 3_600_000 }, async () => {
  const options = { kills: number('KILLS', 100), turns: number('TURNS', 600), seed: number('SEED', 7) };
  console.log(options, await crashScenario(options));
});

describeWithPeer('over Kafka and Redis', (await KafkaPeer.missing()) ?? redisMissing(), () => {
  it(
    'a day of traffic in one process, killed in between, ends as embedded and undisturbed',
    { timeout: 900_000 },
    async () => {
      const [kafka, redis] = [await KafkaPeer.start(), await redisPeer()];
      try {
        const drivers = distributedDrivers(kafka, redis, { partitions: 1, sessionTimeout: '1s' });
        const yaml = Object.entries(drivers)
          .map(([key, each]) => `${key}: ${JSON.stringify(each)}`)
          .join('\n');
        const options = { kills: number('KAFKA_KILLS', 10), turns: number('KAFKA_TURNS', 60), seed: number('SEED', 7) };
        const seen = await crashScenario({ ...options, drivers: `${yaml}\n` });
        console.log(options, seen);
        expect(seen.findings).toBeGreaterThan(0);
      } finally {
        await kafka.stop();
        await redis.remove();
      }
    },
  );
});

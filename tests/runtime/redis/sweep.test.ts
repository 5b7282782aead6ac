/** Documents go when their retention says so, and not before. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type DocumentRule, retentionPolicy } from '../../../services/runtime/retention-policy.js';
import { loadConfig } from '../../../services/runtime/config.js';
import { silentLog } from '../../../services/runtime/log.js';
import { connectRedis, disconnectRedis, type RedisClient } from '../../../services/runtime/redis/connection.js';
import { RedisRetry } from '../../../services/runtime/redis/retry.js';
import { redisSettings } from '../../../services/runtime/redis/settings.js';
import { Layout } from '../../../services/runtime/store/redis/layout.js';
import { RedisStore } from '../../../services/runtime/store/redis/store.js';
import { redisMissing, type RedisPeer, redisPeer } from '../../peers/redis.js';
import { describeWithPeer } from '../../peers/with-peer.js';

const HOUR_MS = 3_600_000;

describeWithPeer('retention in Redis', redisMissing(), () => {
  let peer: RedisPeer;
  let client: RedisClient;
  let store: RedisStore;
  let nowMs = 1_000_000;
  const rules: readonly DocumentRule[] = retentionPolicy(
    loadConfig({ env: {}, overrides: { retention: { telemetry: '2h', content: '1h', incidents: '3h' } } }).retention,
  ).documents;
  beforeEach(async () => {
    peer = await redisPeer();
    const settings = redisSettings(
      loadConfig({ env: {}, overrides: { store: { redis: { url: peer.url } } } }).store.redis,
    );
    client = connectRedis(settings, silentLog(), { name: 'test' });
    const retry = new RedisRetry(5_000);
    store = new RedisStore({ client, retry, layout: new Layout('stepdown'), clock: { now: () => nowMs }, rules });
  });
  afterEach(async () => {
    await disconnectRedis(client);
    await peer.remove();
  });
  const keys = async (): Promise<string[]> => (await store.scan('')).map(({ key }) => key);

  it('drops by noun, by age since the last write, and by what the document says', async () => {
    await store.write([
      { key: 'finding/t/1', value: 1 },
      { key: 'incident/t/open', value: { status: 'open' } },
      { key: 'incident/t/closed', value: { status: 'closed' } },
      { key: 'incident/t/again', value: { status: 'closed' } },
      { key: 'contraction/live/t/1', value: 1 },
      { key: 'detect/session/t/1', value: 1 },
    ]);
    nowMs += 1.5 * HOUR_MS;
    await store.write([
      { key: 'finding/t/2', value: 1 },
      { key: 'incident/t/again', value: { status: 'open' } },
    ]);
    expect(await store.sweep(nowMs)).toBe(0);
    nowMs += HOUR_MS;
    expect(await store.sweep(nowMs)).toBe(1);
    expect(await keys()).not.toContain('finding/t/1');
    nowMs += 100 * HOUR_MS;
    expect(await store.sweep(nowMs)).toBe(2);
    const left = ['contraction/live/t/1', 'detect/session/t/1', 'incident/t/again', 'incident/t/open'];
    expect(await keys()).toEqual(left);
    expect((await store.get(['incident/t/closed', 'finding/t/2'])).every((each) => each === undefined)).toBe(true);
  });

  it('drops many, once, from several processes, and leaves nothing behind', async () => {
    await store.write(Array.from({ length: 1_000 }, (_, index) => ({ key: `finding/t/${index}`, value: index })));
    nowMs += 3 * HOUR_MS;
    const counts = await Promise.all([store.sweep(nowMs), store.sweep(nowMs), store.sweep(nowMs)]);
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(1_000);
    expect(await peer.cli('dbsize')).toBe('0');
  });

  it('forgets deletions after a day or more, and before that what they had seen', async () => {
    await store.write([
      { key: 'a', value: 1, seen: { epoch: 1, partition: 0, offset: 1 } },
      { key: 'b', value: 1 },
    ]);
    await store.write([
      { key: 'a', value: undefined },
      { key: 'b', value: undefined },
    ]);
    const lifetimes = await Promise.all(
      (await peer.cli('keys', 'stepdown:*')).split('\n').map(async (name) => Number(await peer.cli('pttl', name))),
    );
    expect(Math.max(...lifetimes)).toBeGreaterThan(24 * HOUR_MS);
    expect(Math.min(...lifetimes)).toBeLessThan(HOUR_MS);
    expect(lifetimes).toHaveLength(2);
  });
});

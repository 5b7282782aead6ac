/** The checks of Redis, each against a server that is set up as it should not be. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Check } from '../../../services/cli/doctor/finding.js';
import { redisChecks } from '../../../services/cli/doctor/redis/examination.js';
import { versionCheck } from '../../../services/cli/doctor/redis/version.js';
import { loadConfig } from '../../../services/runtime/config.js';
import { silentLog } from '../../../services/runtime/log.js';
import { redisClusterPeer, redisMissing, type RedisPeer, redisPeer } from '../../peers/redis.js';
import { describeWithPeer } from '../../peers/with-peer.js';

async function examine(redis: Record<string, unknown>, now?: () => number): Promise<Map<string, Check>> {
  const config = loadConfig({
    env: {},
    overrides: { store: { driver: 'redis', redis: { deadline: '2s', ...redis } } },
  });
  const checks = await redisChecks(config, silentLog(), now);
  for (const { status, mend } of checks) expect(status === 'ok').toBe(mend === undefined);
  return new Map(checks.map((check) => [check.check, check]));
}

describeWithPeer('the doctor on Redis', redisMissing(), () => {
  let peer: RedisPeer;
  beforeAll(async () => {
    peer = await redisPeer();
  });
  afterAll(async () => peer.remove());
  const finding = async (check: string): Promise<Check | undefined> => (await examine({ url: peer.url })).get(check);

  it('finds nothing to mend where all is as it should be, and leaves nothing behind', async () => {
    const checks = await examine({ url: peer.url });
    const slow = [...checks.values()].filter(({ status }) => status !== 'ok').map(({ check }) => check);
    // A disk shared with others may be slow; everything else must be right.
    expect(slow.filter((check) => check !== 'redis trial')).toEqual([]);
    expect([...checks.keys()]).toEqual([
      'redis version',
      'redis eviction',
      'redis persistence',
      'redis role',
      'redis memory',
      'redis clock',
      'redis cluster',
      'redis trial',
    ]);
    expect(checks.get('redis version')?.detail).toMatch(/^\d+\.\d+\.\d+$/);
    // The mark of the deletion goes by itself.
    const keys = (await peer.cli('keys', '*')).split('\n').filter((key) => key !== '');
    for (const key of keys) expect(Number(await peer.cli('ttl', key))).toBeGreaterThan(0);
  });

  it('finds eviction', async () => {
    await peer.cli('config', 'set', 'maxmemory-policy', 'allkeys-lru');
    expect(await finding('redis eviction')).toMatchObject({
      status: 'problem',
      detail: expect.stringContaining('allkeys-lru'),
    });
    await peer.cli('config', 'set', 'maxmemory-policy', 'noeviction');
  });

  it('finds an append-only file that is flushed too seldom, or not kept', async () => {
    await peer.cli('config', 'set', 'appendfsync', 'everysec');
    expect(await finding('redis persistence')).toMatchObject({
      status: 'warning',
      detail: expect.stringContaining('every second'),
    });
    await peer.cli('config', 'set', 'appendonly', 'no');
    expect(await finding('redis persistence')).toMatchObject({
      status: 'problem',
      mend: expect.stringContaining('appendonly yes'),
    });
    await peer.cli('config', 'set', 'appendonly', 'yes');
    await peer.cli('config', 'set', 'appendfsync', 'always');
  });

  it('finds memory that is nearly used up, and that is', async () => {
    const used = Number(/used_memory:(\d+)/.exec(await peer.cli('info', 'memory'))?.[1]);
    await peer.cli('config', 'set', 'maxmemory', String(Math.round(used * 1.2)));
    expect((await finding('redis memory'))?.status).toBe('warning');
    await peer.cli('config', 'set', 'maxmemory', '1024');
    const full = await examine({ url: peer.url, deadline: '200ms' });
    expect(full.get('redis memory')?.status).toBe('problem');
    expect(full.get('redis trial')).toMatchObject({ status: 'problem', detail: expect.stringContaining('store-full') });
    await peer.cli('config', 'set', 'maxmemory', '0');
  });

  it('finds clocks that are apart', async () => {
    const off = async (ms: number) => (await examine({ url: peer.url }, () => Date.now() + ms)).get('redis clock');
    expect(await off(5_000)).toMatchObject({ status: 'warning', detail: expect.stringMatching(/5\.0 s behind/) });
    expect(await off(-120_000)).toMatchObject({ status: 'problem', detail: expect.stringMatching(/120\.0 s ahead/) });
  });

  it('finds a replica in the place of the primary', async () => {
    const replica = await redisPeer(['--replicaof', `127.0.0.1 ${peer.port}`]);
    try {
      const checks = await examine({ url: replica.url, deadline: '500ms' });
      expect(checks.get('redis role')?.status).toBe('warning');
      expect(checks.get('redis trial')?.status).toBe('problem');
    } finally {
      await replica.remove();
    }
  });

  it('finds rights that are missing, and says which', async () => {
    const user = [
      'acl',
      'setuser',
      'half',
      'on',
      '>a-long-password',
      '~stepdown*',
      '+@all',
      '-evalsha',
      '-eval',
      '-config',
    ];
    await peer.cli(...user);
    const checks = await examine({ url: peer.url, username: 'half', password: 'a-long-password' });
    expect(checks.get('redis trial')).toMatchObject({ status: 'problem', detail: expect.stringContaining('evalsha') });
    expect(checks.get('redis persistence')).toMatchObject({
      status: 'warning',
      detail: expect.stringContaining('does not let us ask'),
    });
  });

  it('finds a server that does not answer, or does not know us', async () => {
    const away = await redisPeer();
    await away.remove();
    expect((await examine({ url: away.url, deadline: '200ms' })).get('redis')).toMatchObject({
      status: 'problem',
      detail: expect.stringContaining('driver-unavailable'),
    });
    expect((await examine({ url: peer.url, username: 'nobody', password: 'no-password' })).get('redis')).toMatchObject({
      status: 'problem',
      detail: expect.stringContaining('unauthenticated'),
    });
  });

  it('finds a cluster that does not serve all slots, and one that was not said to be one', async () => {
    const cluster = await redisClusterPeer();
    try {
      expect((await examine({ cluster: cluster.addresses })).get('redis cluster')).toMatchObject({ status: 'ok' });
      expect((await examine({ url: cluster.nodes[0]?.url })).get('redis trial')).toMatchObject({
        status: 'problem',
        mend: expect.stringContaining('store.redis.cluster'),
      });
      await cluster.nodes[1]?.cli('cluster', 'delslotsrange', '6000', '6010');
      await cluster.nodes[0]?.cli('cluster', 'delslotsrange', '100', '110');
      const broken = await examine({ cluster: cluster.addresses });
      expect(broken.get('redis cluster')).toMatchObject({
        status: 'problem',
        detail: expect.stringContaining('state fail'),
      });
    } finally {
      await cluster.remove();
    }
  });
});

describe('the version of Redis', () => {
  it.each([
    ['6.0.16', 'problem'],
    ['5.0.14', 'problem'],
    ['6.2.0', 'ok'],
    ['7.0.15', 'ok'],
    ['10.1.0', 'ok'],
  ])('%s: %s', (version, status) => {
    expect(versionCheck({ node: 'n', version }).status).toBe(status);
  });
});

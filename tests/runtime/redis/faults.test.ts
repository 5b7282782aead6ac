/** What happens when Redis, or the way to it, fails: nothing that was answered is lost, nothing is done twice. */
import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { pino } from 'pino';
import { WallClock } from '../../../services/runtime/clock.js';
import { loadConfig } from '../../../services/runtime/config.js';
import { openRedis, type RedisDrivers } from '../../../services/runtime/redis/open.js';
import { type ProxyPeer, proxyPeer } from '../../peers/proxy.js';
import { redisClusterPeer, redisMissing, type RedisPeer, redisPeer } from '../../peers/redis.js';
import { describeWithPeer } from '../../peers/with-peer.js';
import { openRedisDrivers } from './fixture.js';

/** Counts up in documents, each next version expected, until it is stopped; says how far each got. */
function counting({ store }: RedisDrivers, keys: readonly string[]) {
  const answered = new Map<string, number>();
  let going = true;
  const running = Promise.all(
    keys.map(async (key) => {
      for (let version = 1; going; version++) {
        const [outcome] = await store.write([{ key, value: version, expectVersion: version - 1 }]);
        // A write that was applied but not answered, sent again, must not be refused because of itself.
        expect(outcome).toEqual({ ok: true, version });
        answered.set(key, version);
      }
    }),
  );
  return {
    progress: () => [...answered.values()].reduce((sum, version) => sum + version, 0),
    stop: async () => {
      going = false;
      await running;
      return answered;
    },
  };
}

const KEYS = Array.from({ length: 20 }, (_, index) => `count/${index}`);

describeWithPeer('Redis that fails', redisMissing(), () => {
  let peer: RedisPeer;
  let proxy: ProxyPeer;
  const opened: RedisDrivers[] = [];
  const open = async (redis: Record<string, unknown> = {}): Promise<RedisDrivers> => {
    const drivers = await openRedisDrivers({ url: `redis://127.0.0.1:${proxy.port}`, ...redis });
    opened.push(drivers);
    return drivers;
  };
  beforeEach(async () => {
    peer = await redisPeer();
    proxy = await proxyPeer(peer.port);
  });
  afterEach(async () => {
    proxy.mend();
    peer.resume();
    await Promise.all(opened.splice(0).map(async (drivers) => drivers.close()));
    await proxy.remove();
    await peer.remove();
  });

  const expectCounted = async (drivers: RedisDrivers, answered: Map<string, number>): Promise<void> => {
    const documents = await drivers.store.get(KEYS);
    expect(documents.map((document) => [document?.value, document?.version])).toEqual(
      KEYS.map((key) => [answered.get(key), answered.get(key)]),
    );
  };

  it('keeps every answered write through kill -9 under load, and counts none twice', async () => {
    const drivers = await open();
    const counted = counting(drivers, KEYS);
    for (let kills = 0; kills < 3; kills++) {
      const before = counted.progress();
      while (counted.progress() < before + 100) await delay(5);
      await peer.kill();
      await delay(50);
      await peer.start();
    }
    await expectCounted(drivers, await counted.stop());
  });

  it('writes once over connections that break at any byte of an answer', async () => {
    const drivers = await open();
    const counted = counting(drivers, KEYS);
    for (let breaks = 0; breaks < 25; breaks++) {
      const before = counted.progress();
      while (counted.progress() <= before) await delay(1);
      proxy.cutAfter(1 + breaks * 7);
      await delay(15);
    }
    proxy.mend();
    await expectCounted(drivers, await counted.stop());
  });

  it('sees through a network that is slow, swallows, or is gone', async () => {
    const drivers = await open();
    const counted = counting(drivers, KEYS);
    proxy.delay(30);
    await delay(150);
    proxy.mend();
    proxy.swallow();
    await delay(150);
    proxy.mend();
    proxy.down();
    await delay(150);
    proxy.mend();
    const before = counted.progress();
    while (counted.progress() < before + 50) await delay(5);
    await expectCounted(drivers, await counted.stop());
  });

  it('waits for a server that stands still, and tells its caller when the deadline has passed', async () => {
    const patient = await open();
    const hasty = await open({ deadline: '300ms' });
    peer.pause();
    const waiting = patient.store.write([{ key: 'a', value: 1, expectVersion: 0 }]);
    const begun = Date.now();
    await expect(hasty.store.write([{ key: 'b', value: 1 }])).rejects.toMatchObject({ code: 'driver-unavailable' });
    expect(Date.now() - begun).toBeLessThan(3_000);
    peer.resume();
    expect(await waiting).toEqual([{ ok: true, version: 1 }]);
    expect((await hasty.store.get(['a']))[0]?.value).toBe(1);
  });

  it('keeps timers and still wakes their owner after the server was killed', async () => {
    const drivers = await open();
    let told = 0;
    await drivers.schedule.watch('respond/3', () => told++);
    await drivers.schedule.set([{ owner: 'respond/3', id: 'lease', dueMs: Date.now() + 700, payload: { v: 2 } }]);
    // The alarm is not awaited by who sets a timer; a kill before it stands is mended by the next look.
    await delay(100);
    await peer.kill();
    await peer.start();
    while (told === 0) await delay(20);
    expect(await drivers.schedule.due('respond/3', Date.now(), 10)).toMatchObject([{ id: 'lease', payload: { v: 2 } }]);
  });

  it('is what it was after a backup is restored elsewhere', async () => {
    const drivers = await open();
    const writes = Array.from({ length: 300 }, (_, index) => ({ key: `b/${index}`, value: { index } }));
    await drivers.store.write(writes);
    await drivers.schedule.set([{ owner: 'respond', id: 'lease', dueMs: 7 }]);
    // As docs/redis.md says: the folder is copied while the server runs.
    await peer.cli('config', 'set', 'auto-aof-rewrite-percentage', '0');
    const elsewhere = await redisPeer();
    try {
      await elsewhere.kill();
      rmSync(join(elsewhere.dir, 'appendonlydir'), { recursive: true });
      cpSync(join(peer.dir, 'appendonlydir'), join(elsewhere.dir, 'appendonlydir'), { recursive: true });
      await drivers.store.write([{ key: 'b/later', value: 1 }]);
      await elsewhere.start();
      const restored = await open({ url: elsewhere.url });
      expect(await restored.store.scan('b/')).toHaveLength(300);
      expect(await restored.store.get(writes.map(({ key }) => key))).toEqual(
        writes.map((write) => ({ ...write, version: 1 })),
      );
      expect(await restored.schedule.due('respond', 7, 10)).toHaveLength(1);
    } finally {
      await elsewhere.remove();
    }
  });

  it('gives up what is under way when it is closed', async () => {
    const drivers = await open();
    await drivers.schedule.watch('o', () => undefined);
    proxy.down();
    const writing = drivers.store.write([{ key: 'a', value: 1 }]);
    await delay(30);
    const begunAt = Date.now();
    await Promise.all([expect(writing).rejects.toMatchObject({ code: 'stream-closed' }), drivers.close()]);
    expect(Date.now() - begunAt).toBeLessThan(5_000);
  });

  describe('and says what is wrong, at once where waiting does not help', () => {
    const message = async (redis: Record<string, unknown>): Promise<unknown> => {
      const begun = Date.now();
      const error: unknown = await open(redis).catch((thrown: unknown) => thrown);
      expect(Date.now() - begun).toBeLessThan(5_000);
      return error;
    };

    it('a password that is not accepted, or is missing', async () => {
      await peer.cli('config', 'set', 'requirepass', 'right-password');
      expect(await message({ password: 'wrong-password' })).toMatchObject({ code: 'unauthenticated' });
      expect(await message({})).toMatchObject({ code: 'unauthenticated' });
      expect(String(await message({ password: 'wrong-password' }))).not.toContain('wrong-password');
      const drivers = await open({ password: 'right-password' });
      expect(await drivers.store.write([{ key: 'a', value: 1 }])).toEqual([{ ok: true, version: 1 }]);
    });

    it('an ACL user that may not do what is needed', async () => {
      await peer.cli('acl', 'setuser', 'stepdown', 'on', '>secret-password', '~other*', '+@all');
      const who = { username: 'stepdown', password: 'secret-password' };
      expect(await message(who)).toMatchObject({ code: 'forbidden' });
      await peer.cli(
        ...'acl setuser stepdown ~stepdown* &stepdown* +@all -@admin -@dangerous +info +config|get'.split(' '),
      );
      const drivers = await open(who);
      expect(await drivers.store.write([{ key: 'a', value: 1 }])).toEqual([{ ok: true, version: 1 }]);
      let told = 0;
      await drivers.schedule.watch('o', () => told++);
      await drivers.schedule.set([{ owner: 'o', id: 'a', dueMs: Date.now() }]);
      while (told === 0) await delay(10);
    });

    it('memory that is used up, without losing what is there', async () => {
      const drivers = await open({ deadline: '300ms' });
      await drivers.store.write([{ key: 'a', value: 'there' }]);
      await peer.cli('config', 'set', 'maxmemory', '1');
      await expect(drivers.store.write([{ key: 'b', value: 1 }])).rejects.toMatchObject({ code: 'store-full' });
      expect((await drivers.store.get(['a']))[0]?.value).toBe('there');
      await peer.cli('config', 'set', 'maxmemory', '0');
      expect(await drivers.store.write([{ key: 'b', value: 1 }])).toEqual([{ ok: true, version: 1 }]);
    });

    it('a server that forgets: said when it is opened, and used all the same', async () => {
      await peer.cli('config', 'set', 'maxmemory-policy', 'allkeys-lru');
      await peer.cli('config', 'set', 'appendonly', 'no');
      let said = '';
      const { store, retention } = loadConfig({ env: {}, overrides: { store: { redis: { url: peer.url } } } });
      const log = pino({ level: 'info' }, { write: (line: string) => void (said += line) });
      const drivers = await openRedis({ store, retention }, log, new WallClock());
      opened.push(drivers);
      expect(said).toContain('maxmemory-policy noeviction');
      expect(said).toContain('appendonly yes');
      expect(await drivers.store.write([{ key: 'a', value: 1 }])).toEqual([{ ok: true, version: 1 }]);
    });

    it('no server at that address', async () => {
      await peer.kill();
      expect(await message({ deadline: '300ms' })).toMatchObject({ code: 'driver-unavailable' });
    });

    it('data of another layout, or of somebody else', async () => {
      await peer.cli('set', 'other:layout', '9/9');
      expect(await message({ prefix: 'other' })).toMatchObject({ code: 'schema-too-new' });
      const drivers = await open();
      await drivers.store.write([{ key: 'x', value: 1 }]);
      await peer.cli('set', await peer.cli('keys', 'stepdown:*:d:x'), 'not ours');
      await expect(drivers.store.get(['x'])).rejects.toMatchObject({ code: 'store-corrupt' });
      await expect(drivers.store.write([{ key: 'x', value: 2 }])).rejects.toMatchObject({ code: 'store-corrupt' });
    });
  });
});

describeWithPeer('a Redis Cluster that changes', redisMissing(), () => {
  it('is followed while slots move and a node is killed: nothing is lost or counted twice', async () => {
    const cluster = await redisClusterPeer();
    const drivers = await openRedisDrivers({ cluster: cluster.addresses });
    try {
      const counted = counting(drivers, KEYS);
      const goesOn = async (): Promise<void> => {
        const before = counted.progress();
        while (counted.progress() < before + 100) await delay(5);
      };
      await goesOn();
      // Of documents that are written all the time, key by key: for a while each slot is on both nodes.
      const held = async (): Promise<string[]> =>
        (await cluster.nodes[0]?.cli('keys', '*:d:count*'))?.split('\n').filter((key) => key !== '') ?? [];
      const before = await held();
      expect(before.length).toBeGreaterThan(2);
      for (const [index, key] of before.slice(0, 3).entries()) await cluster.move(key, 0, 1 + (index % 2));
      expect((await held()).length).toBeLessThanOrEqual(before.length - 3);
      await goesOn();
      await cluster.nodes[2]?.kill();
      await delay(100);
      await cluster.nodes[2]?.start();
      await goesOn();
      const answered = await counted.stop();
      const documents = await drivers.store.get(KEYS);
      expect(documents.map((document) => [document?.value, document?.version])).toEqual(
        KEYS.map((key) => [answered.get(key), answered.get(key)]),
      );
      expect(await drivers.store.scan('count/')).toHaveLength(KEYS.length);
    } finally {
      await drivers.close();
      await cluster.remove();
    }
  });
});

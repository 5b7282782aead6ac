/**
 * The disk of Redis or of the broker is full, in the middle of work. What cannot be made durable is tried again until there is
 * room; a server that gives up over it is started again, as a supervisor would. What was answered is there afterwards, once.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, expect, it } from 'vitest';
import { consume, outgoing, timesOf } from '../conformance/records.js';
import { KafkaPeer } from '../peers/kafka.js';
import { redisMissing, redisPeer } from '../peers/redis.js';
import { smallDisk, smallDiskMissing } from '../peers/small-disk.js';
import { describeWithPeer } from '../peers/with-peer.js';
import { openKafkaFixture } from '../runtime/kafka/fixture.js';
import { openRedisDrivers } from '../runtime/redis/fixture.js';

const FULL_MS = 1_500;
const TIMES = 3;

describeWithPeer(
  'a server whose disk is full',
  smallDiskMissing() ?? redisMissing() ?? (await KafkaPeer.missing()),
  () => {
    const cleaning: (() => unknown)[] = [];
    afterEach(async () => {
      for (const clean of cleaning.splice(0).reverse()) await clean();
    });

    // With `always` Redis ends when its file cannot be written; with `everysec` it goes on and refuses writes (MISCONF).
    it.each(['always', 'everysec'])('Redis, flushing %s', { timeout: 180_000 }, async (flushing) => {
      const disk = smallDisk(24);
      cleaning.push(() => disk.remove());
      const peer = await redisPeer([
        '--dir',
        disk.dir,
        '--appendfsync',
        flushing,
        '--auto-aof-rewrite-percentage',
        '0',
      ]);
      cleaning.push(async () => peer.remove());
      const drivers = await openRedisDrivers({ url: peer.url, deadline: '2m' });
      cleaning.push(async () => drivers.close());
      const text = 'x'.repeat(2_000);
      let [going, answered] = [true, 0];
      const counting = (async () => {
        for (let version = 1; going; version++) {
          const [outcome] = await drivers.store.write([
            { key: 'count', value: { version, text }, expectVersion: version - 1 },
          ]);
          // Sent again, it must not be refused because of itself.
          expect(outcome).toEqual({ ok: true, version });
          answered = version;
        }
      })();
      counting.catch(() => undefined);
      for (let times = 0; times < TIMES; times++) {
        for (const before = answered; answered < before + 50;) await delay(5);
        disk.fill(20_000);
        await delay(FULL_MS);
        const held = answered;
        await delay(300);
        expect(answered).toBe(held);
        disk.free();
        if ((await peer.cli('ping').catch(() => '')) !== 'PONG') await peer.start();
      }
      for (const before = answered; answered < before + 50;) await delay(5);
      going = false;
      await counting;
      const [document] = await drivers.store.get<{ version: number }>(['count']);
      expect([document?.value.version, document?.version]).toEqual([answered, answered]);
    });

    it('the broker', { timeout: 300_000 }, async () => {
      const disk = smallDisk(96);
      cleaning.push(() => disk.remove());
      const peer = await KafkaPeer.start({ settings: { 'log.dirs': `${disk.dir}/kafka` } });
      cleaning.push(async () => peer.stop());
      const fixture = await openKafkaFixture(peer, { requestTimeout: '3s', connectTimeout: '2s' });
      cleaning.push(async () => fixture.remove());
      const { stream } = fixture.drivers;
      let [going, told] = [true, 0];
      const telling = (async () => {
        while (going) {
          // Told until it is taken, as senders do; so perhaps twice.
          await stream.append([outgoing(told, 'k', 't'.repeat(500))]).then(
            () => told++,
            async () => delay(100),
          );
        }
      })();
      telling.catch(() => undefined);
      for (let times = 0; times < TIMES; times++) {
        for (const before = told; told < before + 50;) await delay(5);
        disk.fill(0);
        await delay(FULL_MS);
        disk.free();
        await peer.ready();
      }
      for (const before = told; told < before + 50;) await delay(5);
      going = false;
      await telling;
      const all = (await stream.state('signals')).reduce((sum, { start, end }) => sum + end - start, 0);
      const times = timesOf(await consume(stream, all));
      expect([...new Set(times)]).toEqual(Array.from({ length: told }, (_, time) => time));
    });
  },
);

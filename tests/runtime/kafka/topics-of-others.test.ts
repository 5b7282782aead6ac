/** What stands in our topics that we did not write as we do: packed otherwise, no record at all; and more than can be taken in. */
import { setImmediate as turn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import type { StreamRecord } from '../../../services/runtime/stream/types.js';
import { topicName } from '../../../services/runtime/stream/kafka/topics.js';
import { consume, outgoing, timesOf } from '../../conformance/records.js';
import { KafkaPeer } from '../../peers/kafka.js';
import { suiteKafka } from '../../peers/suite-peers.js';
import { describeWithPeer } from '../../peers/with-peer.js';
import { type KafkaFixture, openKafkaFixture } from './fixture.js';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

describeWithPeer('topics that others write to', await KafkaPeer.missing(), () => {
  const peer = suiteKafka();
  const using = async (
    kafka: Record<string, unknown>,
    work: (fixture: KafkaFixture) => Promise<void>,
  ): Promise<void> => {
    const fixture = await openKafkaFixture(peer(), kafka);
    try {
      await work(fixture);
    } finally {
      await fixture.remove();
    }
  };
  const named = ({ config }: KafkaFixture, topic: 'signals'): string => topicName(config.stream.kafka, topic);

  it.each(['gzip', 'snappy'] as const)('packs with %s, and reads what is packed so', async (compression) => {
    await using({ compression }, async (fixture) => {
      const { stream } = fixture.drivers;
      const times = Array.from({ length: 500 }, (_, index) => index);
      await stream.append(times.map((time) => outgoing(time, 'k', 'a tenant of some length')));
      expect(timesOf(await consume(stream, 500))).toEqual(times);
    });
  });

  it('refuses to pack with what this Node cannot, before anything is written', async () => {
    const hasZstd = 'zstdCompress' in (await import('node:zlib'));
    const opening = using({ compression: 'zstd' }, async ({ drivers: { stream } }) => {
      await stream.append([outgoing(1)]);
      expect(timesOf(await consume(stream, 1))).toEqual([1]);
    });
    if (hasZstd) await opening;
    else
      await expect(opening).rejects.toMatchObject({ code: 'config-invalid', mend: expect.stringContaining('22.15') });
  });

  it('reads what others packed with lz4 and with zstd', async () => {
    await using({}, async (fixture) => {
      const admin = peer().client().admin();
      await admin.connect();
      const repack = async (codec: string): Promise<void> => {
        const configEntries = [{ name: 'compression.type', value: codec }];
        await admin.alterConfigs({
          validateOnly: false,
          resources: [{ type: 2, name: named(fixture, 'signals'), configEntries }],
        });
        // A configuration takes a moment to reach the log.
        await new Promise((resolve) => setTimeout(resolve, 300));
      };
      const { stream } = fixture.drivers;
      await repack('lz4');
      const noise = Array.from({ length: 40 }, (_, index) => Math.sin(index).toString(36)).join('');
      const times = Array.from({ length: 300 }, (_, index) => index);
      await stream.append(times.map((time) => outgoing(time, 'k', `${noise} ${'a'.repeat(time * 7)} ${noise}`)));
      const got = await consume(stream, 300);
      expect(timesOf(got)).toEqual(times);
      expect(got[299]?.value.tenant).toBe(`${noise} ${'a'.repeat(299 * 7)} ${noise}`);
      await repack('zstd');
      await stream.append(
        times.map((time) => outgoing(1_000 + time, 'k', `${noise} ${'b'.repeat(time * 7)} ${noise}`)),
      );
      const then = await stream.read('signals', { from: 300, limit: 300 });
      expect(timesOf(then)).toEqual(times.map((time) => 1_000 + time));
      expect(then[299]?.value.tenant).toBe(`${noise} ${'b'.repeat(299 * 7)} ${noise}`);
      await admin.disconnect();
    });
  });

  it('sets aside what is no record, with its reason, and goes on behind it', async () => {
    await using({}, async (fixture) => {
      const { stream } = fixture.drivers;
      await stream.append([outgoing(1)]);
      const producer = peer().client().producer();
      await producer.connect();
      for (const value of ['not JSON', '{"half":', null, '[]'])
        await producer.send({ topic: named(fixture, 'signals'), messages: [{ key: 'k', value, partition: 0 }] });
      await producer.disconnect();
      await stream.append([outgoing(2)]);
      const got = await consume(stream, 2, { commit: true });
      expect(timesOf(got)).toEqual([1, 2]);
      const letters = await stream.read('deadletter', { from: 0, limit: 10 });
      expect(letters.map(({ value }) => value.source)).toEqual(
        expect.arrayContaining(['signals/0@1', 'signals/0@2', 'signals/0@3']),
      );
      for (const { value } of letters) expect(value.reason.text.length).toBeGreaterThan(0);
      // Taken up again, nothing is set aside twice, and nothing hinders the position.
      expect((await stream.state('signals', 'g'))[0]?.committed).toBeGreaterThanOrEqual(got.at(-1)?.offset ?? 0);
    });
  });

  it('holds little in memory for one that is slow, and a slow partition holds up no other', async () => {
    const TENANTS = 12;
    const RECORDS = 40;
    const BYTES = 100_000;
    await using({ partitions: 3, queue: '512KiB', fetch: '1MiB' }, async (fixture) => {
      const { stream } = fixture.drivers;
      const tenants = Array.from({ length: TENANTS }, (_, index) => `t${index}`);
      const filler = 'x'.repeat(BYTES);
      for (let turn = 0; turn < RECORDS; turn++)
        await stream.append(
          tenants.map((tenant) => ({
            topic: 'signals' as const,
            key: tenant,
            value: { ...outgoing(turn, tenant, tenant).value, filler } as never,
          })),
        );
      const wanted = new Map(
        (await stream.state('signals'))
          .map(({ partition, end }) => [partition, end] as const)
          .filter(([, end]) => end > 0),
      );
      expect(wanted.size).toBeGreaterThan(1);
      const [slow = 0] = wanted.keys();
      const seen = new Map<number, number>();
      let release = (): void => undefined;
      const released = new Promise<void>((resolve) => (release = resolve));
      // What was sent is given back by and by, also after a collection.
      let before = held();
      for (let calm = 0; calm < 3;) {
        await turn();
        const now = held();
        calm = now < before - 100_000 ? 0 : calm + 1;
        before = Math.min(before, now);
      }
      let most = 0;
      const watching = setInterval(() => (most = Math.max(most, held() - before)), 25);
      const subscription = await stream.subscribe({
        topic: 'signals',
        group: 'slow',
        from: 'earliest',
        maxBatch: 5,
        handler: async (records: StreamRecord<'signals'>[]) => {
          const partition = records[0]?.partition ?? 0;
          if (partition === slow) await released;
          seen.set(partition, (seen.get(partition) ?? 0) + records.length);
        },
      });
      const done = (partition: number): boolean => seen.get(partition) === wanted.get(partition);
      await expect
        .poll(() => [...wanted.keys()].filter((each) => each !== slow).every(done), { timeout: 20_000, interval: 20 })
        .toBe(true);
      expect(seen.get(slow)).toBeUndefined();
      release();
      await expect.poll(() => done(slow), { timeout: 20_000, interval: 20 }).toBe(true);
      clearInterval(watching);
      await subscription.stop();
      // 48 MB went through; what waits is bounded by queues and fetches.
      expect(most).toBeLessThan(20 * 1024 * 1024);
    });
  });
});

/** Bytes that something still points at, on the heap and outside of it, where fetched records lie. What only waits for the collector does not count. */
function held(): number {
  collect();
  const { external, heapUsed } = process.memoryUsage();
  return external + heapUsed;
}

/** Records that are gone before they were read, and positions that are lost: nothing that is left is passed over, and it is said. */
import { expect, it, vi } from 'vitest';
import { WallClock } from '../../../services/runtime/clock.js';
import { silentLog } from '../../../services/runtime/log.js';
import { topicName } from '../../../services/runtime/stream/kafka/topics.js';
import { Worker } from '../../../services/runtime/worker.js';
import { consume, outgoing, timesOf } from '../../conformance/records.js';
import { KafkaPeer } from '../../peers/kafka.js';
import { suiteKafka } from '../../peers/suite-peers.js';
import { describeWithPeer } from '../../peers/with-peer.js';
import { type KafkaFixture, openKafkaFixture } from './fixture.js';
import { NOTING } from './noting-machine.js';

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

describeWithPeer('a topic whose records go before they are read', await KafkaPeer.missing(), () => {
  const peer = suiteKafka();
  const using = async (
    kafka: Record<string, unknown>,
    work: (fixture: KafkaFixture, dropBefore: (offset: number) => Promise<void>) => Promise<void>,
  ): Promise<void> => {
    const fixture = await openKafkaFixture(peer(), kafka);
    const admin = peer().client().admin();
    await admin.connect();
    try {
      const topic = topicName(fixture.config.stream.kafka, 'signals');
      await work(fixture, async (offset) => {
        // The client wants to have asked about it before.
        await admin.fetchTopicOffsets(topic);
        // As retention does, only now.
        await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: String(offset) }] });
      });
    } finally {
      await admin.disconnect();
      await fixture.remove();
    }
  };
  const gaps = async ({ drivers: { stream } }: KafkaFixture): Promise<string[]> =>
    (await stream.read('deadletter', { from: 0, limit: 100 })).map(
      ({ value }) => `${value.source} ${value.reason.code}: ${value.reason.text}`,
    );

  it('goes on with the oldest that is left, at its start and in the middle, and a dead letter names the gap', async () => {
    await using({ queue: '64KiB', fetch: '64KiB' }, async (fixture, dropBefore) => {
      const { stream } = fixture.drivers;
      await stream.append(upTo(10).map((time) => outgoing(time)));
      expect(timesOf(await consume(stream, 3, { commit: true, maxBatch: 1 }))).toEqual([0, 1, 2]);
      await dropBefore(6);
      expect(timesOf(await consume(stream, 4, { commit: true }))).toEqual([6, 7, 8, 9]);
      const first = 'signals/0@3 retention-passed: 3 records were dropped before g has read them (3 to 5)';
      expect(await gaps(fixture)).toEqual([first]);
      // A reader that is slow: more comes than may wait in memory, and goes before there is room.
      const long = 't'.repeat(8_000);
      const got: number[] = [];
      let release: () => void = () => undefined;
      const held = new Promise<void>((resolve) => (release = resolve));
      const subscription = await stream.subscribe({
        ...{ topic: 'signals', group: 'g', from: 'earliest', maxBatch: 1 },
        handler: async (records) => {
          await held;
          got.push(...timesOf(records));
        },
      });
      for (let time = 10; time < 70; time++) await stream.append([outgoing(time, 'k', long)]);
      await new Promise((resolve) => setTimeout(resolve, 300));
      await dropBefore(60);
      release();
      await vi.waitFor(() => expect(got.at(-1)).toBe(69), { timeout: 20_000 });
      await vi.waitFor(async () => expect(await gaps(fixture)).toHaveLength(2));
      await subscription.stop();
      const [, second = ''] = await gaps(fixture);
      const [, from, to] = /\((\d+) to (\d+)\)/.exec(second) ?? [];
      // What was fetched came, what is named did not, and nothing else is missing.
      expect(to).toBe('59');
      expect(got).toEqual(
        upTo(70)
          .slice(10)
          .filter((time) => time < Number(from) || time >= 60),
      );
    });
  });

  it('reads what is left also where it had begun with what comes from now on', async () => {
    await using({}, async (fixture, dropBefore) => {
      const { stream } = fixture.drivers;
      await stream.append(upTo(3).map((time) => outgoing(time)));
      const got: number[] = [];
      const subscribe = async () =>
        stream.subscribe({
          ...{ topic: 'signals', group: 'g', from: 'latest' },
          handler: async (records) => {
            got.push(...timesOf(records));
            for (const { partition, offset } of records)
              await stream.commit({ group: 'g', topic: 'signals', partition, offset });
          },
        });
      const first = await subscribe();
      await stream.append([outgoing(3)]);
      await vi.waitFor(() => expect(got).toEqual([3]));
      await first.stop();
      await stream.append([4, 5, 6].map((time) => outgoing(time)));
      await dropBefore(6);
      const second = await subscribe();
      await vi.waitFor(() => expect(got).toEqual([3, 6]));
      await second.stop();
      expect(await gaps(fixture)).toEqual([expect.stringContaining('2 records were dropped before g')]);
    });
  });

  it('does nothing twice where the group and its position are gone', async () => {
    await using({}, async ({ drivers, config }) => {
      const work = async (): Promise<number[] | undefined> => {
        const worker = new Worker({
          ...{ machine: NOTING, topic: 'signals' as const, drivers },
          ...{ clock: new WallClock(), log: silentLog() },
        });
        await worker.start();
        await worker.settled();
        await worker.stop();
        return (await drivers.store.get<number[]>(['times']))[0]?.value;
      };
      await drivers.stream.append(upTo(5).map((time) => outgoing(time)));
      expect(await work()).toEqual(upTo(5));
      const admin = peer().client().admin();
      await admin.connect();
      await admin.deleteGroups([`${config.stream.kafka.prefix}${NOTING.name}`]);
      await admin.disconnect();
      await drivers.stream.append([outgoing(5)]);
      expect(await work()).toEqual(upTo(6));
    });
  });

  it.each([
    ['a day behind', -86_400_000],
    ['a day ahead', 86_400_000],
  ])('is followed by who wants everything, though its writer’s clock is %s', async (_, aheadMs) => {
    await using({}, async ({ drivers: { stream }, config }) => {
      const producer = peer().client().producer();
      await producer.connect();
      const write = async (from: number, count: number): Promise<void> => {
        const messages = Array.from({ length: count }, (__, index) => ({
          ...{ key: 'k', value: JSON.stringify({ kind: 'tick', tenant: 't', timeMs: from + index }) },
          timestamp: String(Date.now() + aheadMs),
        }));
        await producer.send({ topic: topicName(config.stream.kafka, 'signals'), messages });
      };
      await write(0, 3);
      const ends = new Map((await stream.state('signals')).map(({ partition, end }) => [partition, end]));
      // More than the newest few: what was written between a snapshot and the moment its reader follows.
      await write(3, 400);
      const got: number[] = [];
      const subscription = await stream.subscribe({
        ...{ topic: 'signals', group: 'g', from: 'latest', each: { sinceMs: 60_000, noLater: ends } },
        handler: async (records) => void got.push(...timesOf(records)),
      });
      await vi.waitFor(() => expect(got).toEqual(upTo(403)), { timeout: 10_000 });
      await write(403, 1);
      await vi.waitFor(() => expect(got.at(-1)).toBe(403));
      await subscription.stop();
      await producer.disconnect();
    });
  });
});

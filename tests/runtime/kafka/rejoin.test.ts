/** What the client does wrong when its group is joined anew in the midst of a fetch, and what is mended of it. */
import ConsumerGroup, { type ConsumerGroupInternals } from 'kafkajs/src/consumer/consumerGroup.js';
import { expect, it, vi } from 'vitest';
import type { Stream, StreamRecord } from '../../../services/runtime/stream/types.js';
import { outgoing, timesOf } from '../../conformance/records.js';
import { KafkaPeer } from '../../peers/kafka.js';
import { suiteKafka } from '../../peers/suite-peers.js';
import { describeWithPeer } from '../../peers/with-peer.js';
import { openKafkaFixture } from './fixture.js';

const FIRST = 10;
const ALL = 20;

describeWithPeer('a group that is joined anew', await KafkaPeer.missing(), () => {
  const peer = suiteKafka();

  /** With a topic of its own, and the client's groups that fetch of it. */
  const using = async (work: (stream: Stream, groups: ReadonlySet<ConsumerGroupInternals>) => Promise<void>) => {
    const fixture = await openKafkaFixture(peer());
    const groups = new Set<ConsumerGroupInternals>();
    const { fetch } = ConsumerGroup.prototype;
    ConsumerGroup.prototype.fetch = async function (nodeId) {
      groups.add(this);
      return fetch.call(this, nodeId);
    };
    try {
      await work(fixture.drivers.stream, groups);
    } finally {
      ConsumerGroup.prototype.fetch = fetch;
      await fixture.remove();
    }
  };

  it('is joined again where joining failed, and does not read on as nobody’s member', async () => {
    await using(async (stream, groups) => {
      const subscription = await stream.subscribe({
        topic: 'signals',
        group: 'g',
        from: 'earliest',
        handler: async () => undefined,
      });
      await vi.waitFor(() => expect(groups.size).toBe(1), 10_000);
      const [group] = groups;
      if (group === undefined) throw new Error('nothing was fetched');
      const { cluster, generationId } = group;
      const { findGroupCoordinator } = cluster;
      cluster.findGroupCoordinator = async () => {
        cluster.findGroupCoordinator = findGroupCoordinator;
        throw new Error('not now');
      };
      await expect(group.joinAndSync()).rejects.toThrow('not now');
      await vi.waitFor(() => expect(group.generationId).toBeGreaterThan(generationId), 10_000);
      await subscription.stop();
    });
  });

  it('reads on from its position, whatever was asked for before; and joins once at a time', async () => {
    await using(async (stream, groups) => {
      const got: StreamRecord<'signals'>[] = [];
      let release = (): void => undefined;
      const released = new Promise<void>((resolve) => (release = resolve));
      const times = Array.from({ length: ALL }, (_, index) => index);
      await stream.append(times.slice(0, FIRST).map((time) => outgoing(time)));
      const subscription = await stream.subscribe({
        topic: 'signals',
        group: 'g',
        from: 'earliest',
        maxBatch: 2,
        handler: async (records) => {
          got.push(...records);
          await released;
          const { partition, offset } = records.at(-1) ?? { partition: 0, offset: 0 };
          await stream.commit({ group: 'g', topic: 'signals', partition, offset });
        },
      });
      await vi.waitFor(() => expect(got).toHaveLength(2), 10_000);
      // The first two are being worked on, the others of the first ten wait, and the client asks for what comes next.
      const [group] = groups;
      if (group === undefined) throw new Error('nothing was fetched');
      const before = group.offsetManager;
      const { generationId } = group;
      await Promise.all([group.joinAndSync(), group.joinAndSync()]);
      expect(group.offsetManager).not.toBe(before);
      expect(group.generationId).toBe(generationId + 1);
      await stream.append(times.slice(FIRST).map((time) => outgoing(time)));
      release();
      await vi.waitFor(() => expect(new Set(timesOf(got)).size).toBe(ALL), 10_000);
      await subscription.stop();
      const order = timesOf(got).filter((time, index, all) => all.indexOf(time) === index);
      expect(order).toEqual(times);
    });
  });
});

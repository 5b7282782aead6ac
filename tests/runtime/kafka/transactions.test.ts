/** Others may write to a topic in transactions, whose ends and aborts stand in it and are given to nobody. */
import { expect, it, vi } from 'vitest';
import { Follower } from '../../../services/gateway/records/follower.js';
import type { StreamRecord } from '../../../services/runtime/stream/types.js';
import { outgoing, timesOf } from '../../conformance/records.js';
import { KafkaPeer } from '../../peers/kafka.js';
import { suiteKafka } from '../../peers/suite-peers.js';
import { describeWithPeer } from '../../peers/with-peer.js';
import { type KafkaFixture, openKafkaFixture } from './fixture.js';

describeWithPeer('transactions of others', await KafkaPeer.missing(), () => {
  const peer = suiteKafka();

  const transaction = async ({ config }: KafkaFixture, commit: boolean, ...times: number[]): Promise<void> => {
    const transactionalId = `others-${config.stream.kafka.prefix}${commit}`;
    const producer = peer().client().producer({ idempotent: true, maxInFlightRequests: 1, transactionalId });
    await producer.connect();
    try {
      const running = await producer.transaction();
      for (const topic of ['signals', 'contractions'])
        await running.send({
          topic: `${config.stream.kafka.prefix}${topic}`,
          messages: times.map((time) => ({ key: 'k', partition: 0, value: JSON.stringify(outgoing(time).value) })),
        });
      await (commit ? running.commit() : running.abort());
    } finally {
      await producer.disconnect();
    }
  };

  it('are read when they are committed, passed when not, and leave nobody waiting at their ends', async () => {
    const fixture = await openKafkaFixture(peer());
    const { stream, store } = fixture.drivers;
    const ends = async (): Promise<{ end: number | undefined; committed: number | undefined }> => {
      const [state] = await stream.state('signals', 'g');
      return { end: state?.end, committed: state?.committed };
    };
    const caughtUpWith = (end: number) =>
      vi.waitFor(async () => expect(await ends()).toEqual({ end, committed: end - 1 }), 15_000);
    try {
      await stream.append([outgoing(1)]);
      await transaction(fixture, true, 2, 3);
      const got: StreamRecord<'signals'>[] = [];
      const subscription = await stream.subscribe({
        topic: 'signals',
        group: 'g',
        from: 'earliest',
        handler: async (records) => {
          got.push(...records);
          await stream.commit({ group: 'g', topic: 'signals', partition: 0, offset: records.at(-1)?.offset ?? 0 });
        },
      });
      await caughtUpWith(4);
      await transaction(fixture, false, 4, 5);
      await caughtUpWith(7);
      await stream.append([outgoing(6)]);
      await caughtUpWith(8);
      expect(timesOf(got)).toEqual([1, 2, 3, 6]);
      expect(timesOf(await stream.read('signals', { from: 0, limit: 10 }))).toEqual([1, 2, 3, 6]);
      expect(timesOf(await stream.read('signals', { from: 4, limit: 2 }))).toEqual([6]);
      await subscription.stop();
      const caughtUp = vi.fn();
      const follower = new Follower({
        ...{ stream, store, group: 'gateway', caughtUp },
        restore: () => expect.fail('nothing is stored'),
        take: () => expect.fail('it was given what is no record'),
        takeText: () => expect.fail('it was given what is no record'),
        onError: (error) => expect.fail(String(error)),
      });
      await follower.start();
      await follower.check();
      expect(caughtUp).toHaveBeenCalledTimes(2);
      await follower.stop();
    } finally {
      await fixture.remove();
    }
  });
});

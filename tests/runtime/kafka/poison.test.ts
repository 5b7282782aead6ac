/** What is no record and stands at the end of a topic: nothing comes after it that would move anybody on. */
import { expect, it, vi } from 'vitest';
import { Follower } from '../../../services/gateway/records/follower.js';
import { outgoing, timesOf } from '../../conformance/records.js';
import { KafkaPeer } from '../../peers/kafka.js';
import { suiteKafka } from '../../peers/suite-peers.js';
import { describeWithPeer } from '../../peers/with-peer.js';
import { openKafkaFixture } from './fixture.js';

describeWithPeer('what is no record, at the end of a topic', await KafkaPeer.missing(), () => {
  const peer = suiteKafka();

  it('is set aside and passed, and a gateway that follows is caught up', { timeout: 60_000 }, async () => {
    const fixture = await openKafkaFixture(peer());
    const { stream, store } = fixture.drivers;
    const producer = peer().client().producer();
    try {
      await producer.connect();
      await stream.append([outgoing(1)]);
      for (const topic of ['signals', 'contractions'])
        await producer.send({
          topic: `${fixture.config.stream.kafka.prefix}${topic}`,
          messages: [{ key: 'k', value: '{"kind":"of another program"}', partition: 0 }],
        });
      const got: number[] = [];
      const subscription = await stream.subscribe({
        topic: 'signals',
        group: 'g',
        from: 'earliest',
        handler: async (records) => {
          got.push(...timesOf(records));
          await stream.commit({ group: 'g', topic: 'signals', partition: 0, offset: records.at(-1)?.offset ?? 0 });
        },
      });
      const committed = async () => (await stream.state('signals', 'g'))[0]?.committed;
      await vi.waitFor(async () => expect(await committed()).toBe(1), 15_000);
      expect(got).toEqual([1]);
      await subscription.stop();
      const letters = await stream.read('deadletter', { from: 0, limit: 10 });
      expect(letters.map(({ value }) => value.source)).toContain('signals/0@1');
      const caughtUp = vi.fn();
      const follower = new Follower({
        ...{ stream, store, group: 'gateway', caughtUp },
        restore: () => expect.fail('nothing is stored'),
        take: () => expect.fail('it was given what is no record'),
        takeText: () => expect.fail('it was given what is no record'),
        onError: (error) => expect.fail(String(error)),
      });
      await follower.start();
      expect(caughtUp).toHaveBeenCalledOnce();
      await follower.check();
      expect(caughtUp).toHaveBeenCalledTimes(2);
      await follower.stop();
    } finally {
      await producer.disconnect();
      await fixture.remove();
    }
  });
});

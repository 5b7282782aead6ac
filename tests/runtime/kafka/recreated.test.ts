/** A topic that somebody deletes and makes again counts from 0: what stands there is new, though its offsets were worked off. */
import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { WallClock } from '../../../services/runtime/clock.js';
import { silentLog } from '../../../services/runtime/log.js';
import { topicName } from '../../../services/runtime/stream/kafka/topics.js';
import { Worker } from '../../../services/runtime/worker.js';
import { outgoing } from '../../conformance/records.js';
import { KafkaPeer } from '../../peers/kafka.js';
import { suiteKafka } from '../../peers/suite-peers.js';
import { describeWithPeer } from '../../peers/with-peer.js';
import { openKafkaFixture } from './fixture.js';
import { NOTING } from './noting-machine.js';

describeWithPeer('a topic that is made anew', await KafkaPeer.missing(), () => {
  const peer = suiteKafka();

  it('is read from its beginning, also where it has grown beyond the old position already', async () => {
    const fixture = await openKafkaFixture(peer());
    const admin = peer().client().admin();
    const { stream, store } = fixture.drivers;
    const work = async (): Promise<void> => {
      const worker = new Worker({
        ...{ machine: NOTING, topic: 'signals' as const, drivers: fixture.drivers },
        ...{ clock: new WallClock(), log: silentLog() },
      });
      await worker.start();
      await worker.settled();
      await worker.stop();
    };
    const append = async (times: number[]): Promise<void> => {
      for (;;) {
        const done = await stream.append(times.map((time) => outgoing(time))).catch(() => undefined);
        if (done !== undefined) return;
        await delay(50);
      }
    };
    try {
      await append([1, 2, 3]);
      await work();
      const topic = topicName(fixture.config.stream.kafka, 'signals');
      await admin.connect();
      await admin.deleteTopics({ topics: [topic] });
      await delay(500);
      await admin.createTopics({ topics: [{ topic, numPartitions: 1 }], waitForLeaders: true });
      await append([4, 5, 6, 7, 8]);
      await work();
      expect((await store.get<number[]>(['times']))[0]?.value).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    } finally {
      await admin.disconnect();
      await fixture.remove();
    }
  });
});

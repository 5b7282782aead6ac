import { afterAll, beforeAll } from 'vitest';
import { checkpointConformance } from '../../conformance/checkpoint.js';
import { streamConformance } from '../../conformance/stream.js';
import { KafkaPeer } from '../../peers/kafka.js';
import { type SharedKafka, sharedKafka } from '../../peers/shared-kafka.js';
import { describeWithPeer } from '../../peers/with-peer.js';
import { openKafkaFixture } from './fixture.js';

describeWithPeer('Apache Kafka', await KafkaPeer.missing(), () => {
  let peer: SharedKafka;
  beforeAll(async () => {
    peer = await sharedKafka();
  }, 120_000);
  afterAll(async () => {
    await peer.stop();
  });

  const driver = {
    name: 'kafka',
    open: async () => openKafkaFixture(peer),
    capabilities: { partitions: 1, maxRecordBytes: 8 * 1024 * 1024 },
  };
  streamConformance(driver);
  checkpointConformance(driver);
});

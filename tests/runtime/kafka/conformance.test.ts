import { checkpointConformance } from '../../conformance/checkpoint.js';
import { streamConformance } from '../../conformance/stream.js';
import { KafkaPeer } from '../../peers/kafka.js';
import { suiteKafka } from '../../peers/suite-peers.js';
import { describeWithPeer } from '../../peers/with-peer.js';
import { openKafkaFixture } from './fixture.js';

describeWithPeer('Apache Kafka', await KafkaPeer.missing(), () => {
  const peer = suiteKafka();

  const driver = {
    name: 'kafka',
    open: async () => openKafkaFixture(peer()),
    capabilities: { partitions: 1, maxRecordBytes: 8 * 1024 * 1024 },
  };
  streamConformance(driver);
  checkpointConformance(driver);
});

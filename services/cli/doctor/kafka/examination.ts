/** Looks at Kafka: whether it answers, whether our topics are there and as they should be, how far readers are behind. */
import type { Log } from '../../../runtime/log.js';
import { createClient } from '../../../runtime/stream/kafka/client.js';
import { kafkaFault } from '../../../runtime/stream/kafka/faults.js';
import { describeTopics } from '../../../runtime/stream/kafka/topics.js';
import { faultCheck } from '../fault.js';
import { type Check, ok } from '../finding.js';
import type { KafkaConfigured } from './configured.js';
import { groupsCheck } from './groups.js';
import { partitionsCheck } from './partitions.js';
import { replicationCheck } from './replication.js';
import { topicSettingsCheck } from './topic-settings.js';
import { rightsChecks } from './rights.js';
import { topicsCheck } from './topics.js';

/** A person waits for the answer: no longer than this for a broker that is not there. */
const PATIENCE_MS = 5_000;

export async function kafkaChecks(config: KafkaConfigured, log: Log): Promise<Check[]> {
  const { kafka } = config.stream;
  try {
    const client = createClient(
      {
        ...kafka,
        connectTimeoutMs: Math.min(PATIENCE_MS, kafka.connectTimeoutMs),
        requestTimeoutMs: Math.min(PATIENCE_MS, kafka.requestTimeoutMs),
      },
      log,
    );
    const admin = client.admin({ retry: { retries: 2, initialRetryTime: 100, maxRetryTime: 500 } });
    try {
      await admin.connect();
      const { brokers } = await admin.describeCluster();
      const topics = await describeTopics(admin, config);
      return [
        ok('kafka', `${brokers.length} ${brokers.length === 1 ? 'broker answers' : 'brokers answer'}`),
        ...(await rightsChecks(admin, config, topics)),
        topicsCheck(topics),
        ...partitionsCheck(topics),
        ...replicationCheck(topics, kafka.replicas, brokers.length),
        ...topicSettingsCheck(topics, config),
        ...(await groupsCheck(admin, config, topics)),
      ];
    } finally {
      await admin.disconnect();
    }
  } catch (error) {
    return [faultCheck('kafka', kafkaFault(error, 'ask the brokers'))];
  }
}

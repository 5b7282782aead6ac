/**
 * Whether we may see the topics. A topic that we may not describe is not listed, which looks as if it were not there; asked
 * for by name, the broker says which. Rights to write are not told by the broker without trying: `not checked` is said.
 */
import type { Admin } from 'kafkajs';
import { protocolType } from '../../../runtime/stream/kafka/faults.js';
import type { TopicStanding } from '../../../runtime/stream/kafka/topics.js';
import { type Check, ok, problem } from '../finding.js';
import type { KafkaConfigured } from './configured.js';

const CHECK = 'kafka rights';

export async function rightsChecks(
  admin: Admin,
  { stream }: KafkaConfigured,
  topics: readonly TopicStanding[],
): Promise<Check[]> {
  const hidden: string[] = [];
  for (const { name, partitions } of topics) {
    if (partitions !== undefined) continue;
    try {
      await admin.fetchTopicMetadata({ topics: [name] });
    } catch (error) {
      if (protocolType(error) === 'TOPIC_AUTHORIZATION_FAILED') hidden.push(name);
    }
  }
  const { prefix, sasl } = stream.kafka;
  if (hidden.length > 0)
    return [
      problem(
        CHECK,
        `this user${sasl.username === undefined ? '' : ` (${sasl.username})`} may not describe ${hidden.join(', ')}`,
        `give it Describe, Read and Write on topics, and Describe and Read on groups, both with the prefix \`${prefix}\` (kafka-acls --resource-pattern-type prefixed)`,
      ),
    ];
  return [ok(CHECK, 'topics may be described; rights to write show themselves with the first write')];
}

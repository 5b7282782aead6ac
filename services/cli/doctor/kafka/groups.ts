/** How far the engine's readers are behind. */
import type { Admin } from 'kafkajs';
import type { Topic } from '../../../../schemas/topics.js';
import { protocolType } from '../../../runtime/stream/kafka/faults.js';
import { patiently } from '../../../runtime/stream/kafka/patience.js';
import { type TopicStanding } from '../../../runtime/stream/kafka/topics.js';
import { type Check, ok, problem, warning } from '../finding.js';
import type { KafkaConfigured } from './configured.js';

const READERS: readonly { group: string; topic: Topic }[] = [
  { group: 'detect', topic: 'telemetry' },
  { group: 'respond', topic: 'signals' },
  { group: 'forward', topic: 'incidents' },
  { group: 'enforce', topic: 'contractions' },
];

const PATIENCE_MS = 5_000;

export async function groupsCheck(
  admin: Admin,
  { stream, health }: KafkaConfigured,
  topics: readonly TopicStanding[],
): Promise<Check[]> {
  const findings: Check[] = [];
  for (const { group, topic } of READERS) {
    const standing = topics.find((each) => each.topic === topic);
    if (standing?.partitions === undefined) continue;
    const check = `kafka lag of ${group}`;
    const groupId = `${stream.kafka.prefix}${group}`;
    try {
      const ends = await admin.fetchTopicOffsets(standing.name);
      // A cluster that was just started looks for its coordinators first.
      const [committed] = await patiently(
        async () => admin.fetchOffsets({ groupId, topics: [standing.name] }),
        PATIENCE_MS,
      );
      const positions = new Map(committed?.partitions.map(({ partition, offset }) => [partition, Number(offset)]));
      const lag = ends.reduce((sum, { partition, low, high }) => {
        const position = positions.get(partition) ?? -1;
        return sum + Math.max(0, Number(high) - Math.max(Number(low), position));
      }, 0);
      const detail = `${lag} records`;
      findings.push(
        health.maxLag > 0 && lag > health.maxLag
          ? warning(check, detail, `start more of \`stepdown run ${group}\`, up to ${standing.partitions}, or wait`)
          : ok(check, detail),
      );
    } catch (error) {
      if (protocolType(error) !== 'GROUP_AUTHORIZATION_FAILED') throw error;
      findings.push(
        problem(
          check,
          `this user may not describe the group ${groupId}`,
          `give it Describe and Read on groups with the prefix \`${stream.kafka.prefix}\``,
        ),
      );
    }
  }
  return findings;
}

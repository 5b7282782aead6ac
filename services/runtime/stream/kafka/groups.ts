/** What a cluster knows of groups: who reads, and whether anybody ever has. */
import type { Kafka } from 'kafkajs';
import type { DriverConfig } from '../../driver-set.js';
import type { Log } from '../../log.js';
import { createClient } from './client.js';
import { kafkaFault } from './faults.js';
import { patiently } from './patience.js';

/** How many processes are members of these groups. */
export async function groupMembers(
  config: Pick<DriverConfig, 'stream'>,
  groups: readonly string[],
  log: Log,
): Promise<number> {
  const { kafka } = config.stream;
  const admin = createClient(kafka, log).admin();
  try {
    await admin.connect();
    const { groups: described } = await patiently(async () =>
      admin.describeGroups(groups.map((group) => `${kafka.prefix}${group}`)),
    );
    return described.reduce((sum, { members }) => sum + members.length, 0);
  } catch (error) {
    throw kafkaFault(error, 'look at groups');
  } finally {
    await admin.disconnect().catch(() => undefined);
  }
}

/**
 * Where each partition of a topic ends now, if the group has no position in any of them: a reader that wants what comes from
 * now on begins there. Otherwise none: the group goes on, and a partition that was added meanwhile is read from its beginning.
 */
export async function endsForNewGroup(kafka: Kafka, groupId: string, topic: string): Promise<Map<number, number>> {
  const admin = kafka.admin();
  try {
    await admin.connect();
    const ends = await patiently(async () => admin.fetchTopicOffsets(topic));
    const [stored] = await patiently(async () => admin.fetchOffsets({ groupId, topics: [topic] }));
    if (stored?.partitions.some(({ offset }) => Number(offset) >= 0) === true) return new Map();
    return new Map(ends.map(({ partition, high }) => [partition, Number(high)]));
  } catch (error) {
    throw kafkaFault(error, `look at ${topic}`);
  } finally {
    await admin.disconnect().catch(() => undefined);
  }
}

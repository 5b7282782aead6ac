/**
 * Moves a group's position without being one of its readers: joins for a moment, commits, leaves. For tools on a group that
 * nobody reads with; where somebody does, it costs them a rebalance. (The client's own way waits five seconds.)
 */
import { type Kafka } from 'kafkajs';
import { RETRY } from './client.js';
import { kafkaFault } from './faults.js';
import { patiently } from './patience.js';

const PATIENCE_MS = 30_000;

/**
 * Asks again where the coordinator is loading: what is committed is the same each time.
 * @param next by partition, the offset that is to be read next
 */
export async function commitAsGuest(
  kafka: Kafka,
  groupId: string,
  topic: string,
  next: ReadonlyMap<number, number>,
): Promise<void> {
  await patiently(async () => visitOnce(kafka, groupId, topic, next));
}

async function visitOnce(
  kafka: Kafka,
  groupId: string,
  topic: string,
  next: ReadonlyMap<number, number>,
): Promise<void> {
  const consumer = kafka.consumer({
    groupId,
    maxWaitTimeInMs: 50,
    allowAutoTopicCreation: false,
    retry: { ...RETRY, restartOnFailure: async () => false },
  });
  let timer: NodeJS.Timeout | undefined;
  try {
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    const joined = new Promise<void>((resolve, reject) => {
      timer = setTimeout(() => reject(new Error(`no answer within ${PATIENCE_MS} ms`)), PATIENCE_MS);
      consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error));
      consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
        // Nothing is to be read, only said.
        consumer.pause([{ topic }]);
        const missing = [...next.keys()].filter((each) => !(payload.memberAssignment[topic] ?? []).includes(each));
        if (missing.length > 0) reject(new Error(`others read ${topic}/${missing.join(',')}`));
        else resolve();
      });
    });
    joined.catch(() => undefined);
    // A commit before the client calls itself running is silently dropped by it.
    await consumer.run({ autoCommit: false, eachBatch: async () => undefined });
    await joined;
    await consumer.commitOffsets(
      Array.from(next, ([partition, offset]) => ({ topic, partition, offset: String(offset) })),
    );
  } catch (error) {
    throw kafkaFault(error, `commit the position of ${groupId}`);
  } finally {
    clearTimeout(timer);
    await consumer.disconnect().catch(() => undefined);
  }
}

/** Reads a stretch of a partition for tools: a consumer of its own that leaves nothing behind. */
import { randomUUID } from 'node:crypto';
import type { Kafka, KafkaMessage } from 'kafkajs';
import { RETRY } from './client.js';
import { kafkaFault } from './faults.js';
import { patiently } from './patience.js';

export interface Stretch {
  topic: string;
  partition: number;
  from: number;
  /** One past the last that is wanted; must be there already. */
  end: number;
  limit: number;
}

/** A read that hangs is given up after this. */
const PATIENCE_MS = 30_000;

/** In order; stops at the end of the stretch. Asks again where coordinators are loading or leaders are being elected. */
export async function readStretch(kafka: Kafka, groupPrefix: string, stretch: Stretch): Promise<KafkaMessage[]> {
  if (stretch.from >= stretch.end || stretch.limit <= 0) return [];
  return patiently(async () => readOnce(kafka, groupPrefix, stretch));
}

async function readOnce(kafka: Kafka, groupPrefix: string, stretch: Stretch): Promise<KafkaMessage[]> {
  const { topic, partition, from, end, limit } = stretch;
  const got: KafkaMessage[] = [];
  const consumer = kafka.consumer({
    groupId: `${groupPrefix}reader.${randomUUID()}`,
    maxWaitTimeInMs: 100,
    allowAutoTopicCreation: false,
    retry: { ...RETRY, restartOnFailure: async () => false },
  });
  let timer: NodeJS.Timeout | undefined;
  try {
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    await new Promise<void>((resolve, reject) => {
      timer = setTimeout(() => reject(new Error(`no answer within ${PATIENCE_MS} ms`)), PATIENCE_MS);
      consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error));
      consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
        const others = (payload.memberAssignment[topic] ?? []).filter((each) => each !== partition);
        if (others.length > 0) consumer.pause([{ topic, partitions: others }]);
        consumer.seek({ topic, partition, offset: String(from) });
      });
      // What ends somebody's transaction may stand last; no batch is made of it.
      consumer.on(consumer.events.END_BATCH_PROCESS, ({ payload }) => {
        if (payload.partition === partition && Number(payload.lastOffset) >= end - 1) resolve();
      });
      consumer
        .run({
          autoCommit: false,
          eachBatch: async ({ batch }) => {
            if (batch.partition !== partition) return;
            for (const message of batch.messages)
              if (got.length < limit && Number(message.offset) >= from && Number(message.offset) < end)
                got.push(message);
            if (got.length >= limit || Number(batch.lastOffset()) >= end - 1) resolve();
          },
        })
        .catch(reject);
    });
    return got;
  } catch (error) {
    throw kafkaFault(error, `read ${topic}`);
  } finally {
    clearTimeout(timer);
    await consumer.disconnect().catch(() => undefined);
  }
}

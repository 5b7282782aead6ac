/**
 * Which partition a record goes to: kafkajs's default partitioner, the same murmur2 that Java clients use, over the
 * record's partition key (schemas/topics.ts), so that others who write with that key agree.
 */
import { Partitioners, type PartitionMetadata } from 'kafkajs';

const choose = Partitioners.DefaultPartitioner();

export class Partitioner {
  readonly #topic: string;
  readonly #partitions: PartitionMetadata[];
  #lastKey: string | undefined;
  #last = 0;

  /** @param count partitions of the topic; fixed for its life, see topics.ts */
  constructor(topic: string, count: number) {
    this.#topic = topic;
    this.#partitions = Array.from({ length: count }, (_, partitionId) => ({
      partitionId,
      leader: 0,
      replicas: [],
      isr: [],
      partitionErrorCode: 0,
      offlineReplicas: [],
    }));
  }

  /** Records of one key come in runs, so the last answer is kept. */
  partitionOf(key: string): number {
    if (this.#partitions.length === 1) return 0;
    if (key !== this.#lastKey) {
      this.#last = choose({
        topic: this.#topic,
        partitionMetadata: this.#partitions,
        message: { key: Buffer.from(key), value: null },
      });
      this.#lastKey = key;
    }
    return this.#last;
  }
}

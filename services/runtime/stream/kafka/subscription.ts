/**
 * One reader of one topic: a member of its group, a queue per partition it has, and the subscriber behind them.
 *
 * At each rebalance what waited is dropped (the client fetches anew from the committed positions), the subscriber is told
 * which partitions it has, and only then gets records of them. The client has no hook that waits for work to end before
 * a partition is given away, so a former owner's late work must lose by compare-and-set (checkpoint/ordered.ts).
 *
 * What cannot be read as a record goes to the dead letters, durably, and its partition goes on.
 */
import { setImmediate as turn, setTimeout as delay } from 'node:timers/promises';
import type { Consumer, KafkaMessage } from 'kafkajs';
import type { Topic } from '../../../../schemas/topics.js';
import { StepdownError } from '../../errors.js';
import type { Log } from '../../log.js';
import type { StreamRecord, SubscribeOptions, Subscription } from '../types.js';
import { StayingConsumer, type StayingConsumerOptions } from './consumer.js';
import { hasMoved, kafkaFault } from './faults.js';
import { PartitionQueue } from './partition-queue.js';
import type { Poison } from './poison.js';
import { readMessage } from './record.js';
import type { RetentionGap } from './retention-gaps.js';

const DEFAULT_BATCH = 500;
const BATCH_BYTES = 8 * 1024 * 1024;
const COMMIT_AGAIN_MS = 250;

export interface SubscriptionParts {
  consumer: Omit<StayingConsumerOptions, 'onAssigned' | 'onBatch' | 'onFetched' | 'onGap'>;
  /** Where partitions without a committed position begin, where that is not the earliest record. */
  begin: ReadonlyMap<number, number>;
  /** Bytes per partition that may wait. */
  queueBytes: number;
  log: Log;
  /** Keeps what could not be read. Resolves when durable. */
  setAside: (poison: Poison[]) => Promise<void>;
}

export class KafkaSubscription<K extends Topic> implements Subscription {
  readonly topic: K;
  readonly group: string;
  readonly #options: SubscribeOptions<K>;
  readonly #parts: SubscriptionParts;
  readonly #consumer: StayingConsumer;
  #queues = new Map<number, PartitionQueue>();
  /** Queues of earlier assignments whose last batch still runs. */
  readonly #ending = new Set<Promise<void>>();
  /** Where the next record begins, for readers without committed positions. */
  readonly #next: Map<number, number>;
  readonly #committed = new Map<number, number>();
  /** The last offset that the subscriber was given, since the partition was assigned. */
  readonly #given = new Map<number, number>();
  /** The last offset at which stood nothing that anyone is given. */
  readonly #passed = new Map<number, number>();
  /** Commits under way: they are made before the membership ends. */
  readonly #committing = new Set<Promise<void>>();
  #ready: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(options: SubscribeOptions<K>, parts: SubscriptionParts) {
    this.topic = options.topic;
    this.group = options.group;
    this.#options = options;
    this.#parts = parts;
    this.#next = new Map(parts.begin);
    this.#consumer = new StayingConsumer({
      ...parts.consumer,
      onAssigned: (partitions, consumer) => this.#assign(partitions, consumer),
      onBatch: (batch) => this.#queues.get(batch.partition)?.push(batch.messages),
      onFetched: (partition, offset) => this.#queues.get(partition)?.pass(offset),
      onGap: (gap) => this.#missed(gap),
    });
  }

  async start(): Promise<void> {
    await this.#consumer.start();
    await this.#ready;
  }

  /** The partitions it has now. */
  get partitions(): number[] {
    return [...this.#queues.keys()];
  }

  /** The last offset committed or, by readers that commit nothing, taken; `undefined`: none by this one. */
  positionOf(partition: number): number | undefined {
    const next = this.#next.get(partition);
    return this.#options.each === undefined
      ? this.#committed.get(partition)
      : next === undefined
        ? undefined
        : next - 1;
  }

  /** Bytes that were fetched and wait. */
  get waitingBytes(): number {
    return [...this.#queues.values()].reduce((sum, queue) => sum + queue.bytes, 0);
  }

  /** What keeps it from reading. */
  get trouble(): string | undefined {
    return this.#consumer.trouble;
  }

  /** @throws StepdownError `not-owner` where the partition is another's by now */
  async commit(partition: number, worked: number): Promise<void> {
    if (this.#options.each !== undefined) return;
    const all = worked >= (this.#given.get(partition) ?? -1);
    const offset = all ? Math.max(worked, this.#passed.get(partition) ?? -1) : worked;
    if (offset <= (this.#committed.get(partition) ?? -1)) return;
    const client = this.#consumer.client;
    if (client === undefined || !this.#queues.has(partition)) throw this.#notOwner(partition);
    const { topic } = this.#parts.consumer;
    const committing = client.commitOffsets([{ topic, partition, offset: String(offset + 1) }]);
    const heard = committing.catch(() => undefined);
    this.#committing.add(heard);
    try {
      await committing;
    } catch (error) {
      if (hasMoved(error) || this.#consumer.client !== client || !this.#queues.has(partition))
        throw this.#notOwner(partition, error);
      throw kafkaFault(error, `commit the position of ${this.group}`);
    } finally {
      this.#committing.delete(heard);
    }
    this.#committed.set(partition, Math.max(offset, this.#committed.get(partition) ?? -1));
    this.#next.delete(partition);
  }

  async stop(): Promise<void> {
    if (this.#stopped) return;
    this.#stopped = true;
    // First the work, whose positions are still to be committed, then the membership.
    await this.#ready.catch(() => undefined);
    await Promise.all([...this.#queues.values()].map(async (queue) => queue.close()));
    await Promise.all(this.#ending);
    // One that fails is followed by no other; what a later one takes its place for is begun in the same turn.
    while (this.#committing.size > 0) {
      await Promise.all(this.#committing);
      await turn();
    }
    await this.#consumer.stop();
    this.#queues.clear();
  }

  #notOwner(partition: number, cause?: unknown): StepdownError {
    return new StepdownError('not-owner', `${this.topic}/${partition} is read by another member of ${this.group} now`, {
      ...(cause === undefined ? {} : { cause }),
    });
  }

  #assign(partitions: readonly number[], consumer: Consumer): void {
    if (this.#stopped) return;
    const former = this.#queues;
    const idle = new Map<number, Promise<void>>();
    for (const [partition, queue] of former) {
      const closed = queue.close();
      idle.set(partition, closed);
      this.#ending.add(closed);
      void closed.finally(() => this.#ending.delete(closed));
    }
    // What counts from now on is what the group has: a commit may have been lost with the former membership.
    this.#committed.clear();
    this.#given.clear();
    this.#passed.clear();
    const before = this.#ready;
    const told = before
      .catch(() => undefined)
      .then(async () => this.#options.assigned?.(partitions))
      .catch((error: unknown) => this.#fail(error));
    this.#ready = told;
    this.#queues = new Map(
      partitions.map((partition) => [
        partition,
        new PartitionQueue({
          partition,
          maxBatch: this.#options.maxBatch ?? DEFAULT_BATCH,
          batchBytes: BATCH_BYTES,
          limitBytes: this.#parts.queueBytes,
          after: Promise.all([told, idle.get(partition)]).then(() => undefined),
          work: async (messages) => this.#work(partition, messages),
          passed: async (offset) => this.#pass(partition, offset),
          onError: (error) => this.#fail(error),
          pause: () => consumer.pause([{ topic: this.#parts.consumer.topic, partitions: [partition] }]),
          resume: () => this.#resume(partition, consumer),
        }),
      ]),
    );
    if (partitions.length === 0) return;
    // What was paused in an earlier assignment is not full any more.
    consumer.resume([{ topic: this.#parts.consumer.topic, partitions: [...partitions] }]);
    for (const partition of partitions) {
      const offset = this.#next.get(partition);
      if (offset !== undefined) consumer.seek({ topic: this.#parts.consumer.topic, partition, offset: String(offset) });
    }
  }

  async #work(partition: number, messages: readonly KafkaMessage[]): Promise<void> {
    if (this.#stopped) return;
    const records: StreamRecord<K>[] = [];
    const poison: Poison[] = [];
    for (const message of messages) {
      const read = readMessage(this.topic, partition, message);
      if (read.ok) records.push(read.record);
      else {
        const { code, reason } = read;
        poison.push({
          topic: this.topic,
          partition,
          offset: Number(message.offset),
          code,
          reason,
          value: message.value,
        });
      }
    }
    if (poison.length > 0 && this.#options.each === undefined) await this.#setAside(poison);
    if (records.length > 0) await this.#options.handler(records);
    const last = Number(messages.at(-1)?.offset ?? -1);
    const given = records.at(-1)?.offset ?? this.#given.get(partition);
    if (given !== undefined) this.#given.set(partition, given);
    if (this.#options.each !== undefined) this.#next.set(partition, last + 1);
    else if ((given ?? -1) < last) await this.#pass(partition, last);
  }

  /** Nobody else would move the position over what nobody is given. */
  async #pass(partition: number, offset: number): Promise<void> {
    if (this.#stopped) return;
    if (this.#options.each !== undefined) {
      this.#next.set(partition, offset + 1);
      return;
    }
    this.#passed.set(partition, offset);
    const given = this.#given.get(partition);
    // What was given is for the subscriber to commit, and nothing is committed over it; then it goes with that.
    if (given !== undefined && (this.#committed.get(partition) ?? -1) < given) return;
    // A commit that Kafka does not take now is tried again: it must not end what reads.
    for (;;) {
      try {
        await this.commit(partition, offset);
        return;
      } catch (error) {
        if (this.#isStopped() || (error instanceof StepdownError && error.code === 'not-owner')) return;
        this.#parts.log.debug({ err: error, topic: this.topic, partition }, 'a position could not be moved yet');
        await delay(COMMIT_AGAIN_MS);
      }
    }
  }

  /** Asked anew after something was waited for. */
  #isStopped(): boolean {
    return this.#stopped;
  }

  #resume(partition: number, consumer: Consumer): void {
    try {
      consumer.resume([{ topic: this.#parts.consumer.topic, partitions: [partition] }]);
    } catch (error) {
      // It has given up and says so in a moment; its successor begins with nothing paused.
      this.#parts.log.debug({ err: error, topic: this.topic, partition }, 'a partition could not be resumed');
    }
  }

  async #setAside(poison: Poison[]): Promise<void> {
    for (const { partition, offset, reason } of poison)
      this.#parts.log.warn(
        { topic: this.topic, partition, offset, reason },
        'a record cannot be read; it is set aside',
      );
    await this.#parts.setAside(poison);
  }

  /** Retention, or somebody who deletes records, was faster than this reader. Nothing brings them back, but it is said. */
  #missed({ partition, wanted, next }: RetentionGap): void {
    const { topic, group } = this;
    if (next < wanted) {
      // Positions of before say nothing about what stands there now.
      for (const known of [this.#committed, this.#given, this.#passed]) known.delete(partition);
      this.#parts.log.error(
        { topic, partition, group, wanted, next },
        'the topic ends before what was to be read next',
      );
      return;
    }
    const reason = `${next - wanted} records were dropped before ${group} has read them (${wanted} to ${next - 1})`;
    this.#parts.log.error({ topic, partition, group, from: wanted, to: next - 1 }, reason);
    if (this.#options.each !== undefined) return;
    const told = this.#parts.setAside([
      { topic, partition, offset: wanted, code: 'retention-passed', reason, value: null, reader: group },
    ]);
    told.catch((error: unknown) =>
      this.#parts.log.error({ err: error, topic, partition }, 'a dead letter could not be written'),
    );
  }

  /** The subscriber's own failure ends the subscription; what Kafka does never does. */
  #fail(error: unknown): void {
    if (this.#stopped) return;
    this.#stopped = true;
    for (const queue of this.#queues.values()) void queue.close();
    void this.#consumer.stop().catch(() => undefined);
    this.#options.onError?.(error);
  }
}

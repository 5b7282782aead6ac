/**
 * A kafkajs consumer that stays: it is opened again when the client gives up, and says each time which partitions it now
 * has. Everything the client tells by events is heard here.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Consumer, ConsumerConfig, EachBatchPayload, Kafka } from 'kafkajs';
import { StepdownError } from '../../errors.js';
import type { Log } from '../../log.js';
import { kafkaFault } from './faults.js';
import { RETRY } from './client.js';
import { hearRetentionGaps, type RetentionGap } from './retention-gaps.js';

export interface StayingConsumerOptions {
  kafka: Kafka;
  groupId: string;
  topic: string;
  config: Pick<
    ConsumerConfig,
    | 'sessionTimeout'
    | 'rebalanceTimeout'
    | 'heartbeatInterval'
    | 'maxWaitTimeInMs'
    | 'maxBytes'
    | 'maxBytesPerPartition'
  >;
  log: Log;
  /** The partitions it has from now on; called before anything of them is fetched. `consumer` may be told where to begin. */
  onAssigned: (partitions: readonly number[], consumer: Consumer) => void;
  /** Must return at once: the client sends its heartbeats between calls. */
  onBatch: (batch: EachBatchPayload['batch']) => void;
  /** Told after each fetch of a partition how far it reached, also over what is never given to anyone. */
  onFetched: (partition: number, offset: number) => void;
  /** Told when records are gone that were to be read next. */
  onGap: (gap: RetentionGap) => void;
}

const LONGEST_PAUSE_MS = 10_000;
/** A cluster that was just started answers that coordinators are loading; beyond this it is a fault. */
const START_BUDGET_MS = 30_000;

export class StayingConsumer {
  readonly #options: StayingConsumerOptions;
  #consumer: Consumer | undefined;
  #stopped = false;
  #joining: Promise<void> | undefined;
  #again: NodeJS.Timeout | undefined;
  #failures = 0;
  #trouble: string | undefined;
  /** Takes the listener for gaps away. */
  #deaf: () => void = () => undefined;

  constructor(options: StayingConsumerOptions) {
    this.#options = options;
  }

  /** The client, while it is a member of its group. */
  get client(): Consumer | undefined {
    return this.#consumer;
  }

  /** What keeps it from reading; `undefined`: nothing. */
  get trouble(): string | undefined {
    return this.#trouble;
  }

  /** Resolves when it is a member of its group. Throws what makes that impossible, e.g. a missing topic. */
  async start(): Promise<void> {
    const until = performance.now() + START_BUDGET_MS;
    for (let pauseMs = 50; !this.#stopped; pauseMs = Math.min(1_000, pauseMs * 2)) {
      try {
        return await this.#join();
      } catch (error) {
        if (this.#stopped || !mayPass(error) || performance.now() > until) throw error;
        this.#options.log.debug({ err: error, topic: this.#options.topic }, 'a group could not be joined yet');
        await delay(pauseMs);
      }
    }
  }

  #join(): Promise<void> {
    const joining = this.#joinOnce().finally(() => {
      if (this.#joining === joining) this.#joining = undefined;
    });
    this.#joining = joining;
    return joining;
  }

  async #joinOnce(): Promise<void> {
    const { kafka, groupId, topic, config } = this.#options;
    const consumer = kafka.consumer({
      groupId,
      ...config,
      allowAutoTopicCreation: false,
      // A leader that moved is found within this.
      metadataMaxAge: 60_000,
      retry: { ...RETRY, restartOnFailure: async () => false },
    });
    this.#consumer = consumer;
    let member = false;
    const joined = new Promise<void>((resolve, reject) => {
      consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
        if (this.#stopped) {
          resolve();
          return;
        }
        if (this.#consumer !== consumer) return;
        this.#deaf();
        this.#deaf = hearRetentionGaps(payload.memberId, (gap) => {
          if (this.#consumer === consumer) this.#options.onGap(gap);
        });
        this.#failures = 0;
        this.#trouble = undefined;
        this.#options.onAssigned(payload.memberAssignment[topic] ?? [], consumer);
        member = true;
        resolve();
      });
      consumer.on(consumer.events.END_BATCH_PROCESS, ({ payload }) => {
        if (this.#consumer === consumer) this.#options.onFetched(payload.partition, Number(payload.lastOffset));
      });
      consumer.on(consumer.events.CRASH, ({ payload }) => {
        const fault = kafkaFault(payload.error, `read ${topic}`);
        reject(fault);
        if (this.#consumer === consumer && member) this.#lost(consumer, fault);
      });
    });
    // Heard below only where it comes first.
    joined.catch(() => undefined);
    try {
      await consumer.connect();
      // Whoever wants another place than the oldest record says so when it has the partition: one that is added later has
      // no older records than this reader, and of one whose records were dropped the oldest that are left come next.
      await consumer.subscribe({ topic, fromBeginning: true });
      await consumer.run({
        autoCommit: false,
        eachBatchAutoResolve: true,
        partitionsConsumedConcurrently: 32,
        eachBatch: async ({ batch }) => this.#options.onBatch(batch),
      });
      await joined;
      if (!this.#stopped) return;
      this.#consumer = undefined;
      await consumer.disconnect();
    } catch (error) {
      if (this.#consumer === consumer) this.#consumer = undefined;
      await consumer.disconnect().catch(() => undefined);
      throw kafkaFault(error, `read ${topic}`);
    }
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#deaf();
    clearTimeout(this.#again);
    if (this.#joining !== undefined) {
      // The client takes no stop before it is a member, and would keep partitions for nobody. It leaves once it has joined.
      await Promise.race([this.#joining.catch(() => undefined), delay(LONGEST_PAUSE_MS, undefined, { ref: false })]);
      return;
    }
    const consumer = this.#consumer;
    this.#consumer = undefined;
    await consumer?.disconnect();
  }

  /** The client gave up: whatever it had belongs to others now. It is tried again, for ever, with growing pauses. */
  #lost(consumer: Consumer, fault: Error): void {
    if (this.#stopped) return;
    this.#trouble = fault instanceof StepdownError ? fault.describe() : fault.message;
    this.#consumer = undefined;
    this.#options.onAssigned([], consumer);
    const longest = Math.min(LONGEST_PAUSE_MS, 200 * 2 ** this.#failures++);
    this.#options.log.warn(
      { err: fault, topic: this.#options.topic },
      'reading from Kafka was interrupted; it goes on',
    );
    this.#again = setTimeout(
      () => {
        void consumer.disconnect().catch(() => undefined);
        this.#join().catch((error: unknown) => {
          this.#lost(consumer, error instanceof Error ? error : new Error(String(error)));
        });
      },
      longest / 2 + (Math.random() * longest) / 2,
    );
  }
}

/** A missing topic, a refused login or a missing right does not pass by waiting. */
function mayPass(error: unknown): boolean {
  return error instanceof StepdownError && error.code === 'driver-unavailable';
}

/**
 * The stream driver on Kafka. See ../types.ts for what it guarantees; beyond that:
 *
 * - A record is durable when all in-sync replicas have it (acks=all).
 * - A partition has one reader per group at a time, as the group protocol says. The protocol can be late: a process that
 *   was stopped for a while may go on for a moment with what is another's by now. It loses by compare-and-set.
 * - Positions are committed to the group. Where the group has moved on, `commit` rejects with `not-owner`.
 */
import { randomUUID } from 'node:crypto';
import type { Admin, Kafka } from 'kafkajs';
import { partitionKeyOf, type Topic } from '../../../../schemas/topics.js';
import type { Clock } from '../../clock.js';
import type { Config } from '../../config.js';
import { StepdownError } from '../../errors.js';
import type { Log } from '../../log.js';
import type {
  AnyOutgoing,
  GroupPosition,
  Stream,
  StreamRecord,
  SubscribeOptions,
  Subscription,
  TopicState,
} from '../types.js';
import { createClient } from './client.js';
import { compressionType } from './compression.js';
import { kafkaFault } from './faults.js';
import { commitAsGuest } from './guest-commit.js';
import { GuestCommits } from './guest-commits.js';
import { Outlets } from './outlets.js';
import { Partitioner } from './partitioner.js';
import { patiently } from './patience.js';
import { type Poison, poisonLetter } from './poison.js';
import { readStretch } from './reader.js';
import { prepare, readMessage } from './record.js';
import { maxRecordBytes } from './settings.js';
import { KafkaSubscription } from './subscription.js';
import { createTopics, partitionCounts, topicName } from './topics.js';

/** Records of each partition with which a reader of everything begins at the latest, where it wants older ones at all. */
const NEWEST = 200;

export interface KafkaStreamOptions {
  config: Pick<Config, 'stream' | 'retention' | 'ingest' | 'tenant'>;
  log: Log;
  clock: Pick<Clock, 'now'>;
}

export class KafkaStream implements Stream {
  readonly #options: KafkaStreamOptions;
  readonly #kafka: Kafka;
  readonly #admin: Admin;
  readonly #outlets: Outlets;
  readonly #partitioners: ReadonlyMap<Topic, Partitioner>;
  readonly #subscriptions = new Set<KafkaSubscription<Topic>>();
  readonly #guests = new GuestCommits();
  #closed = false;

  private constructor(options: KafkaStreamOptions, kafka: Kafka, admin: Admin, counts: ReadonlyMap<Topic, number>) {
    this.#options = options;
    this.#kafka = kafka;
    this.#admin = admin;
    const { kafka: settings } = options.config.stream;
    this.#partitioners = new Map(Array.from(counts, ([topic, count]) => [topic, new Partitioner(topic, count)]));
    this.#outlets = new Outlets({
      kafka,
      topicName: (topic) => topicName(settings, topic),
      compression: compressionType(settings.compression),
      maxRequestBytes: maxRecordBytes(settings),
      maxWaitingBytes: settings.maxWaitingBytes,
      log: options.log,
    });
  }

  /**
   * Connects, and makes the topics that are not there where the configuration allows it.
   * @throws StepdownError `driver-unavailable`, `unauthenticated`, `not-found` where a topic is missing
   */
  static async open(options: KafkaStreamOptions): Promise<KafkaStream> {
    const { config, log } = options;
    const kafka = createClient(config.stream.kafka, log);
    const admin = kafka.admin();
    try {
      await admin.connect();
      if (config.stream.kafka.createTopics && config.stream.kafka.preset !== 'event-hubs') {
        const made = await createTopics(admin, config);
        if (made.length > 0) log.info({ topics: made }, 'topics were created');
      }
      const counts = await partitionCounts(admin, config, log);
      const stream = new KafkaStream(options, kafka, admin, counts);
      await stream.#outlets.open();
      return stream;
    } catch (error) {
      await admin.disconnect().catch(() => undefined);
      throw kafkaFault(error, 'connect');
    }
  }

  async append(records: readonly AnyOutgoing[]): Promise<{ partition: number; offset: number }[]> {
    this.#assertOpen();
    if (records.length === 0) return [];
    return this.#outlets.append(records.map((record) => prepare(record, this.#partitionOf(record))));
  }

  async subscribe<K extends Topic>(options: SubscribeOptions<K>): Promise<Subscription> {
    this.#assertOpen();
    const { kafka: settings } = this.#options.config.stream;
    const name = topicName(settings, options.topic);
    // Readers who each want everything share no group: nobody's arrival makes the others wait.
    const groupId =
      options.each === undefined ? this.#groupId(options.group) : `${this.#groupId(options.group)}.${randomUUID()}`;
    const subscription = new KafkaSubscription<K>(options, {
      consumer: {
        kafka: this.#kafka,
        groupId,
        topic: name,
        config: {
          sessionTimeout: settings.sessionTimeoutMs,
          rebalanceTimeout: settings.sessionTimeoutMs * 2,
          heartbeatInterval: Math.floor(settings.sessionTimeoutMs / 6),
          maxWaitTimeInMs: 250,
          maxBytes: settings.fetchBytes,
          maxBytesPerPartition: Math.min(settings.fetchBytes, 1024 * 1024),
        },
        log: this.#options.log,
      },
      begin: await this.#beginOf(options, name),
      queueBytes: settings.queueBytes,
      log: this.#options.log,
      setAside: async (poison) => this.#setAside(poison),
    });
    const known = subscription as unknown as KafkaSubscription<Topic>;
    this.#subscriptions.add(known);
    try {
      await subscription.start();
    } catch (error) {
      this.#subscriptions.delete(known);
      throw error;
    }
    return {
      stop: async () => {
        await subscription.stop();
        this.#subscriptions.delete(known);
      },
    };
  }

  async commit({ group, topic, partition, offset }: GroupPosition): Promise<void> {
    this.#assertOpen();
    const running = this.#running(topic, group);
    if (running !== undefined) return running.commit(partition, offset);
    return this.#guests.commit(JSON.stringify([group, topic]), partition, offset, async (next) =>
      this.#visit(group, topic, next),
    );
  }

  async read<K extends Topic>(
    topic: K,
    options: { partition?: number; from: number; limit: number },
  ): Promise<StreamRecord<K>[]> {
    this.#assertOpen();
    const partition = options.partition ?? 0;
    const state = (await this.state(topic)).find((each) => each.partition === partition);
    if (state === undefined) return [];
    const from = Math.max(state.start, options.from < 0 ? state.end + options.from : options.from);
    const messages = await readStretch(this.#kafka, this.#options.config.stream.kafka.prefix, {
      topic: this.#name(topic),
      partition,
      from,
      end: state.end,
      limit: options.limit,
    });
    return messages.flatMap((message) => {
      const read = readMessage(topic, partition, message);
      return read.ok ? [read.record] : [];
    });
  }

  async state(topic: Topic, group?: string): Promise<TopicState[]> {
    this.#assertOpen();
    const name = this.#name(topic);
    try {
      const ends = await patiently(async () => this.#admin.fetchTopicOffsets(name));
      const running = group === undefined ? undefined : this.#running(topic, group);
      const [stored] =
        group === undefined
          ? []
          : await patiently(async () => this.#admin.fetchOffsets({ groupId: this.#groupId(group), topics: [name] }));
      const committed = new Map(stored?.partitions.map(({ partition, offset }) => [partition, Number(offset) - 1]));
      return ends
        .map(({ partition, low, high }) => ({
          partition,
          start: Number(low),
          end: Number(high),
          committed: running?.positionOf(partition) ?? Math.max(-1, committed.get(partition) ?? -1),
        }))
        .sort((a, b) => a.partition - b.partition);
    } catch (error) {
      throw kafkaFault(error, `look at ${name}`);
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await Promise.all([...this.#subscriptions].map(async (subscription) => subscription.stop()));
    await this.#outlets.close();
    await this.#admin.disconnect();
  }

  /** The client, for what only tools do: making and resizing topics. */
  get admin(): Admin {
    return this.#admin;
  }

  /** Where records of this partition key go. */
  partitionOf(topic: Topic, partitionKey: string): number {
    const partitioner = this.#partitioners.get(topic);
    if (partitioner === undefined) throw new StepdownError('usage', `there is no topic ${String(topic)}`);
    return partitioner.partitionOf(partitionKey);
  }

  #running(topic: Topic, group: string): KafkaSubscription<Topic> | undefined {
    return [...this.#subscriptions].find((each) => each.topic === topic && each.group === group);
  }

  async #visit(group: string, topic: Topic, next: ReadonlyMap<number, number>): Promise<void> {
    const ahead = new Map(next);
    for (const { partition, committed } of await this.state(topic, group))
      if ((ahead.get(partition) ?? 0) <= committed + 1) ahead.delete(partition);
    if (ahead.size > 0) await commitAsGuest(this.#kafka, this.#groupId(group), this.#name(topic), ahead);
  }

  /** Where partitions begin that have no committed position, where that is not what the client does by itself. */
  async #beginOf<K extends Topic>(options: SubscribeOptions<K>, name: string): Promise<Map<number, number>> {
    try {
      if (options.each !== undefined) return await this.#beginOfEach(options.each, options.topic, name);
      if (options.from === 'earliest') return new Map();
      const states = await this.state(options.topic, options.group);
      return new Map(states.filter(({ committed }) => committed < 0).map(({ partition, end }) => [partition, end]));
    } catch (error) {
      throw kafkaFault(error, `look at ${name}`);
    }
  }

  /** Records are dated by the clocks of those who wrote them, and this one's may be another: the newest are read in any case. */
  async #beginOfEach(
    { sinceMs, noLater }: { sinceMs: number; noLater?: ReadonlyMap<number, number> },
    topic: Topic,
    name: string,
  ): Promise<Map<number, number>> {
    const fromMs = Math.max(0, Date.now() - sinceMs);
    const since = await patiently(async () => this.#admin.fetchTopicOffsetsByTimestamp(name, fromMs));
    const dated = new Map(since.map(({ partition, offset }) => [partition, Number(offset)]));
    return new Map(
      (await this.state(topic)).map(({ partition, start, end }) => {
        const known = Math.min(end, noLater?.get(partition) ?? end);
        return [partition, Math.max(start, Math.min(dated.get(partition) ?? end, known - (sinceMs > 0 ? NEWEST : 0)))];
      }),
    );
  }

  async #setAside(poison: readonly Poison[]): Promise<void> {
    const { config, clock } = this.#options;
    const { tenant, ingest } = config;
    await this.append(
      poison.map((each) =>
        poisonLetter(each, {
          ...{ tenant, atMs: clock.now(), name: this.#name(each.topic), keep: ingest.deadletterContent },
        }),
      ),
    );
  }

  #partitionOf(record: AnyOutgoing): number {
    const byTenant = record.topic === 'telemetry' && this.#options.config.stream.kafka.telemetryBy === 'tenant';
    return this.partitionOf(record.topic, byTenant ? record.value.tenant : partitionKeyOf(record));
  }

  #name(topic: Topic): string {
    if (!this.#partitioners.has(topic)) throw new StepdownError('usage', `there is no topic ${String(topic)}`);
    return topicName(this.#options.config.stream.kafka, topic);
  }

  #groupId(group: string): string {
    return `${this.#options.config.stream.kafka.prefix}${group}`;
  }

  #assertOpen(): void {
    if (this.#closed) throw new StepdownError('stream-closed', 'the stream is closed');
  }
}

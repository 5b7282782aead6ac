/**
 * Topics that other programs write, e.g. those of a Collector's Kafka exporter, read by a consumer group. The client, its
 * codecs and its mends are those of our own topics (runtime/stream/kafka).
 *
 * Guaranteed: records of a partition in order, each at least once, under the same ids each time. An offset is committed
 * after everything before it is durable. When a partition goes to another member, what was not committed is read again
 * there; a late commit of the former owner is refused by the broker.
 */
import type { Consumer, Kafka, KafkaMessage } from 'kafkajs';
import { createClient } from '../../runtime/stream/kafka/client.js';
import { StayingConsumer } from '../../runtime/stream/kafka/consumer.js';
import { hasMoved } from '../../runtime/stream/kafka/faults.js';
import { headerOf } from '../../runtime/stream/kafka/fetched-message.js';
import { endsForNewGroup } from '../../runtime/stream/kafka/groups.js';
import { PartitionQueue } from '../../runtime/stream/kafka/partition-queue.js';
import type { RetentionGap } from '../../runtime/stream/kafka/retention-gaps.js';
import { type ArrivedRecord, RecordIntake } from './record-intake.js';
import type { PartitionLag, Source, SourceConfigOf, SourceFacts, SourceParts } from './source.js';

const BATCH_BYTES = 8 * 1024 * 1024;
const FIRST_TRY_MS = 500;
const LONGEST_TRY_MS = 10_000;
/** The client drops a commit silently before it calls itself running, which is a moment after it was given partitions. */
const SAY_BEGIN_AFTER_MS = 500;
/** How long a stop waits for the stream to take what has been read. */
const DRAIN_MS = 5_000;

interface Partition {
  queue: PartitionQueue;
  ended: AbortController;
  /** The last offset that is durable; -1: none by us. */
  position: number;
  /** One past the newest, as far as we were told. */
  end: number | undefined;
}

interface TopicReader {
  topic: string;
  group: string;
  consumer: StayingConsumer;
  partitions: Map<number, Partition>;
  /** Where a group begins that reads what comes from now on, until it has said so to the broker. */
  begin: Map<number, number>;
}

export class KafkaSource implements Source {
  readonly name: string;
  readonly #config: SourceConfigOf<'kafka'>;
  readonly #parts: SourceParts;
  readonly #records: RecordIntake;
  #readers: TopicReader[] = [];
  #stopping = new AbortController();
  #joining: Promise<void>[] = [];
  #state: SourceFacts['state'] = 'stopped';

  constructor(config: SourceConfigOf<'kafka'>, parts: SourceParts) {
    this.name = config.name;
    this.#config = config;
    this.#parts = { ...parts, log: parts.log.child({ source: config.name }) };
    this.#records = new RecordIntake({
      parts: this.#parts,
      format: config.format,
      maxBytes: config.maxRecordBytes,
      trust: config.trust,
    });
  }

  async start(): Promise<void> {
    if (this.#readers.length > 0) return;
    const { topics, group, sessionTimeoutMs, fetchBytes } = this.#config;
    const kafka = createClient(this.#config, this.#parts.log, `/ingest/sources (${this.name})`);
    this.#stopping = new AbortController();
    this.#state = 'connecting';
    this.#readers = topics.map((topic) => {
      const partitions = new Map<number, Partition>();
      // One group a topic: members of one group that read different topics would be given each other's partitions.
      const groupId = topics.length === 1 ? group : `${group}.${topic}`;
      const reader: TopicReader = {
        ...{ topic, group: groupId, partitions, begin: new Map<number, number>() },
        consumer: new StayingConsumer({
          ...{ kafka, groupId, topic },
          config: {
            sessionTimeout: sessionTimeoutMs,
            heartbeatInterval: Math.max(200, Math.round(sessionTimeoutMs / 10)),
            rebalanceTimeout: Math.max(60_000, sessionTimeoutMs),
            maxWaitTimeInMs: 500,
            maxBytes: fetchBytes,
            maxBytesPerPartition: fetchBytes,
          },
          log: this.#parts.log,
          onAssigned: (assigned, consumer) => this.#assign(reader, assigned, consumer),
          onBatch: ({ partition, messages, highWatermark }) => {
            const known = partitions.get(partition);
            if (!known) return;
            known.end = Number(highWatermark);
            known.queue.push(messages);
          },
          onFetched: (partition, offset) => partitions.get(partition)?.queue.pass(offset),
          onGap: (gap) => this.#missed(partitions.get(gap.partition), gap),
        }),
      };
      return reader;
    });
    this.#joining = this.#readers.map((reader) => this.#join(reader, kafka));
  }

  /** A broker that is away, a topic that nobody has made yet: tried again until it is there. */
  async #join(reader: TopicReader, kafka: Kafka): Promise<void> {
    const { signal } = this.#stopping;
    for (let wait = FIRST_TRY_MS; !signal.aborted; wait = Math.min(LONGEST_TRY_MS, wait * 2)) {
      try {
        if (this.#config.from === 'latest') reader.begin = await endsForNewGroup(kafka, reader.group, reader.topic);
        await reader.consumer.start();
        this.#records.trouble = undefined;
        this.#state = 'reading';
        return;
      } catch (error) {
        if (signal.aborted) return;
        const text = `kafka: ${error instanceof Error ? error.message : String(error)}`;
        if (this.#records.trouble?.text !== text)
          this.#parts.log.warn({ err: error, topic: reader.topic }, 'the topic cannot be read now; it is tried again');
        this.#records.trouble = { text, atMs: this.#parts.now() };
        this.#state = 'failing';
      }
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, wait * (0.5 + Math.random() / 2));
        signal.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true });
      });
    }
  }

  async stop(): Promise<void> {
    const readers = this.#readers;
    if (readers.length === 0) return;
    this.#readers = [];
    this.#stopping.abort();
    const all = readers.flatMap(({ partitions }) => [...partitions.values()]);
    const deadline = setTimeout(() => {
      for (const { ended } of all) ended.abort();
    }, DRAIN_MS);
    // First the work, whose positions are still to be committed, then the membership.
    await Promise.all(all.map(({ queue }) => queue.close()));
    clearTimeout(deadline);
    await Promise.all(readers.map(({ consumer }) => consumer.stop().catch(() => undefined)));
    await Promise.all(this.#joining);
    this.#state = 'stopped';
  }

  facts(): SourceFacts {
    const said = this.#readers.flatMap(({ consumer }) => consumer.trouble ?? []);
    const trouble =
      this.#records.trouble ??
      (said[0] === undefined ? undefined : { text: `kafka: ${said[0]}`, atMs: this.#parts.now() });
    return {
      name: this.name,
      type: 'kafka',
      state: this.#state === 'reading' && said.length > 0 ? 'failing' : this.#state,
      ...this.#records.counters,
      partitions: this.#readers.flatMap(({ topic, partitions }) =>
        [...partitions].map(([partition, { position, end }]): PartitionLag => ({
          partition: `${topic}/${partition}`,
          position,
          lag: end === undefined ? undefined : Math.max(0, end - 1 - position),
        })),
      ),
      ...(trouble !== undefined && { trouble }),
    };
  }

  #assign(reader: TopicReader, assigned: readonly number[], consumer: Consumer): void {
    const { topic, partitions } = reader;
    const former = new Map(partitions);
    partitions.clear();
    const idle = [...former.values()].map(({ queue, ended }) => {
      ended.abort();
      return queue.close();
    });
    for (const partition of assigned) {
      const ended = new AbortController();
      const made: Partition = {
        ended,
        position: former.get(partition)?.position ?? -1,
        end: undefined,
        queue: new PartitionQueue({
          partition,
          maxBatch: this.#config.maxBatch,
          batchBytes: BATCH_BYTES,
          limitBytes: this.#config.queueBytes,
          after: Promise.all(idle).then(() => undefined),
          work: (messages) => this.#work(reader, partition, made, messages, consumer),
          passed: (offset) => this.#commit(reader, partition, made, offset, consumer),
          onError: (error) => {
            this.#parts.log.error({ err: error, topic, partition }, 'a partition stopped');
            this.#records.trouble = {
              text: `kafka: ${topic}/${partition} stopped: ${String(error)}`,
              atMs: this.#parts.now(),
            };
          },
          pause: () => consumer.pause([{ topic, partitions: [partition] }]),
          resume: () => consumer.resume([{ topic, partitions: [partition] }]),
        }),
      };
      partitions.set(partition, made);
      const begin = reader.begin.get(partition);
      if (begin === undefined) continue;
      consumer.seek({ topic, partition, offset: String(begin) });
      // Said to the broker too, once the client counts as running: who takes over before anything came begins here as well.
      const say = setTimeout(() => void this.#commit(reader, partition, made, begin - 1, consumer), SAY_BEGIN_AFTER_MS);
      ended.signal.addEventListener('abort', () => clearTimeout(say), { once: true });
    }
    // What was paused in an earlier assignment is not full any more.
    if (assigned.length > 0) consumer.resume([{ topic, partitions: [...assigned] }]);
  }

  async #work(
    reader: TopicReader,
    partition: number,
    state: Partition,
    messages: readonly KafkaMessage[],
    consumer: Consumer,
  ): Promise<void> {
    const last = messages.at(-1);
    if (last === undefined || state.ended.signal.aborted) return;
    const records = messages.flatMap((message) => this.#record(reader.topic, partition, message));
    if (!(await this.#records.take(records, state.ended.signal))) return;
    await this.#commit(reader, partition, state, Number(last.offset), consumer);
  }

  async #commit(
    { topic, begin }: TopicReader,
    partition: number,
    state: Partition,
    offset: number,
    consumer: Consumer,
  ): Promise<void> {
    if (state.ended.signal.aborted || offset < state.position) return;
    state.position = offset;
    try {
      await consumer.commitOffsets([{ topic, partition, offset: String(offset + 1) }]);
      begin.delete(partition);
    } catch (error) {
      // The next commit covers it; another member reads it again, under the same ids.
      if (!hasMoved(error)) this.#parts.log.warn({ err: error, topic, partition }, 'an offset could not be committed');
    }
  }

  /** Retention was faster than we: said and counted, and reading goes on with what is left. */
  #missed(state: Partition | undefined, { topic, partition, wanted, next }: RetentionGap): void {
    // A position of before says nothing about what stands there now.
    if (state !== undefined && next < wanted) state.position = -1;
    const missed = Math.max(0, next - wanted);
    this.#records.counters.missed += missed;
    this.#parts.log.error(
      { topic, partition, missed, position: wanted - 1, next },
      missed > 0
        ? 'records are gone: the topic dropped them before they were read (see its retention)'
        : 'the topic ends before what was to be read next; it is read from its beginning',
    );
  }

  #record(topic: string, partition: number, message: KafkaMessage): ArrivedRecord[] {
    // Without a value it says that a key is gone; there is nothing in it.
    const { value } = message;
    if (value === null) return [];
    const named = headerOf(message, 'content-type');
    const type = Array.isArray(named) ? named[0] : named;
    return [
      {
        bytes: value,
        contentType: type?.toString(),
        position: `${this.name}/${topic}/${partition}@${message.offset}`,
        arrivedAtMs: Number(message.timestamp),
      },
    ];
  }
}

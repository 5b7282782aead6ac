/**
 * Appends: acks=all, idempotent, one request at a time, so that what is tried again neither doubles nor overtakes. What
 * is handed over while a request is under way goes with the next one.
 *
 * After a request that failed for good the producer is thrown away: kafkajs takes the sequence numbers back and gives
 * them to the next records, and a broker that did write the failed ones would take those for repeats, answer with
 * success and drop them. A new producer has a new id, so at worst records stand twice, which the port allows.
 */
import type { CompressionTypes, Kafka, Producer, RecordMetadata } from 'kafkajs';
import type { Topic } from '../../../../schemas/topics.js';
import { StepdownError } from '../../errors.js';
import type { Log } from '../../log.js';
import { RETRY } from './client.js';
import { RecordTooLarge } from '../too-large.js';
import { isTooLarge, kafkaFault } from './faults.js';
import { patiently } from './patience.js';
import type { Prepared } from './record.js';

export interface Place {
  partition: number;
  offset: number;
}

interface Waiting {
  records: readonly Prepared[];
  bytes: number;
  done: (places: Place[]) => void;
  fail: (error: unknown) => void;
}

export interface AppenderOptions {
  kafka: Kafka;
  topicName: (topic: Topic) => string;
  compression: CompressionTypes;
  /** Bytes in one request; one record may be as large as this. */
  maxRequestBytes: number;
  /** Bytes that may wait; beyond it `append` rejects with `stream-full`: back-pressure reaches the source. */
  maxWaitingBytes: number;
  log: Log;
}

export class Appender {
  readonly #options: AppenderOptions;
  #producer: Promise<Producer> | undefined;
  #waiting: Waiting[] = [];
  #waitingBytes = 0;
  #running: Promise<void> | undefined;
  #closed = false;

  constructor(options: AppenderOptions) {
    this.#options = options;
  }

  /** Connects now, so that what is wrong is known at start; patiently, where brokers are on their way in or out. */
  async open(): Promise<void> {
    await patiently(async () => this.#current());
  }

  append(records: readonly Prepared[]): Promise<Place[]> {
    if (this.#closed) return Promise.reject(new StepdownError('stream-closed', 'the stream is closed'));
    const bytes = records.reduce((sum, record) => sum + record.bytes, 0);
    const tooLarge = records.find((record) => record.bytes > this.#options.maxRequestBytes);
    if (tooLarge !== undefined)
      return Promise.reject(new RecordTooLarge(tooLarge.source, tooLarge.bytes, this.#options.maxRequestBytes));
    if (this.#waitingBytes > 0 && this.#waitingBytes + bytes > this.#options.maxWaitingBytes)
      return Promise.reject(new StepdownError('stream-full', 'Kafka is slower than what is appended; too much waits'));
    return new Promise((done, fail) => {
      this.#waiting.push({ records, bytes, done, fail });
      this.#waitingBytes += bytes;
      this.#running ??= this.#run();
    });
  }

  /** What was handed over is sent; nothing is taken afterwards. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#running;
    const producer = this.#producer;
    this.#producer = undefined;
    if (producer !== undefined) await (await producer.catch(() => undefined))?.disconnect();
  }

  async #run(): Promise<void> {
    // What is appended in this turn of the event loop goes together.
    await new Promise<void>((resolve) => setImmediate(resolve));
    while (this.#waiting.length > 0) await this.#send(this.#take());
    this.#running = undefined;
  }

  /** As many as fit into one request; a larger append goes alone, and is split below. */
  #take(): Waiting[] {
    let bytes = 0;
    let count = 0;
    for (const each of this.#waiting) {
      if (count > 0 && bytes + each.bytes > this.#options.maxRequestBytes) break;
      bytes += each.bytes;
      count++;
    }
    return this.#waiting.splice(0, count);
  }

  async #send(batch: readonly Waiting[]): Promise<void> {
    const records = batch.flatMap((each) => each.records);
    try {
      const places: Place[] = [];
      for (const part of parts(records, this.#options.maxRequestBytes)) places.push(...(await this.#deliver(part)));
      let at = 0;
      for (const { records: mine, done } of batch) {
        done(places.slice(at, at + mine.length));
        at += mine.length;
      }
    } catch (error) {
      if (error instanceof RecordTooLarge && batch.length > 1) {
        // Only whoever handed it over is to hear of it. What stands there already stands there twice.
        for (const each of batch) await this.#send([each]);
        return;
      }
      const fault = kafkaFault(error, `append to ${[...new Set(records.map(({ topic }) => topic))].join(', ')}`);
      for (const { fail } of batch) fail(fault);
    }
    for (const { bytes } of batch) this.#waitingBytes -= bytes;
  }

  /** Where a topic takes less at once than the configuration says, in halves, down to the one record it does not take. */
  async #deliver(records: readonly Prepared[]): Promise<Place[]> {
    try {
      return await this.#request(records);
    } catch (error) {
      const [first] = records;
      if (first === undefined || !isTooLarge(error)) throw error;
      if (records.length === 1) throw new RecordTooLarge(first.source, first.bytes, undefined, error);
      const half = Math.ceil(records.length / 2);
      const before = await this.#deliver(records.slice(0, half));
      return [...before, ...(await this.#deliver(records.slice(half)))];
    }
  }

  async #request(records: readonly Prepared[]): Promise<Place[]> {
    const producer = await this.#current();
    const byTopic = new Map<Topic, Prepared[]>();
    for (const record of records) {
      const same = byTopic.get(record.topic);
      if (same === undefined) byTopic.set(record.topic, [record]);
      else same.push(record);
    }
    let answers: RecordMetadata[];
    try {
      answers = await producer.sendBatch({
        acks: -1,
        compression: this.#options.compression,
        topicMessages: Array.from(byTopic, ([topic, all]) => ({
          topic: this.#options.topicName(topic),
          messages: all.map(({ message }) => message),
        })),
      });
    } catch (error) {
      this.#throwAway();
      throw error;
    }
    // Within a partition records keep their order, so each one's place follows from where its batch begins.
    const next = new Map(
      answers.map(({ topicName, partition, baseOffset }) => [`${topicName}/${partition}`, Number(baseOffset)]),
    );
    return records.map(({ topic, partition }) => {
      const key = `${this.#options.topicName(topic)}/${partition}`;
      const offset = next.get(key);
      if (offset === undefined)
        throw new StepdownError('driver-unavailable', `Kafka did not say where in ${key} a record stands`);
      next.set(key, offset + 1);
      return { partition, offset };
    });
  }

  #current(): Promise<Producer> {
    if (this.#producer !== undefined) return this.#producer;
    const producer = this.#options.kafka.producer({
      idempotent: true,
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
      // The partition is chosen before, see partitioner.ts.
      createPartitioner:
        () =>
        ({ message }) =>
          message.partition ?? 0,
      retry: RETRY,
    });
    const opened = producer.connect().then(
      () => producer,
      async (error: unknown) => {
        if (this.#producer === opened) this.#producer = undefined;
        // It may have connected and failed afterwards; its connections would keep the process alive.
        await producer.disconnect().catch(() => undefined);
        throw kafkaFault(error, 'connect');
      },
    );
    this.#producer = opened;
    return opened;
  }

  #throwAway(): void {
    const producer = this.#producer;
    this.#producer = undefined;
    void producer
      ?.then(async (each) => each.disconnect())
      .catch((error: unknown) => this.#options.log.debug({ err: error }, 'a producer could not be closed'));
  }
}

function* parts(records: readonly Prepared[], maxBytes: number): Generator<readonly Prepared[]> {
  let from = 0;
  let bytes = 0;
  for (let at = 0; at < records.length; at++) {
    const size = (records[at] as Prepared).bytes;
    if (at > from && bytes + size > maxBytes) {
      yield records.slice(from, at);
      from = at;
      bytes = 0;
    }
    bytes += size;
  }
  if (from < records.length) yield records.slice(from);
}

/**
 * What was fetched of one partition and waits to be worked off: bounded, one batch at a time, in order. It stands between
 * the client's fetch loop, which must never wait for work (it sends the heartbeats, and one slow partition would hold up
 * all others of its broker), and the work, which may be slow. When it is full the partition is paused; when it is half
 * empty, resumed.
 */
import type { KafkaMessage } from 'kafkajs';
import { FetchedMessage } from './fetched-message.js';

/** Of what stands for a message in memory, beside its bytes. */
const OVERHEAD_BYTES = 64;

export interface PartitionQueueOptions {
  partition: number;
  maxBatch: number;
  /** Bytes of values in one batch; one record may be larger. */
  batchBytes: number;
  /** Bytes that may wait before the partition is paused. */
  limitBytes: number;
  /** Nothing is worked on before this resolves. */
  after: Promise<void>;
  work: (messages: readonly KafkaMessage[]) => Promise<void>;
  /** All that was fetched up to this offset is worked off, and what stands last of it was nothing to be worked on. */
  passed: (offset: number) => Promise<void>;
  onError: (error: unknown) => void;
  pause: () => void;
  resume: () => void;
}

export class PartitionQueue {
  readonly partition: number;
  readonly #options: PartitionQueueOptions;
  #messages: KafkaMessage[] = [];
  #bytes = 0;
  #paused = false;
  #closed = false;
  #running: Promise<void> = Promise.resolve();
  #isRunning = false;
  /** The last offset that was given to work on, or passed. */
  #seen = -1;
  /** The last offset that was fetched, whatever stands there. */
  #fetched = -1;

  constructor(options: PartitionQueueOptions) {
    this.partition = options.partition;
    this.#options = options;
  }

  /** Bytes that wait. */
  get bytes(): number {
    return this.#bytes;
  }

  push(messages: readonly KafkaMessage[]): void {
    if (this.#closed) return;
    for (const message of messages) {
      this.#messages.push(message);
      this.#bytes += sizeOf(message);
    }
    if (!this.#paused && this.#bytes >= this.#options.limitBytes) {
      this.#paused = true;
      this.#options.pause();
    }
    this.#begin();
  }

  /**
   * Everything up to this offset was fetched and pushed. What ends or aborts somebody's transaction, and what was aborted,
   * is pushed by nobody, but it is passed like everything else.
   */
  pass(offset: number): void {
    if (this.#closed) return;
    const pushed = Number(this.#messages.at(-1)?.offset ?? this.#seen);
    this.#fetched = Math.max(this.#fetched, offset);
    if (this.#fetched > pushed) this.#begin();
  }

  #begin(): void {
    if (this.#isRunning) return;
    this.#isRunning = true;
    this.#running = this.#run();
  }

  /** Drops what waits; the running batch goes on. Resolves when it is done. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#messages = [];
    this.#bytes = 0;
    await this.#running;
  }

  async #run(): Promise<void> {
    try {
      await this.#options.after;
      while (!this.#closed && (this.#messages.length > 0 || this.#fetched > this.#seen)) {
        if (this.#messages.length === 0) {
          this.#seen = this.#fetched;
          await this.#options.passed(this.#seen);
          continue;
        }
        const messages = this.#take();
        this.#seen = Number(messages.at(-1)?.offset ?? this.#seen);
        await this.#options.work(messages);
        if (this.#paused && this.#bytes <= this.#options.limitBytes / 2 && !this.#closed) {
          this.#paused = false;
          this.#options.resume();
        }
      }
    } catch (error) {
      this.#closed = true;
      this.#messages = [];
      this.#bytes = 0;
      this.#options.onError(error);
    } finally {
      this.#isRunning = false;
    }
  }

  #take(): KafkaMessage[] {
    let bytes = 0;
    let count = 0;
    for (const message of this.#messages) {
      const size = sizeOf(message);
      if (count > 0 && (count >= this.#options.maxBatch || bytes + size > this.#options.batchBytes)) break;
      bytes += size;
      count++;
    }
    this.#bytes -= bytes;
    return this.#messages.splice(0, count);
  }
}

function sizeOf(message: KafkaMessage): number {
  if (message instanceof FetchedMessage) return message.bytes + OVERHEAD_BYTES;
  const { value, key, headers } = message;
  let bytes = (value?.length ?? 0) + (key?.length ?? 0) + OVERHEAD_BYTES;
  // Others may put there what they like.
  for (const name in headers) for (const each of [headers[name]].flat()) bytes += each?.length ?? 0;
  return bytes;
}

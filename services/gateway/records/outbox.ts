/**
 * The way out to the stream: one ordered, bounded queue for everything the gateway appends.
 *
 * Two kinds of records share it, so that order holds between them (a call's event before its result's):
 * - `append`: the caller waits until it is durable, and hears when it is not.
 * - `offer`: an answer must not wait for the disk. Accepted while there is room; tried again while the stream is full;
 *   given up after a deadline. What is lost is counted and logged: nothing is lost silently.
 * - `tell`: offered, and said when it is durable or given up.
 *
 * A record that can never be written (no JSON, too large) fails the batch that it stands in: it is looked for, set aside
 * and said, and what stands beside it is written. Whoever appended it hears of it; others do not.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { StepdownError } from '../../runtime/errors.js';
import { RecordTooLarge } from '../../runtime/stream/too-large.js';
import type { AnyOutgoing, Stream } from '../../runtime/stream/types.js';

export interface OutboxOptions {
  stream: Pick<Stream, 'append'>;
  /** Records that may wait; beyond it `offer` drops and `append` rejects with `stream-full`. */
  capacity: number;
  /**
   * How long an offered record may wait for company, in milliseconds: an answer goes out before its records are
   * written, and a burst is written at once. An `append` takes along what waits.
   */
  lingerMs?: number;
  /** How long an offered record is tried. */
  giveUpAfterMs: number;
  onLoss(lost: number, reason: string): void;
  /** A record that no stream will ever take; it is not tried again. What is said of it goes on in the same queue. */
  onUnwritable?(record: AnyOutgoing, reason: string): AnyOutgoing | undefined;
  random?: () => number;
  nowMs?: () => number;
}

interface Entry {
  record: AnyOutgoing;
  sinceMs: number;
  /** Set for `append`. */
  settle?: { done: () => void; fail: (error: unknown) => void };
  /** Set for `tell`: durable, or given up. */
  told?: (durable: boolean) => void;
}

const MAX_BATCH = 500;
const LINGER_MS = 3;

export class Outbox {
  readonly #options: OutboxOptions;
  readonly #nowMs: () => number;
  #queue: Entry[] = [];
  #pumping: Promise<void> | undefined;
  #linger: NodeJS.Timeout | undefined;
  #lost = 0;

  constructor(options: OutboxOptions) {
    this.#options = options;
    this.#nowMs = options.nowMs ?? (() => performance.now());
  }

  /** Records given up since the start. */
  get lost(): number {
    return this.#lost;
  }

  get waiting(): number {
    return this.#queue.length;
  }

  /** How long the oldest has waited, milliseconds; 0 where none waits. */
  get oldestAgeMs(): number {
    const [oldest] = this.#queue;
    return oldest === undefined ? 0 : Math.max(0, this.#nowMs() - oldest.sinceMs);
  }

  offer(record: AnyOutgoing): void {
    if (!this.#enqueue({ record, sinceMs: this.#nowMs() })) return;
    if (this.#pumping === undefined)
      this.#linger ??= setTimeout(() => this.#pump(), this.#options.lingerMs ?? LINGER_MS);
  }

  /** Offers and writes at once. Resolves with whether all became durable; never rejects. */
  async tell(records: readonly AnyOutgoing[]): Promise<boolean> {
    const sinceMs = this.#nowMs();
    const outcomes = records.map((record) => new Promise<boolean>((told) => this.#enqueue({ record, sinceMs, told })));
    if (this.#queue.length > 0) this.#pump();
    return (await Promise.all(outcomes)).every((durable) => durable);
  }

  #enqueue(entry: Entry): boolean {
    if (this.#queue.length >= this.#options.capacity) {
      this.#lose([entry], 'too many records are waiting');
      return false;
    }
    this.#queue.push(entry);
    return true;
  }

  /** Resolves when all are durable. */
  append(records: readonly AnyOutgoing[]): Promise<void> {
    if (records.length === 0) return Promise.resolve();
    if (this.#queue.length + records.length > this.#options.capacity)
      return Promise.reject(new StepdownError('stream-full', 'Too many records are waiting to be written'));
    return new Promise((done, fail) => {
      const sinceMs = this.#nowMs();
      records.forEach((record, at) => {
        // The last one settles for all: a batch may end between them, so failing any fails the rest below.
        this.#queue.push({
          record,
          sinceMs,
          settle: at === records.length - 1 ? { done, fail } : { done: () => undefined, fail },
        });
      });
      this.#pump();
    });
  }

  /** Resolves when nothing waits any more: all written or given up. */
  async drained(): Promise<void> {
    if (this.#queue.length > 0) this.#pump();
    while (this.#pumping !== undefined) await this.#pumping;
  }

  #pump(): void {
    clearTimeout(this.#linger);
    this.#linger = undefined;
    this.#pumping ??= this.#run().finally(() => {
      this.#pumping = undefined;
      if (this.#queue.length > 0) this.#pump();
    });
  }

  async #run(): Promise<void> {
    let failures = 0;
    while (this.#queue.length > 0) {
      const batch = this.#queue.splice(0, MAX_BATCH);
      try {
        await this.#write(batch);
        failures = 0;
      } catch (error) {
        if (isOfRecords(error, batch)) {
          this.#queue.unshift(...(await this.#sorted(batch, error)));
          continue;
        }
        // Whoever waits decides for himself whether to send again (readers drop repeats by id); what was offered is tried again.
        const again: Entry[] = [];
        for (const entry of batch) {
          if (entry.settle !== undefined) entry.settle.fail(error);
          else again.push(entry);
        }
        const tooOldBefore = this.#nowMs() - this.#options.giveUpAfterMs;
        const [keep, late] = partition(again, ({ sinceMs }) => sinceMs >= tooOldBefore);
        if (late.length > 0) this.#lose(late, messageOf(error));
        if (isClosed(error)) {
          this.#lose(keep, 'the stream is closed');
          continue;
        }
        this.#queue.unshift(...keep);
        failures += 1;
        const jitter = 0.5 + (this.#options.random ?? Math.random)() / 2;
        await sleep(Math.min(1000, 20 * 2 ** Math.min(failures, 6)) * jitter);
      }
    }
  }

  /**
   * A batch was refused for what stands in it. What is no JSON shows by itself, what is too large may be named; else halves are tried until one
   * stands alone. Gives what is still to be written.
   */
  async #sorted(batch: Entry[], error: unknown): Promise<Entry[]> {
    const large = error instanceof RecordTooLarge ? error.record : undefined;
    const [bad, good] = partition(batch, ({ record }) => record === large || unserializable(record) !== undefined);
    if (bad.length > 0) {
      for (const entry of bad) this.#setAside(entry, unserializable(entry.record) ?? error);
      return good;
    }
    const [only] = batch;
    if (batch.length === 1 && only !== undefined) {
      this.#setAside(only, error);
      return [];
    }
    // Order holds: the first half is written, or sorted, before the second is looked at.
    const half = Math.ceil(batch.length / 2);
    const [first, second] = [batch.slice(0, half), batch.slice(half)];
    try {
      await this.#write(first);
      return second;
    } catch (again) {
      return isOfRecords(again, first) ? [...(await this.#sorted(first, again)), ...second] : batch;
    }
  }

  async #write(batch: readonly Entry[]): Promise<void> {
    await this.#options.stream.append(batch.map((entry) => entry.record));
    for (const entry of batch) {
      entry.settle?.done();
      entry.told?.(true);
    }
  }

  #setAside(entry: Entry, error: unknown): void {
    const reason = messageOf(error);
    if (entry.settle !== undefined) {
      entry.settle.fail(error);
      return;
    }
    this.#lose([entry], `it can never be written: ${reason}`);
    const letter = this.#options.onUnwritable?.(entry.record, reason);
    if (letter !== undefined) this.offer(letter);
  }

  #lose(entries: readonly Entry[], reason: string): void {
    if (entries.length === 0) return;
    this.#lost += entries.length;
    this.#options.onLoss(entries.length, reason);
    for (const { told } of entries) told?.(false);
  }
}

function partition(entries: readonly Entry[], test: (entry: Entry) => boolean): [yes: Entry[], no: Entry[]] {
  return [entries.filter(test), entries.filter((entry) => !test(entry))];
}

/** Whether it was refused for what stands in it, and not for what the stream is going through. */
function isOfRecords(error: unknown, batch: readonly Entry[]): boolean {
  if (error instanceof StepdownError) return error.code === 'input-malformed' || error.code === 'input-too-large';
  return batch.some(({ record }) => unserializable(record) !== undefined);
}

/** Why it is no JSON; `undefined`: it is. */
function unserializable({ value }: AnyOutgoing): unknown {
  try {
    return (JSON.stringify(value) as string | undefined) === undefined ? new Error('it has no value') : undefined;
  } catch (error) {
    return error;
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : 'the stream refused them');

const isClosed = (error: unknown): boolean => error instanceof StepdownError && error.code === 'stream-closed';

/**
 * Sends one sink's outbox, one batch at a time, longest waiting first. What it learns is written back before the next
 * batch, so a crash at any moment repeats at most the batch that was under way.
 */
import { Backlog, type Waiting, waitingOf } from './backlog.js';
import { backoffMs } from './backoff.js';
import { attempting, beforeOf, dropped, type OutboxEntry, type OutboxLimits, postponed, sent } from './outbox.js';
import { type ForwardRecord, recordId } from './record.js';
import { type Delivery, newsFor, type SendOutcome, type Sink } from './sink.js';

/** The store's side of the pump. */
export interface OutboxStore {
  read(keys: readonly string[]): Promise<(OutboxEntry | undefined)[]>;
  /**
   * Reads, changes and writes these entries with nobody in between; `undefined` from `change` deletes. Gives what each
   * has become.
   */
  change(
    keys: readonly string[],
    change: (entry: OutboxEntry, key: string) => OutboxEntry | undefined,
  ): Promise<(OutboxEntry | undefined)[]>;
}

export interface PumpOptions {
  sink: Sink;
  store: OutboxStore;
  limits: OutboxLimits;
  now: () => number;
  random: () => number;
  /** Resolves after `ms`, when `wake` is called, or when the pump stops. */
  sleep: (ms: number) => Promise<void>;
  stopped: () => boolean;
  /** What this sink will never get: refused by it, or given up because of the limits. Durable when it resolves. */
  onDropped: (lost: readonly Lost[], reason: string) => Promise<void>;
  onOutcome: (outcome: SendOutcome, count: number) => void;
  /** After the sink has taken these and that is durable here. */
  onTaken?: (records: readonly ForwardRecord[]) => void;
}

export interface Lost {
  entry: OutboxEntry;
  record: ForwardRecord;
}

interface Sending {
  key: string;
  entry: OutboxEntry;
  record: ForwardRecord;
}

const IDLE_MS = 60_000;
/** Given up in one step, so that what a long outage has left does not stand in memory at once. */
const GIVE_UP_AT_ONCE = 200;

export class Pump {
  readonly #options: PumpOptions;
  readonly #backlog = new Backlog();
  #pausedUntilMs = 0;
  #failures = 0;
  /**
   * Whether the last attempt since the start left its records waiting. Only then is anything too old to wait on: what a
   * stopped engine, or a clock that was set, made old is tried once before it is given up.
   */
  #waitsInVain = false;
  /** Records that were refused or given up since the start. */
  lost = 0;
  lastError: string | undefined;

  constructor(options: PumpOptions) {
    this.#options = options;
  }

  get waiting(): number {
    return this.#backlog.size;
  }

  oldestAgeMs(nowMs: number): number {
    return this.#backlog.oldestAgeMs(nowMs);
  }

  /** Takes note of an entry as it now stands in the store. */
  note(key: string, entry: OutboxEntry | undefined): void {
    if (entry?.record === undefined) this.#backlog.delete(key);
    else this.#backlog.set(waitingOf(key, entry));
  }

  /** What the store holds at a start, in any order. */
  load(entries: readonly Waiting[]): void {
    const { now, limits } = this.#options;
    const nowMs = now();
    // What was written under a clock that was ahead would wait until ours gets there.
    this.#backlog.load(
      entries.map(({ key, waitingSinceMs, nextAtMs }) => ({
        key,
        waitingSinceMs: Math.min(waitingSinceMs, nowMs),
        nextAtMs: Math.min(nextAtMs, nowMs + limits.capMs),
      })),
    );
  }

  async run(): Promise<void> {
    const { now, sleep, stopped, sink } = this.#options;
    while (!stopped()) {
      await this.#giveUp();
      const nowMs = now();
      const batch = nowMs < this.#pausedUntilMs ? [] : this.#backlog.due(nowMs, sink.maxBatch);
      if (batch.length === 0) await sleep(this.#untilNextMs(nowMs));
      else await this.#send(batch.map(({ key }) => key));
    }
  }

  #untilNextMs(nowMs: number): number {
    const next = Math.min(nowMs + IDLE_MS, this.#backlog.nextAtMs() ?? Infinity);
    return Math.max(1, Math.max(next, this.#pausedUntilMs) - nowMs);
  }

  async #send(keys: readonly string[]): Promise<void> {
    const { sink, store } = this.#options;
    const entries = await this.#noted(keys, await store.read(keys));
    const sending: Sending[] = [];
    keys.forEach((key, index) => {
      const entry = entries[index];
      if (entry?.record === undefined) this.#backlog.delete(key);
      else sending.push({ key, entry, record: entry.record });
    });
    if (sending.length === 0) return;
    const outcome = await sink.send(sending.map(deliveryOf));
    const count = outcome.kind === 'retryable' ? sending.length : Math.max(1, outcome.settled ?? sending.length);
    this.#options.onOutcome(outcome, count);
    await this.#settle(sending.slice(0, count), outcome);
  }

  /** Makes durable what must be known of an attempt before it begins; see {@link attempting}. */
  async #noted(
    keys: readonly string[],
    entries: readonly (OutboxEntry | undefined)[],
  ): Promise<readonly (OutboxEntry | undefined)[]> {
    const open = keys.filter((_, index) => {
      const entry = entries[index];
      return entry !== undefined && attempting(entry) !== undefined;
    });
    if (open.length === 0) return entries;
    const changed = await this.#options.store.change(open, (entry) => attempting(entry) ?? entry);
    const byKey = new Map(open.map((key, index) => [key, changed[index]]));
    return keys.map((key, index) => (byKey.has(key) ? byKey.get(key) : entries[index]));
  }

  async #settle(sending: readonly Sending[], outcome: SendOutcome): Promise<void> {
    const { sink, store, limits, now, random, onDropped, onTaken } = this.#options;
    const nowMs = now();
    this.#waitsInVain = outcome.kind === 'retryable' || outcome.kind === 'not-yet';
    if (outcome.kind === 'retryable') {
      // The whole sink rests: if it is down, trying every record in turn helps nobody.
      this.#pausedUntilMs = nowMs + (outcome.afterMs ?? backoffMs(limits, this.#failures, random()));
      this.#failures += 1;
      this.lastError = outcome.reason;
    } else if (outcome.kind !== 'not-yet') {
      this.#failures = 0;
      this.#pausedUntilMs = 0;
      this.lastError = outcome.kind === 'failure' ? outcome.reason : undefined;
    }
    if (outcome.kind === 'failure') {
      this.lost += sending.length;
      await onDropped(sending, outcome.reason);
    }
    const records = new Map(sending.map(({ key, record }) => [key, record]));
    const keys = [...records.keys()];
    const changed = await store.change(keys, (current, key) => {
      const record = records.get(key) as ForwardRecord;
      if (outcome.kind === 'retryable' || outcome.kind === 'not-yet')
        return postponed(current, outcome.reason, outcome.afterMs, limits, nowMs, random());
      return outcome.kind === 'success'
        ? sent(current, record, nowMs, newsFor(sink, record))
        : dropped(current, record, nowMs);
    });
    keys.forEach((key, index) => this.note(key, changed[index]));
    if (outcome.kind === 'success') onTaken?.([...records.values()]);
  }

  async #giveUp(): Promise<void> {
    const { store, limits, now, onDropped } = this.#options;
    const nowMs = now();
    const bounds = { ...limits, maxAgeMs: this.#waitsInVain ? limits.maxAgeMs : Infinity };
    for (;;) {
      const keys = this.#backlog.overflow(bounds, nowMs, GIVE_UP_AT_ONCE).map(({ key }) => key);
      if (keys.length === 0) return;
      const entries = await store.read(keys);
      const lost = entries.flatMap((entry) =>
        entry?.record === undefined ? [] : [{ entry, record: entry.record } satisfies Lost],
      );
      const tooOld = lost.filter(({ entry }) => nowMs - entry.waitingSinceMs > limits.maxAgeMs);
      const tooMany = lost.filter(({ entry }) => nowMs - entry.waitingSinceMs <= limits.maxAgeMs);
      this.lost += lost.length;
      const because = (what: string) =>
        `given up: ${what}; last error: ${this.lastError ?? lost[0]?.entry.lastError ?? 'none'}`;
      if (tooOld.length > 0) await onDropped(tooOld, because('it waited too long'));
      if (tooMany.length > 0) await onDropped(tooMany, because('too many wait'));
      const records = new Map(keys.map((key, index) => [key, entries[index]?.record]));
      const changed = await store.change(keys, (current, key) => {
        const record = records.get(key);
        return record === undefined ? current : dropped(current, record, nowMs);
      });
      keys.forEach((key, index) => {
        const entry = changed[index];
        // What came in meanwhile waits anew; it is not given up in the same step.
        if (entry?.record === undefined) this.#backlog.delete(key);
        else this.note(key, entry);
      });
    }
  }
}

function deliveryOf({ entry, record }: Sending): Delivery {
  const before = beforeOf(entry);
  return {
    id: recordId(record),
    value: record.value,
    waitingSinceMs: entry.waitingSinceMs,
    ...(before === undefined ? {} : { before }),
  };
}

/**
 * Sends one sink's outbox, one batch at a time, longest waiting first. What it learns is written back before the next
 * batch, so a crash at any moment repeats at most the batch that was under way.
 */
import { backoffMs } from './backoff.js';
import {
  dropped,
  due,
  type OutboxEntry,
  type OutboxLimits,
  overflow,
  postponed,
  sent,
  type Waiting,
} from './outbox.js';
import { deliveryId, type SendOutcome, type Sink } from './sink.js';

/** The store's side of the pump; `change` reads, changes and writes one entry with nobody in between. */
export interface OutboxStore {
  read(keys: readonly string[]): Promise<(OutboxEntry | undefined)[]>;
  change(key: string, change: (entry: OutboxEntry) => OutboxEntry): Promise<OutboxEntry | undefined>;
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
  /** An incident version that this sink will never get. */
  onDropped: (entry: OutboxEntry, reason: string) => Promise<void>;
  onOutcome: (outcome: SendOutcome, count: number) => void;
}

const IDLE_MS = 60_000;

export class Pump {
  readonly #options: PumpOptions;
  readonly #waiting = new Map<string, Waiting>();
  #pausedUntilMs = 0;
  #failures = 0;
  lastError: string | undefined;

  constructor(options: PumpOptions) {
    this.#options = options;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  /** How long the oldest unsent incident version has waited, milliseconds; 0: nothing waits. */
  oldestAgeMs(nowMs: number): number {
    let oldest = nowMs;
    for (const entry of this.#waiting.values()) oldest = Math.min(oldest, entry.waitingSinceMs);
    return nowMs - oldest;
  }

  /** Takes note of an entry as it now stands in the store. */
  note(key: string, entry: OutboxEntry): void {
    if (entry.incident === undefined) this.#waiting.delete(key);
    else this.#waiting.set(key, { key, waitingSinceMs: entry.waitingSinceMs, nextAtMs: entry.nextAtMs });
  }

  async run(): Promise<void> {
    const { now, sleep, stopped } = this.#options;
    while (!stopped()) {
      await this.#giveUp();
      const nowMs = now();
      const batch = nowMs < this.#pausedUntilMs ? [] : due(this.#waiting.values(), nowMs, this.#options.sink.maxBatch);
      if (batch.length === 0) await sleep(this.#untilNextMs(nowMs));
      else await this.#send(batch);
    }
  }

  #untilNextMs(nowMs: number): number {
    let next = nowMs + IDLE_MS;
    for (const entry of this.#waiting.values()) next = Math.min(next, entry.nextAtMs);
    return Math.max(1, Math.max(next, this.#pausedUntilMs) - nowMs);
  }

  async #send(batch: readonly Waiting[]): Promise<void> {
    const { sink, store, limits, now, random } = this.#options;
    const entries = await store.read(batch.map((entry) => entry.key));
    const sending = batch.flatMap(({ key }, index) => {
      const incident = entries[index]?.incident;
      if (incident === undefined) this.#waiting.delete(key);
      return incident === undefined ? [] : [{ key, incident }];
    });
    if (sending.length === 0) return;
    const outcome = await sink.send(sending.map(({ incident }) => ({ id: deliveryId(incident), incident })));
    this.#options.onOutcome(outcome, sending.length);
    const nowMs = now();
    if (outcome.kind === 'retryable') {
      // The whole sink rests: if it is down, trying every incident in turn helps nobody.
      this.#pausedUntilMs = nowMs + (outcome.afterMs ?? backoffMs(limits, this.#failures, random()));
      this.#failures += 1;
      this.lastError = outcome.reason;
    } else {
      this.#failures = 0;
      this.#pausedUntilMs = 0;
      this.lastError = outcome.kind === 'failure' ? outcome.reason : undefined;
    }
    for (const { key, incident } of sending) {
      if (outcome.kind === 'failure') {
        const refused = entries[batch.findIndex((entry) => entry.key === key)];
        if (refused !== undefined) await this.#options.onDropped(refused, outcome.reason);
      }
      const entry = await store.change(key, (current) =>
        outcome.kind === 'retryable'
          ? postponed(current, outcome.reason, outcome.afterMs, limits, nowMs, random())
          : sent(current, incident.version, nowMs),
      );
      if (entry !== undefined) this.note(key, entry);
    }
  }

  async #giveUp(): Promise<void> {
    const { store, limits, now } = this.#options;
    const nowMs = now();
    const over = overflow([...this.#waiting.values()], limits, nowMs);
    for (const { key } of over) {
      const [entry] = await store.read([key]);
      if (entry?.incident !== undefined)
        await this.#options.onDropped(
          entry,
          `given up: ${nowMs - entry.waitingSinceMs > limits.maxAgeMs ? 'it waited too long' : 'too many wait'}; last error: ${entry.lastError ?? 'none'}`,
        );
      const changed = await store.change(key, (current) => dropped(current, nowMs));
      if (changed !== undefined) this.note(key, changed);
      else this.#waiting.delete(key);
    }
  }
}

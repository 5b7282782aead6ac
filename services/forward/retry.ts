/**
 * Retries a sink within a deadline. What still fails afterwards goes back to the outbox as `retryable`, which keeps it
 * durably and comes back later: the decorator is for hiccups of seconds, the outbox for outages of hours.
 */
import { type Backoff, backoffMs } from './backoff.js';
import type { RecordKind, RecordValues } from './record.js';
import type { Delivery, SendOutcome, Sink } from './sink.js';

export interface RetryOptions extends Backoff {
  /** No attempt starts after this much time since the first one. */
  deadlineMs: number;
  now: () => number;
  random: () => number;
  /** Resolves early when the service stops. */
  sleep: (ms: number) => Promise<void>;
  /** True once the service stops: no further attempt. */
  stopped: () => boolean;
}

export function retrying<K extends RecordKind>(sink: Sink<K>, options: RetryOptions): Sink<K> {
  return {
    name: sink.name,
    takes: sink.takes,
    maxBatch: sink.maxBatch,
    ...(sink.news ? { news: (value: RecordValues[K]) => sink.news?.(value) ?? '' } : {}),
    close: () => sink.close(),
    async send(batch: readonly Delivery<K>[]): Promise<SendOutcome> {
      const deadline = options.now() + options.deadlineMs;
      for (let attempt = 0; ; attempt += 1) {
        const outcome = await sink.send(batch);
        if (outcome.kind !== 'retryable' || options.stopped()) return outcome;
        const wait = outcome.afterMs ?? backoffMs(options, attempt, options.random());
        // A wait that ends behind the deadline is the outbox's to keep; it knows the time that was asked for.
        if (options.now() + wait >= deadline) return outcome;
        await options.sleep(wait);
      }
    },
  };
}

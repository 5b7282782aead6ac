/** One sink with its pump: what is sent, what becomes of what cannot be sent, and how far behind it is. */
import type { Log } from '../../runtime/log.js';
import type { Stream } from '../../runtime/stream/types.js';
import { untilDone } from '../../runtime/until-done.js';
import type { Backoff } from '../backoff.js';
import { undeliverable } from '../dead-letter.js';
import type { OutboxLimits } from '../outbox.js';
import { type Lost, Pump } from '../pump.js';
import type { ForwardRecord } from '../record.js';
import { retrying } from '../retry.js';
import type { Sink } from '../sink.js';
import type { OutboxDocuments } from './outbox-documents.js';
import { Wake } from './wake.js';

/** Within a send: hiccups. Beyond: the outbox. */
export interface QuickRetry extends Backoff {
  deadlineMs: number;
}
export const QUICK_RETRY: QuickRetry = { baseMs: 200, capMs: 5_000, deadlineMs: 20_000 };

export interface SinkStatus {
  sink: string;
  /** Records that are not delivered yet. */
  waiting: number;
  /** Of the one that waits longest; 0 where none does. */
  oldestAgeMs: number;
  /** Refused by the other side or given up because of the limits, since the start. */
  lost: number;
  lastError?: string;
}

export interface LineOptions {
  sink: Sink;
  outbox: OutboxDocuments;
  stream: Stream;
  limits: OutboxLimits;
  quickRetry: QuickRetry;
  log: Log;
  now: () => number;
  random: () => number;
  onTaken?: (records: readonly ForwardRecord[]) => void;
}

export class Line {
  readonly sink: Sink;
  readonly pump: Pump;
  readonly #options: LineOptions;
  readonly #wake = new Wake();
  #running: Promise<void> | undefined;
  readonly #ending = new AbortController();
  #stopping = false;

  constructor(options: LineOptions) {
    this.#options = options;
    const { log, now, random } = options;
    const stopped = () => this.#stopping;
    // The quick retry has its own sleep: what arrives must not cut a pause short that the receiver asked for.
    const pause = new Wake();
    this.sink = retrying(options.sink, {
      ...options.quickRetry,
      now,
      random,
      stopped,
      sleep: (ms) => Promise.race([pause.after(ms), this.#wake.stopped]),
    });
    this.pump = new Pump({
      sink: this.sink,
      store: options.outbox,
      limits: options.limits,
      now,
      random,
      stopped,
      sleep: (ms) => this.#wake.after(ms),
      onDropped: (lost, reason) => this.#dropped(lost, reason),
      onOutcome: (outcome, count) => {
        if (outcome.kind === 'retryable' || outcome.kind === 'failure')
          log.warn(
            { sink: this.sink.name, count, outcome: outcome.kind, reason: outcome.reason },
            'records were not delivered',
          );
      },
      ...(options.onTaken === undefined ? {} : { onTaken: options.onTaken }),
    });
  }

  /** A store that is away does not end it: what was sent and not noted is sent again, under the same id. */
  start(): void {
    this.#running = untilDone(async () => this.pump.run(), {
      signal: this.#ending.signal,
      log: this.#options.log,
      failed: `the queue of sink ${this.sink.name} could not be kept`,
    });
  }

  /** Something was queued. */
  wake(): void {
    this.#wake.now();
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    this.#ending.abort();
    this.#wake.stop();
    await this.#running;
    await this.sink.close();
  }

  status(nowMs: number): SinkStatus {
    return {
      sink: this.sink.name,
      waiting: this.pump.waiting,
      oldestAgeMs: this.pump.oldestAgeMs(nowMs),
      lost: this.pump.lost,
      ...(this.pump.lastError === undefined ? {} : { lastError: this.pump.lastError }),
    };
  }

  async #dropped(lost: readonly Lost[], reason: string): Promise<void> {
    const { log, stream, now } = this.#options;
    log.error(
      { sink: this.sink.name, count: lost.length, first: lost[0]?.record.value.id, reason },
      'records were not delivered, and will not be tried again by themselves',
    );
    // Of findings and decisions a mass given up at once is said above; each stays in the engine under its own retention.
    const letters = lost.filter(
      ({ record }) => lost.length === 1 || record.kind === 'incident' || record.kind === 'contraction',
    );
    if (letters.length === 0) return;
    await stream.append(
      letters.map(({ entry, record }) => {
        const letter = undeliverable(entry, record, reason, now());
        return { topic: 'deadletter' as const, key: letter.id, value: letter };
      }),
    );
  }
}

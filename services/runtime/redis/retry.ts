/** Commands sent again until they are answered or their time is over (style: a retry has a deadline, jitter, a classification). */
import { setMaxListeners } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { StepdownError } from '../errors.js';
import type { RedisClient } from './connection.js';
import { redisFault } from './faults.js';

const SHORTEST_PAUSE_MS = 25;
const LONGEST_PAUSE_MS = 1_000;

export class RedisRetry {
  readonly #deadlineMs: number;
  readonly #closing = new AbortController();
  #trouble: Error | undefined;
  #interruptedAtMs: number | undefined;

  /** @param deadlineMs milliseconds from the first attempt */
  constructor(deadlineMs: number) {
    this.#deadlineMs = deadlineMs;
    // Everything that waits for a server that is away waits for the end of waiting too.
    setMaxListeners(0, this.#closing.signal);
  }

  /** When a connection was last lost or a command went without an answer, by `performance.now()`. */
  get interruptedAtMs(): number | undefined {
    return this.#interruptedAtMs;
  }

  /** Keeps in mind what a client's connection met last, so that those whose command was given up are told why. */
  observe(client: RedisClient): void {
    const interrupted = (): void => {
      this.#interruptedAtMs = performance.now();
    };
    // A cluster's client sends again by itself what a lost node did not answer, and no command fails.
    for (const event of ['close', '-node', 'node error']) client.on(event, interrupted);
    client.on('error', (error: Error) => {
      this.#trouble = error;
    });
    client.on('ready', () => {
      this.#trouble = undefined;
    });
  }

  /**
   * The command must be one that may be applied twice.
   * @throws StepdownError `driver-unavailable`, `store-full` when the deadline passed; at once: `unauthenticated`,
   * `forbidden`, `store-corrupt`, and `stream-closed` after {@link close}
   */
  async run<T>(command: () => Promise<T>): Promise<T> {
    const begun = performance.now();
    for (let failures = 0; ; failures++) {
      if (this.#closing.signal.aborted) throw closed();
      try {
        return await command();
      } catch (cause) {
        const { passes, error } = redisFault(cause, this.#trouble);
        if (this.#closing.signal.aborted) throw closed(cause);
        if (passes) this.#interruptedAtMs = performance.now();
        const longest = Math.min(LONGEST_PAUSE_MS, SHORTEST_PAUSE_MS * 2 ** failures);
        const pauseMs = longest / 2 + (Math.random() * longest) / 2;
        if (!passes || performance.now() + pauseMs - begun > this.#deadlineMs) throw error;
        await delay(pauseMs, undefined, { signal: this.#closing.signal }).catch(() => undefined);
      }
    }
  }

  /** What is under way is given up. */
  close(): void {
    this.#closing.abort();
  }
}

function closed(cause?: unknown): StepdownError {
  return new StepdownError('stream-closed', 'the connection to Redis is closed', { cause });
}

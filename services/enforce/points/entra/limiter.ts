/**
 * Keeps us under the directory's limits, per kind of request: one request a second for Conditional Access, whose 429 names no
 * time; 3,000 directory writes in 150 seconds. We stay a little below, since we are not alone in the tenant.
 */
import { setTimeout as delay } from 'node:timers/promises';

export type Lane = 'policies' | 'writes' | 'reads';
interface Pace {
  /** One more every so many milliseconds, and so many at once at most. */
  everyMs: number;
  burst: number;
}
export const PACES: Readonly<Record<Lane, Pace>> = {
  policies: { everyMs: 1_100, burst: 1 },
  writes: { everyMs: 60, burst: 100 },
  reads: { everyMs: 20, burst: 200 },
};
/** A 429 without `Retry-After`: so long at first, doubled each time, until one passes. */
const PAUSE_MS = 2_000;
const LONGEST_PAUSE_MS = 60_000;

export class Limiter {
  readonly #now: () => number;
  readonly #paces: Readonly<Record<Lane, Pace>>;
  /** When the lane is free again, as if each request took `everyMs` (virtual scheduling, ITU-T I.371). */
  readonly #freeAtMs: Record<Lane, number> = { policies: 0, writes: 0, reads: 0 };
  readonly #pausedUntilMs: Record<Lane, number> = { policies: 0, writes: 0, reads: 0 };
  readonly #throttled: Record<Lane, number> = { policies: 0, writes: 0, reads: 0 };

  constructor(now: () => number, paces: Readonly<Record<Lane, Pace>> = PACES) {
    this.#now = now;
    this.#paces = paces;
  }

  /**
   * Waits for leave for `count` requests. `undefined`: granted; else in how many milliseconds to ask again, because it would
   * take longer than `patienceMs`.
   */
  async take(lane: Lane, count: number, patienceMs: number, signal: AbortSignal): Promise<number | undefined> {
    const { everyMs, burst } = this.#paces[lane];
    const nowMs = this.#now();
    const earliest = Math.max(this.#freeAtMs[lane] - (burst - 1) * everyMs, this.#pausedUntilMs[lane]);
    const waitMs = earliest - nowMs;
    if (waitMs > patienceMs) return waitMs;
    this.#freeAtMs[lane] = Math.max(this.#freeAtMs[lane], nowMs, this.#pausedUntilMs[lane]) + count * everyMs;
    if (waitMs > 0) await delay(waitMs, undefined, { signal }).catch(() => undefined);
    return undefined;
  }

  /** The directory asked for a pause; gives how long it will be. */
  throttled(lane: Lane, afterMs: number | undefined): number {
    const guess = Math.min(LONGEST_PAUSE_MS, PAUSE_MS * 2 ** this.#throttled[lane]);
    this.#throttled[lane] = Math.min(10, this.#throttled[lane] + 1);
    const pauseMs = afterMs ?? guess;
    this.#pausedUntilMs[lane] = Math.max(this.#pausedUntilMs[lane], this.#now() + pauseMs);
    return pauseMs;
  }

  passed(lane: Lane): void {
    this.#throttled[lane] = 0;
  }
}

/** Two clocks, both passed in (invariant 10): nothing pure ever asks the machine for the time. */

export interface Clock {
  /** Milliseconds since 1970-01-01 UTC. Never goes back. */
  now(): number;
  /** Event-time runs move the clock with what they read; the wall clock ignores this. */
  advance(toMs: number): void;
  readonly kind: 'wall' | 'event';
}

/**
 * How fast time passes while the machine's clock, having been set back, catches up. Never standing still: leases are
 * renewed by this clock and counted in elapsed time elsewhere, so what stands still would let them lapse. An hour is made
 * up in ten.
 */
const SLOWEST = 0.9;

/** The machine's clock, held monotonic: after it was set back, time goes on a little slower until it catches up. */
export class WallClock implements Clock {
  readonly kind = 'wall';
  readonly #wallMs: () => number;
  readonly #elapsedMs: () => number;
  #last = 0;
  #lastElapsed: number;

  /** @param elapsedMs milliseconds from anywhere, never set */
  constructor(wallMs: () => number = () => Date.now(), elapsedMs: () => number = () => performance.now()) {
    this.#wallMs = wallMs;
    this.#elapsedMs = elapsedMs;
    this.#lastElapsed = elapsedMs();
  }

  now(): number {
    const elapsed = this.#elapsedMs();
    // Parts of a millisecond are kept, or who asks often would make time stand still.
    this.#last = Math.max(this.#wallMs(), this.#last + SLOWEST * (elapsed - this.#lastElapsed));
    this.#lastElapsed = elapsed;
    return Math.floor(this.#last);
  }
  advance(): void {
    // The wall moves by itself.
  }
}

/** Time as the events tell it, for replays, backtests and tests. */
export class EventClock implements Clock {
  readonly kind = 'event';
  #now: number;
  constructor(startMs = 0) {
    this.#now = startMs;
  }
  now(): number {
    return this.#now;
  }
  advance(toMs: number): void {
    if (toMs > this.#now) this.#now = toMs;
  }
}

/** Two clocks, both passed in (invariant 10): nothing pure ever asks the machine for the time. */

export interface Clock {
  /** Milliseconds since 1970-01-01 UTC. Never goes back. */
  now(): number;
  /** Event-time runs move the clock with what they read; the wall clock ignores this. */
  advance(toMs: number): void;
  readonly kind: 'wall' | 'event';
}

/** The machine's clock, held monotonic: a clock set back stands still until it catches up. */
export class WallClock implements Clock {
  readonly kind = 'wall';
  #last = 0;
  now(): number {
    this.#last = Math.max(this.#last, Date.now());
    return this.#last;
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

/**
 * How long a flow of events may wait for its slower readers: a share of the time that passes, saved up to a few seconds. Where
 * events come now and then each batch finds the savings whole; a backlog is slowed by that share and no more, and what nobody
 * waited for is said in the events.
 */
export interface WaitingShareOptions {
  /** Above 0, up to 1. With 0.2, work of an hour takes at most an hour and a quarter, and the savings. */
  share: number;
  /** Milliseconds at most that are saved; the first batch has as much. */
  savedMs: number;
  /** Monotonic milliseconds. */
  nowMs: () => number;
}

export class WaitingShare {
  readonly #options: WaitingShareOptions;
  #savedMs: number;
  #asOfMs: number;

  constructor(options: WaitingShareOptions) {
    this.#options = options;
    this.#savedMs = options.savedMs;
    this.#asOfMs = options.nowMs();
  }

  /** Runs `wait` with the milliseconds it may take; what it took is spent, also where several wait at once. */
  async spend<T>(wait: (withinMs: number) => Promise<T>): Promise<T> {
    this.#earn();
    const beganMs = this.#asOfMs;
    try {
      return await wait(Math.max(0, this.#savedMs));
    } finally {
      this.#earn(beganMs);
    }
  }

  /** Adds what the time since it was asked last has earned, and takes what a wait has cost that began then. */
  #earn(waitBeganMs?: number): void {
    const { share, savedMs, nowMs } = this.#options;
    const now = nowMs();
    const spent = waitBeganMs === undefined ? 0 : now - waitBeganMs;
    this.#savedMs = Math.min(savedMs, this.#savedMs + share * (now - this.#asOfMs) - spent);
    this.#asOfMs = now;
  }
}

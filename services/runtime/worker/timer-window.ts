/**
 * The nearest of an owner's timers in memory. A million sleeping conversations have a million timers; only those that
 * are due soon are held, the others are read when their time comes near.
 *
 * Everything the schedule holds that is due before `until` is in the index. What is set by running work is in the index
 * too, wherever it is due, until it is durable.
 */
import type { Schedule } from '../schedule/types.js';
import type { TimerIndex } from '../timer-index.js';

export class TimerWindow {
  readonly #schedule: Pick<Schedule, 'due'>;
  readonly #owner: string;
  readonly #most: number;
  #untilMs = -Infinity;

  /** @param most timers held; `Infinity`: all */
  constructor(schedule: Pick<Schedule, 'due'>, owner: string, most: number) {
    this.#schedule = schedule;
    this.#owner = owner;
    this.#most = most;
  }

  /** Timers due at or after this may be missing. */
  get untilMs(): number {
    return this.#untilMs;
  }

  /** Reads anew. Only when nothing that steps made waits to be durable: the schedule knows nothing of it. */
  async fill(index: TimerIndex): Promise<void> {
    const limit = Number.isFinite(this.#most) ? this.#most : Number.MAX_SAFE_INTEGER;
    const timers = await this.#schedule.due(this.#owner, Number.MAX_VALUE, limit);
    index.clear();
    for (const timer of timers) index.set(timer);
    const last = timers.at(-1);
    // Others may be due at the same moment as the last one that fitted.
    this.#untilMs = last === undefined || timers.length < limit ? Infinity : last.dueMs;
    const first = timers[0];
    // All that fitted are due at once: they are fired as they are, and the others of that moment are read after them.
    if (first !== undefined && first.dueMs === this.#untilMs) this.#untilMs = first.dueMs + 1;
  }

  /** Lets go of what is far, once it is durable. */
  trim(index: TimerIndex): void {
    if (index.size <= this.#most * 2) return;
    const kept = [...index.values()].sort((a, b) => a.dueMs - b.dueMs).slice(0, this.#most);
    const last = kept.at(-1);
    if (last === undefined) return;
    index.clear();
    for (const timer of kept) index.set(timer);
    this.#untilMs = Math.min(this.#untilMs, last.dueMs);
  }
}

/**
 * Counts of calls in a sliding stretch, for `rate.limit`. Exact, in memory, bounded: a counter keeps at most as many
 * times as its limit allows calls (more would be refused anyway), and counters nobody asked for in a while go.
 */
import type { RateClause } from './controls.js';
import { clauseName } from './selector.js';

export class RateWindows {
  readonly #times = new Map<string, number[]>();
  readonly #limit: number;

  /** `limit`: how many counters are kept, least lately used dropped first. */
  constructor(limit = 10_000) {
    this.#limit = limit;
  }

  static keyOf(source: string, clause: RateClause): string {
    return `${source} ${clause.perMs} ${clause.selects.map(clauseName).join(' ')}`;
  }

  /** Calls recorded after `nowMs - perMs`. */
  count(source: string, clause: RateClause, nowMs: number): number {
    const times = this.#times.get(RateWindows.keyOf(source, clause));
    if (!times) return 0;
    let first = 0;
    while (first < times.length && (times[first] ?? 0) <= nowMs - clause.perMs) first += 1;
    if (first > 0) times.splice(0, first);
    return times.length;
  }

  record(source: string, clause: RateClause, nowMs: number): void {
    const key = RateWindows.keyOf(source, clause);
    const times = this.#times.get(key) ?? [];
    this.#times.delete(key);
    this.#times.set(key, times);
    times.push(nowMs);
    if (times.length > clause.calls + 1) times.shift();
    if (this.#times.size > this.#limit) {
      const oldest = this.#times.keys().next();
      if (!oldest.done) this.#times.delete(oldest.value);
    }
  }
}

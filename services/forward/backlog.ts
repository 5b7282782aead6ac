/**
 * What of a sink's outbox waits, in memory: enough to choose the next, not the records themselves. Pure.
 *
 * Entries are in the order of their arrival, so that the oldest is the first and choosing takes no sorting, however much
 * an outage has left.
 */
import type { OutboxEntry, OutboxLimits } from './outbox.js';

export interface Waiting {
  key: string;
  waitingSinceMs: number;
  nextAtMs: number;
}

export function waitingOf(key: string, { waitingSinceMs, nextAtMs }: OutboxEntry): Waiting {
  return { key, waitingSinceMs, nextAtMs };
}

export class Backlog {
  readonly #entries = new Map<string, Waiting>();

  get size(): number {
    return this.#entries.size;
  }

  /** Beyond what is here already, `waiting` may not be older than the newest; {@link load} takes any order. */
  set(waiting: Waiting): void {
    const known = this.#entries.get(waiting.key);
    // Assigning to a key keeps its place: right for what still waits, wrong for what waits anew.
    if (known !== undefined && known.waitingSinceMs !== waiting.waitingSinceMs) this.#entries.delete(waiting.key);
    this.#entries.set(waiting.key, waiting);
  }

  delete(key: string): void {
    this.#entries.delete(key);
  }

  /** For a start: what the store holds, in any order. */
  load(entries: readonly Waiting[]): void {
    const all = [...this.#entries.values(), ...entries];
    this.#entries.clear();
    for (const entry of all.sort(oldestFirst)) this.#entries.set(entry.key, entry);
  }

  /** Due entries, longest waiting first. */
  due(nowMs: number, limit: number): Waiting[] {
    const found: Waiting[] = [];
    for (const entry of this.#entries.values()) {
      if (found.length >= limit) break;
      if (entry.nextAtMs <= nowMs) found.push(entry);
    }
    return found;
  }

  /** Up to `limit` entries over the limits, oldest first. */
  overflow(limits: Pick<OutboxLimits, 'maxEntries' | 'maxAgeMs'>, nowMs: number, limit = Infinity): Waiting[] {
    const tooMany = this.#entries.size - limits.maxEntries;
    const found: Waiting[] = [];
    for (const entry of this.#entries.values()) {
      if (found.length >= limit) break;
      if (found.length >= tooMany && nowMs - entry.waitingSinceMs <= limits.maxAgeMs) break;
      found.push(entry);
    }
    return found;
  }

  /** How long the oldest has waited, milliseconds; 0: nothing waits. */
  oldestAgeMs(nowMs: number): number {
    for (const entry of this.#entries.values()) return Math.max(0, nowMs - entry.waitingSinceMs);
    return 0;
  }

  /** When the next becomes due; `undefined`: nothing waits. */
  nextAtMs(): number | undefined {
    let next: number | undefined;
    for (const entry of this.#entries.values()) if (next === undefined || entry.nextAtMs < next) next = entry.nextAtMs;
    return next;
  }
}

function oldestFirst(a: Waiting, b: Waiting): number {
  return a.waitingSinceMs - b.waitingSinceMs || (a.key < b.key ? -1 : a.key > b.key ? 1 : 0);
}

/**
 * What one owner wrote last, kept for as long as a store that fails over may yet lose it: its replicas follow a moment behind
 * what it has answered. Bounded by age and by size, oldest first.
 */
import type { Timer } from '../schedule/types.js';
import type { Seen } from '../store/types.js';

/** A replica that is further behind than this is not chosen (Redis: `cluster-replica-validity-factor`). */
export const KEPT_MS = 120_000;
const MOST_BYTES = 8 * 1024 * 1024;
/** Beside the text: keys, positions, the entry itself. */
const ENTRY_BYTES = 200;

/** A document as it must stand. */
export interface Lately {
  key: string;
  /** `undefined`: deleted. */
  json: string | undefined;
  /** 0: deleted. */
  version: number;
  seen: Seen | undefined;
}

interface Noted<T> {
  what: T;
  atMs: number;
}

export class WrittenLately {
  readonly #elapsedMs: () => number;
  readonly #documents = new Map<string, Noted<Lately>>();
  readonly #timers = new Map<string, Noted<Timer | undefined>>();
  #bytes = 0;

  /** @param elapsedMs milliseconds from anywhere, never set */
  constructor(elapsedMs: () => number) {
    this.#elapsedMs = elapsedMs;
  }

  get documents(): Lately[] {
    return Array.from(this.#documents.values(), ({ what }) => what);
  }

  /** Timers by id, as they were set last; `undefined`: taken off. */
  get timers(): [id: string, timer: Timer | undefined][] {
    return Array.from(this.#timers, ([id, { what }]) => [id, what]);
  }

  document(key: string): Lately | undefined {
    return this.#documents.get(key)?.what;
  }

  note(document: Lately): void {
    const { key } = document;
    const former = this.#documents.get(key);
    if (former !== undefined) {
      this.#bytes -= sizeOf(former.what);
      this.#documents.delete(key);
    }
    this.#documents.set(key, { what: document, atMs: this.#elapsedMs() });
    this.#bytes += sizeOf(document);
  }

  noteTimer(id: string, timer: Timer | undefined): void {
    this.#timers.delete(id);
    this.#timers.set(id, { what: timer, atMs: this.#elapsedMs() });
  }

  /** Lets go of what is old, and of what is too much. */
  trim(): void {
    const before = this.#elapsedMs() - KEPT_MS;
    for (const [key, { what, atMs }] of this.#documents) {
      if (atMs >= before && this.#bytes <= MOST_BYTES) break;
      this.#documents.delete(key);
      this.#bytes -= sizeOf(what);
    }
    for (const [id, { atMs }] of this.#timers) {
      if (atMs >= before && this.#timers.size * ENTRY_BYTES <= MOST_BYTES) break;
      this.#timers.delete(id);
    }
  }
}

function sizeOf({ json }: Lately): number {
  return ENTRY_BYTES + (json?.length ?? 0);
}

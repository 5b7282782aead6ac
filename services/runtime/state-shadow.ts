/**
 * What another process's workers have stored, for looking at: a decision point on its own judges with it. Read when it is
 * first asked for, read again when it is older than it may be, and never written. What is shown is at hand without I/O.
 */
import { LRUCache } from 'lru-cache';
import type { Store } from './store/types.js';

interface Seen {
  value: unknown;
  readAtMs: number;
}

export interface StateShadowOptions {
  store: Pick<Store, 'get'>;
  maxStates: number;
  /** How old what is shown may be before a warming reads it again, in milliseconds. */
  freshForMs: number;
  /** Milliseconds from anywhere, never set. */
  elapsedMs?: () => number;
}

export class StateShadow {
  readonly #options: StateShadowOptions;
  readonly #seen: LRUCache<string, Seen>;
  readonly #elapsedMs: () => number;
  readonly states: { get(key: string): unknown };

  constructor(options: StateShadowOptions) {
    this.#options = options;
    this.#seen = new LRUCache({ max: options.maxStates });
    this.#elapsedMs = options.elapsedMs ?? (() => performance.now());
    this.states = { get: (key) => this.#seen.get(key)?.value };
  }

  /** Reads what `keysOf` names and is not at hand or too old, until it names nothing new. */
  async warm(keysOf: () => readonly string[]): Promise<void> {
    await this.#read(keysOf, this.#elapsedMs() - this.#options.freshForMs);
  }

  /** Reads all of it again, however fresh it is: something is known to have changed. */
  async refresh(keysOf: () => readonly string[]): Promise<void> {
    await this.#read(keysOf, this.#elapsedMs());
  }

  /** How old the oldest of these is; `undefined`: one was never read. */
  ageMs(keys: readonly string[]): number | undefined {
    let oldest = this.#elapsedMs();
    for (const key of keys) {
      const seen = this.#seen.peek(key);
      if (seen === undefined) return undefined;
      oldest = Math.min(oldest, seen.readAtMs);
    }
    return this.#elapsedMs() - oldest;
  }

  async #read(keysOf: () => readonly string[], notBefore: number): Promise<void> {
    for (;;) {
      const old = [...new Set(keysOf())].filter((key) => (this.#seen.peek(key)?.readAtMs ?? -Infinity) < notBefore);
      if (old.length === 0) return;
      // The time before it was asked: what was written since may be missing.
      const readAtMs = Math.max(this.#elapsedMs(), notBefore);
      const documents = await this.#options.store.get(old);
      old.forEach((key, index) => this.#seen.set(key, { value: documents[index]?.value, readAtMs }));
    }
  }
}

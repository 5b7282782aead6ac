/**
 * A worker's states: live objects, read from the store once and written back at each checkpoint.
 *
 * What the running batch touches is pinned; what it leaves behind is kept while there is room (least recently used goes
 * first). An absent document is remembered too, so that a key that does not exist is asked for once.
 */
import { LRUCache } from 'lru-cache';
import type { Document, Seen, Store, Write } from './store/types.js';

export interface Entry {
  value: unknown;
  /** Of the stored document this came from; 0: there is none; `undefined`: never read, written blindly. */
  version: number | undefined;
  seen: Seen | undefined;
}

export class StateCache {
  readonly #store: Pick<Store, 'get'>;
  readonly #kept: LRUCache<string, Entry>;
  #pinned = new Map<string, Entry>();
  /** Of those pinned, what was not kept already: what was is where it belongs. */
  #arrived: string[] = [];
  /** Keys set by the running batch, and by the record of which offset last. */
  #dirty = new Map<string, number | undefined>();
  /** Rises with each commit, so that a read begun before it is not taken for news. */
  #generation = 0;

  constructor(store: Pick<Store, 'get'>, maxStates: number) {
    this.#store = store;
    this.#kept = new LRUCache({ max: maxStates });
  }

  /** Whether the state (or its absence) is known. */
  has(key: string): boolean {
    return this.entry(key) !== undefined;
  }

  /** Pins and gives what is known of a key. */
  entry(key: string): Entry | undefined {
    let entry = this.#pinned.get(key);
    if (entry === undefined) {
      entry = this.#kept.get(key);
      if (entry !== undefined) this.#pinned.set(key, entry);
    }
    return entry;
  }

  /** Looks without pinning; for those who judge between batches. */
  peek(key: string): unknown {
    return (this.#pinned.get(key) ?? this.#kept.get(key))?.value;
  }

  /** @param offset of the input that sets it; `undefined` for timers of the wall clock */
  set(key: string, value: unknown, offset: number | undefined): void {
    const entry = this.entry(key);
    if (entry === undefined) this.#pin(key, { value, version: undefined, seen: undefined });
    else entry.value = value;
    this.#dirty.set(key, offset ?? this.#dirty.get(key));
  }

  /** Reads what is not known yet, pinned for the running batch. Gives whether any of it is there. */
  async load(keys: readonly string[]): Promise<boolean> {
    const missing = [...new Set(keys)].filter((key) => !this.has(key));
    if (missing.length === 0) return false;
    const documents = await this.#store.get(missing);
    missing.forEach((key, index) => {
      if (!this.#pinned.has(key)) this.#pin(key, entryOf(documents[index]));
    });
    return documents.some((document) => document !== undefined);
  }

  /** Reads what is not known yet, for looking at; does not disturb a running batch. */
  async warm(keys: readonly string[]): Promise<void> {
    for (;;) {
      const missing = keys.filter((key) => this.#pinned.get(key) === undefined && !this.#kept.has(key));
      if (missing.length === 0) return;
      const generation = this.#generation;
      const documents = await this.#store.get(missing);
      // A commit in between may have written what was read; what it wrote is cached, what it did not is read again.
      if (generation !== this.#generation) continue;
      missing.forEach((key, index) => {
        if (!this.#pinned.has(key) && !this.#kept.has(key)) this.#kept.set(key, entryOf(documents[index]));
      });
      return;
    }
  }

  /** The running batch's writes. */
  writes(position: { epoch: number; partition: number } | undefined): Write[] {
    return Array.from(this.#dirty, ([key, offset]) => {
      const entry = this.#pinned.get(key) as Entry;
      return {
        key,
        value: entry.value,
        ...(entry.version === undefined ? {} : { expectVersion: entry.version }),
        ...(position === undefined || offset === undefined ? {} : { seen: { ...position, offset } }),
      };
    });
  }

  /**
   * The writes are durable: what was pinned is kept while there is room.
   * @param versions of documents that have another one than the writes say
   */
  committed(writes: readonly Write[], versions?: ReadonlyMap<string, number>): void {
    this.#generation++;
    for (const write of writes) {
      const entry = this.#pinned.get(write.key);
      if (entry === undefined) continue;
      if (entry.version === undefined) {
        // Never read, so its version is not known: the next one who reads it asks the store.
        this.#pinned.delete(write.key);
        this.#kept.delete(write.key);
        continue;
      }
      entry.version = write.value === undefined ? 0 : entry.version + 1;
      if (write.seen !== undefined) entry.seen = write.seen;
    }
    for (const key of this.#arrived) {
      const entry = this.#pinned.get(key);
      if (entry !== undefined) this.#kept.set(key, entry);
    }
    this.#begin();
    if (versions !== undefined) this.renumber(versions);
  }

  /** The store had lost these, and has them again as they are here, under other versions. Between batches only. */
  renumber(versions: ReadonlyMap<string, number>): void {
    for (const [key, version] of versions) {
      const entry = this.#kept.peek(key);
      if (entry?.version !== undefined) entry.version = version;
    }
  }

  /** Forgets everything: another may have written any of it. */
  clear(): void {
    this.drop();
    this.#kept.clear();
  }

  /** Forgets all that the running batch touched, since objects may have been changed in place. */
  drop(lost: readonly string[] = []): void {
    this.#generation++;
    for (const key of this.#pinned.keys()) this.#kept.delete(key);
    for (const key of lost) this.#kept.delete(key);
    this.#begin();
  }

  #pin(key: string, entry: Entry): void {
    this.#pinned.set(key, entry);
    this.#arrived.push(key);
  }

  #begin(): void {
    this.#pinned = new Map();
    this.#arrived = [];
    this.#dirty = new Map();
  }
}

function entryOf(document: Document | undefined): Entry {
  return { value: document?.value, version: document?.version ?? 0, seen: document?.seen };
}

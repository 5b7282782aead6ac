/**
 * What the deep tier said of windows, so that a result of a kind that comes again and again is read once. Windows are the same
 * where their pieces are, but for the digits of their numbers: another amount or another day makes no other request of it.
 */
import { LRUCache } from 'lru-cache';

export interface ReadWindow {
  logOdds: number;
  /** Of each piece. */
  pieces: Float32Array;
}

/** Some 3 MB. */
const REMEMBERED = 4_096;

export class RememberedWindows {
  readonly #read = new LRUCache<string, ReadWindow>({ max: REMEMBERED });
  readonly #isNumber: (id: number) => boolean;
  constructor(isNumber: (id: number) => boolean) {
    this.#isNumber = isNumber;
  }

  /** Of these pieces, which are ids below 2¹⁶. */
  keyOf(ids: Int32Array): string {
    let key = '';
    for (const id of ids) key += this.#isNumber(id) ? '\0' : String.fromCharCode(id);
    return key;
  }

  get(key: string): ReadWindow | undefined {
    return this.#read.get(key);
  }

  set(key: string, read: ReadWindow): void {
    this.#read.set(key, read);
  }
}

/**
 * A memo with a bound: what was made of a text is given again for the same text. Two generations: when the younger one is
 * full, the older one is forgotten and the younger takes its place, so that what is asked for again and again stays. A
 * look-up costs one or two of a map's, and nothing is kept in order.
 */

/** A text of its own: a part of a text would hold on to the whole of it. */
export function detached(text: string): string {
  return Buffer.from(text, 'utf16le').toString('utf16le');
}

export class Remembered<Value> {
  readonly #most: number;
  #young = new Map<string, Value>();
  #old = new Map<string, Value>();

  /** @param most texts remembered at any time, at least 2 */
  constructor(most: number) {
    this.#most = Math.max(1, most >> 1);
  }

  get size(): number {
    return this.#young.size + this.#old.size;
  }

  /** What `make` gives for the text, now or when it was asked for before. `make` must depend on nothing but the text. */
  of(text: string, make: (text: string) => Value): Value {
    const known = this.#young.get(text);
    if (known !== undefined) return known;
    const former = this.#old.get(text);
    const value = former ?? make(text);
    if (this.#young.size >= this.#most) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(detached(text), value);
    return value;
  }
}

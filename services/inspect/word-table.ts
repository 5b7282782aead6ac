/**
 * Words by their units: what a word of a text is known as, without cutting it out. Words are ASCII, lower case; those of the
 * text may be written in capitals. A table of hashes with open addressing, and a comparison behind it: no word is taken for
 * another one.
 */

const PRIME = 0x01000193;
const SEED = 0x811c9dc5 | 0;

export class WordTable {
  /** Of each place, one more than the word's number; 0 for none. */
  readonly #places: Uint16Array;
  readonly #mask: number;
  readonly #words: Uint8Array[] = [];
  readonly #marks: number[] = [];
  /** By length and first letter: most words that are in no table are told by them. */
  readonly #beginnings: Uint8Array;
  readonly #longest: number;

  /** Each mark is a bit; a word that stands in several lists has several. */
  constructor(lists: readonly { words: Iterable<string>; mark: number }[]) {
    const marks = new Map<string, number>();
    for (const { words, mark } of lists) for (const word of words) marks.set(word, (marks.get(word) ?? 0) | mark);
    this.#longest = Math.max(...[...marks.keys()].map((word) => word.length));
    this.#beginnings = new Uint8Array((this.#longest + 1) << 5);
    const size = 2 ** Math.ceil(Math.log2(marks.size * 4));
    this.#mask = size - 1;
    this.#places = new Uint16Array(size);
    for (const [word, mark] of marks) {
      const units = Uint8Array.from(word, (character) => character.charCodeAt(0));
      let place = hashOf(units, 0, units.length) & this.#mask;
      while (this.#places[place] !== 0) place = (place + 1) & this.#mask;
      this.#places[place] = this.#words.push(units);
      this.#marks.push(mark);
      this.#beginnings[(units.length << 5) | ((units[0] as number) & 31)] = 1;
    }
  }

  /** The marks of the word that these units are, 0 where it is in no list. They must be ASCII, and there must be one. */
  marksOf(units: Uint16Array, from: number, to: number): number {
    const length = to - from;
    if (length > this.#longest || this.#beginnings[(length << 5) | ((units[from] as number) & 31)] === 0) return 0;
    const places = this.#places;
    for (let place = hashOf(units, from, to) & this.#mask; ; place = (place + 1) & this.#mask) {
      const number = places[place] as number;
      if (number === 0) return 0;
      if (isSame(this.#words[number - 1] as Uint8Array, units, from, length)) return this.#marks[number - 1] as number;
    }
  }
}

/** Small letters and capitals differ by one bit; of what else stands in words (hyphens, apostrophes) that bit is set. */
const lowered = (code: number): number => code | 32;

function hashOf(units: Uint8Array | Uint16Array, from: number, to: number): number {
  let hash = SEED;
  for (let at = from; at < to; at++) hash = Math.imul(hash ^ lowered(units[at] as number), PRIME);
  return hash ^ (hash >>> 15);
}

function isSame(word: Uint8Array, units: Uint16Array, from: number, length: number): boolean {
  if (word.length !== length) return false;
  for (let at = 0; at < length; at++) if (word[at] !== lowered(units[from + at] as number)) return false;
  return true;
}

/**
 * Finds where which of many literals stand in a text, in one pass however many there are, without regard to case.
 *
 * A literal may say that a word begins or ends at its ends: {@link EDGE} stands for what `\b` is in a pattern, a change between
 * letters, digits and `_` and anything else. The pass looks at three neighbouring characters at a time, each by one of 32
 * classes: what no literal begins with, as nearly all of a text does, is passed over by one look-up that no other one has to
 * wait for. Where one may begin, those that do are compared letter by letter, so classes may be shared without harm.
 */
import { folded } from '../folding.js';
import { unitsOf } from '../units.js';

/** A word boundary at an end of a literal; written like in a pattern. */
export const EDGE = '\b';

const WORD = /\w/;
const isWord = (code: number): boolean => code < 128 && WORDS[code] === 1;
const WORDS = Uint8Array.from({ length: 128 }, (_, code) => (WORD.test(String.fromCharCode(code)) ? 1 : 0));

const CLASS_BITS = 5;
const CLASSES = 1 << CLASS_BITS;
/** Letters are 1 to 26 whatever their case, 0 is what else there is. */
const DIGIT = 27;
/** Signs that literals begin with are told apart, so that a text full of quotes and blanks is passed over all the same. */
const SIGNS = [...['<>|', '[({', '](!*', '/:.~=-#'].entries()].flatMap(([at, signs]) =>
  [...signs].map((sign) => [sign.charCodeAt(0), 28 + at] as const),
);
const BEYOND = CLASSES - 1;
const CLASS = Uint8Array.from({ length: 128 }, (_, code) => {
  if (WORDS[code] === 0) return SIGNS.find(([sign]) => sign === code)?.[1] ?? 0;
  const letter = (code | 32) - 96;
  return code >= 65 && letter >= 1 && letter <= 26 ? letter : DIGIT;
});
/** Beside the class: the case of this character folds across ASCII in patterns with the flag `u`. */
const ODD = CLASSES;
const ODD_FOLDS = [0x17f, 0x212a, 0x130, 0x131];

/** Characters of a literal that are looked up at once. */
const LOOKED_UP = 3;
const PLACES = 1 << (LOOKED_UP * CLASS_BITS);

/** Not shared between threads: what was found is told until the next text is read. */
export class LiteralScan {
  /** By the classes of three characters, one more than the number of the list of literals that may begin with them; 0 for none. */
  readonly #lists: Uint16Array;
  readonly #begin: Int32Array[] = [];
  /** Beyond ASCII, the class of those that stand in a literal, and {@link ODD}. */
  readonly #beyond = new Uint8Array(1 << 16);
  /** Of each literal its folded units, one behind the other from `#from` on. */
  readonly #units: Uint16Array;
  readonly #from: Int32Array;
  readonly #opensWord: Uint8Array;
  readonly #closesWord: Uint8Array;
  /** What stands in the text read last, in order of its beginning, valid up to `count`: the literal's place in the list that was given. */
  found: Int32Array = new Int32Array(1024);
  /** Where each begins. */
  starts: Int32Array = new Int32Array(1024);
  count = 0;
  /** Whether a character of the text read last folds across ASCII in some patterns: literals may stand there in it. */
  hasOddFolds = false;

  /** `literals`: lower case, at least a character that is no edge. */
  constructor(literals: readonly string[]) {
    const bare = literals.map((literal) => literal.replaceAll(EDGE, ''));
    this.#opensWord = Uint8Array.from(literals, (literal) => (literal.startsWith(EDGE) ? 1 : 0));
    this.#closesWord = Uint8Array.from(literals, (literal) => (literal.endsWith(EDGE) ? 1 : 0));
    this.#units = new Uint16Array(bare.reduce((sum, { length }) => sum + length, 0));
    this.#from = new Int32Array(bare.length + 1);
    for (const [literal, text] of bare.entries()) {
      const from = this.#from[literal] as number;
      for (let at = 0; at < text.length; at++) this.#units[from + at] = folded(text.charCodeAt(at));
      this.#from[literal + 1] = from + text.length;
    }
    const known = new Set(this.#units);
    for (let code = 128; code < this.#beyond.length; code++) if (known.has(folded(code))) this.#beyond[code] = BEYOND;
    for (const code of ODD_FOLDS) this.#beyond[code] = (this.#beyond[code] as number) | ODD;
    this.#lists = this.#listed(bare);
  }

  #listed(literals: readonly string[]): Uint16Array {
    const byPlace = new Map<number, number[]>();
    const add = (literal: number, text: string, at: number, place: number): void => {
      if (at === LOOKED_UP) {
        const list = byPlace.get(place);
        if (list === undefined) byPlace.set(place, [literal]);
        else list.push(literal);
        return;
      }
      const code = at < text.length ? folded(text.charCodeAt(at)) : -1;
      // Behind a short literal anything may stand.
      const classes = code < 0 ? ANY : [code < 128 ? (CLASS[code] as number) : BEYOND];
      for (const each of classes) add(literal, text, at + 1, (place << CLASS_BITS) | each);
    };
    for (const [literal, text] of literals.entries()) add(literal, text, 0, 0);
    const lists = new Uint16Array(PLACES);
    const numbers = new Map<string, number>();
    for (const [place, list] of byPlace) {
      const key = list.join();
      let number = numbers.get(key);
      if (number === undefined) {
        number = this.#begin.push(Int32Array.from(list));
        numbers.set(key, number);
      }
      lists[place] = number;
    }
    return lists;
  }

  /** Reads a text; says whether it goes beyond ASCII. */
  read(text: string): boolean {
    const units = unitsOf(text);
    const lists = this.#lists;
    const beyond = this.#beyond;
    const { length } = text;
    this.count = 0;
    let marks = 0;
    let beyondAscii = false;
    let place = 0;
    // What is looked up begins two units before, so two more are looked up behind the end.
    for (let at = 0; at < length + 2; at++) {
      const code = at < length ? (units[at] as number) : 0;
      let kind: number;
      if (code < 128) kind = CLASS[code] as number;
      else {
        kind = beyond[code] as number;
        marks |= kind;
        kind &= CLASSES - 1;
        beyondAscii = true;
      }
      place = ((place << CLASS_BITS) | kind) & (PLACES - 1);
      const list = lists[place] as number;
      if (list !== 0 && at >= 2) this.#compare(this.#begin[list - 1] as Int32Array, units, at - 2, length);
    }
    this.hasOddFolds = (marks & ODD) !== 0;
    return beyondAscii;
  }

  /** Notes those of a list that stand at a place. */
  #compare(list: Int32Array, units: Uint16Array, start: number, length: number): void {
    const isWithinWord = (start > 0 && isWord(units[start - 1] as number)) === isWord(units[start] as number);
    for (let at = 0; at < list.length; at++) {
      const literal = list[at] as number;
      if (isWithinWord && this.#opensWord[literal] === 1) continue;
      const from = this.#from[literal] as number;
      const to = this.#from[literal + 1] as number;
      const end = start + to - from;
      if (end > length) continue;
      let same = from;
      for (let place = start; same < to; same++, place++) {
        const code = units[place] as number;
        if ((code < 128 ? (LOWER[code] as number) : folded(code)) !== this.#units[same]) break;
      }
      if (same < to) continue;
      if (this.#closesWord[literal] === 1) {
        const isWordBehind = end < length && isWord(units[end] as number);
        if (isWordBehind === isWord(units[end - 1] as number)) continue;
      }
      this.#note(literal, start);
    }
  }

  #note(literal: number, start: number): void {
    if (this.count === this.found.length) {
      this.found = doubled(this.found);
      this.starts = doubled(this.starts);
    }
    this.found[this.count] = literal;
    this.starts[this.count++] = start;
  }
}

const ANY = Array.from({ length: CLASSES }, (_, at) => at);
const LOWER = Uint8Array.from({ length: 128 }, (_, code) => folded(code));

function doubled(array: Int32Array): Int32Array {
  const larger = new Int32Array(array.length * 2);
  larger.set(array);
  return larger;
}

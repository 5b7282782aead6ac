/**
 * Finds where which of many literals stand in a text, in one pass however many there are, without regard to case.
 *
 * A literal may say that a word begins or ends at its ends: {@link EDGE} stands for what `\b` is in a pattern, a change between
 * letters, digits and `_` and anything else. The pass looks at four neighbouring characters at a time, each by one of 32
 * classes: what no literal begins with, as nearly all of a text does, is passed over by one or two look-ups that no other one
 * has to wait for. Where one may begin, those that do are compared letter by letter, so classes may be shared without harm.
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
/** Signs that literals begin with are told apart from quotes and blanks, of which texts are full. */
const SIGNS = [...['<>|', '[({', '!*#~]/.', '-:='].entries()].flatMap(([at, signs]) =>
  [...signs].map((sign) => [sign.charCodeAt(0), DIGIT + 1 + at] as const),
);
/** What stands in literals beyond ASCII. */
const BEYOND = CLASSES - 1;
const CLASS = Uint8Array.from({ length: 128 }, (_, code) => {
  if (WORDS[code] === 0) return SIGNS.find(([sign]) => sign === code)?.[1] ?? 0;
  const letter = (code | 32) - 96;
  return code >= 65 && letter >= 1 && letter <= 26 ? letter : DIGIT;
});
/** Beside the class: the case of this character folds across ASCII in patterns with the flag `u`. */
const ODD = CLASSES;
const ODD_FOLDS = [0x17f, 0x212a, 0x130, 0x131];

/** Of four characters three are looked up first: nearly always no literal begins with them. */
const LOOKED_UP = 3;
const PLACES = 1 << (LOOKED_UP * CLASS_BITS);

const ANY = Array.from({ length: CLASSES }, (_, at) => at);
/** The classes of what is no letter, digit or `_`. */
const NO_WORD = ANY.filter((each) => each === 0 || each > DIGIT);

/** The classes that a literal's character may have: before its beginning that of no word, behind its end that or any. */
function classesOf(text: string, at: number, closesWord: boolean): readonly number[] {
  if (at < 0) return NO_WORD;
  if (at >= text.length) return closesWord && at === text.length ? NO_WORD : ANY;
  const code = folded(text.charCodeAt(at));
  return [code < 128 ? (CLASS[code] as number) : BEYOND];
}

/** Not shared between threads: what was found is told until the next text is read. */
export class LiteralScan {
  /** By the classes of three characters, where `#fourth` goes on; 0 where no literal begins. */
  readonly #places: Uint16Array;
  /** From there on, by the class of the fourth one, the number of the list of literals that may begin here; 0 for none. */
  readonly #fourth: Uint16Array;
  /**
   * Lists of literals, each from `#listFrom` on. Of a literal that begins a word the first of the four characters is what
   * stands before it: then one more than twice its number stands there instead of twice its number.
   */
  readonly #lists: Int32Array;
  readonly #listFrom: Int32Array;
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
    this.#places = new Uint16Array(PLACES);
    const { fourth, lists } = this.#listed(bare);
    this.#fourth = Uint16Array.from(fourth);
    this.#lists = Int32Array.from(lists.flat());
    this.#listFrom = new Int32Array(lists.length + 1);
    for (const [number, list] of lists.entries())
      this.#listFrom[number + 1] = (this.#listFrom[number] as number) + list.length;
  }

  #listed(literals: readonly string[]): { fourth: number[]; lists: number[][] } {
    /** By place in a list, the classes that each of the four characters may have, a bit for each. */
    const masks = new Map<number, number[]>();
    for (const [literal, text] of literals.entries()) {
      const isBehind = this.#opensWord[literal] === 1 && isWord(text.charCodeAt(0));
      const closesWord = this.#closesWord[literal] === 1 && isWord(text.charCodeAt(text.length - 1));
      masks.set(
        2 * literal + (isBehind ? 1 : 0),
        ANY.slice(0, LOOKED_UP + 1).map((at) =>
          classesOf(text, isBehind ? at - 1 : at, closesWord).reduce((bits, each) => bits | (1 << each), 0),
        ),
      );
    }
    /** Those of a list that the character at a place of the four leaves over. */
    const left = (list: readonly number[], at: number, kind: number): number[] =>
      list.filter((entry) => ((((masks.get(entry) as number[])[at] as number) >>> kind) & 1) === 1);
    const fourth = Array.from({ length: CLASSES }, () => 0);
    const lists: number[][] = [[]];
    const listNumbers = new Map<string, number>([['', 0]]);
    const blockNumbers = new Map<string, number>([['', 0]]);
    const numberOf = (list: number[]): number => {
      const key = list.join();
      const known = listNumbers.get(key);
      if (known !== undefined) return known;
      listNumbers.set(key, lists.length);
      return lists.push(list) - 1;
    };
    const blockOf = (list: number[]): number => {
      const key = list.join();
      const known = blockNumbers.get(key);
      if (known !== undefined) return known;
      const block = fourth.length >>> CLASS_BITS;
      blockNumbers.set(key, block);
      fourth.push(...ANY.map((kind) => numberOf(left(list, LOOKED_UP, kind))));
      return block;
    };
    const fill = (list: number[], at: number, place: number): void => {
      if (list.length === 0) return;
      if (at === LOOKED_UP) this.#places[place] = blockOf(list);
      else for (const kind of ANY) fill(left(list, at, kind), at + 1, (place << CLASS_BITS) | kind);
    };
    // In order of where they begin, so that what is found is.
    fill(
      [...masks.keys()].sort((a, b) => (a & 1) - (b & 1)),
      0,
      0,
    );
    return { fourth, lists };
  }

  /** Reads a text; says whether it goes beyond ASCII. */
  read(text: string): boolean {
    const units = unitsOf(text);
    const places = this.#places;
    const fourth = this.#fourth;
    const beyond = this.#beyond;
    const { length } = text;
    this.count = 0;
    let marks = 0;
    let beyondAscii = false;
    let classes = 0;
    // What is looked up begins three units before, so three more are looked up behind the end.
    for (let at = 0; at < length + LOOKED_UP; at++) {
      const code = at < length ? (units[at] as number) : 0;
      let kind: number;
      if (code < 128) kind = CLASS[code] as number;
      else {
        kind = beyond[code] as number;
        marks |= kind;
        kind &= CLASSES - 1;
        beyondAscii = true;
      }
      const place = places[classes & (PLACES - 1)] as number;
      classes = (classes << CLASS_BITS) | kind;
      if (place === 0) continue;
      const list = fourth[(place << CLASS_BITS) | kind] as number;
      if (list !== 0) this.#compare(list, units, at - LOOKED_UP, length);
    }
    this.hasOddFolds = (marks & ODD) !== 0;
    return beyondAscii;
  }

  /** Notes those of a list that stand at a place. */
  #compare(list: number, units: Uint16Array, place: number, length: number): void {
    const last = this.#listFrom[list + 1] as number;
    for (let at = this.#listFrom[list] as number; at < last; at++) {
      const entry = this.#lists[at] as number;
      const literal = entry >>> 1;
      const start = place + (entry & 1);
      // That a word begins there is known where the character before it was looked at.
      if (start < 0 || (this.#opensWord[literal] === 1 && (entry & 1) === 0 && !isEdge(units, start))) continue;
      const from = this.#from[literal] as number;
      const to = this.#from[literal + 1] as number;
      const end = start + to - from;
      if (end > length) continue;
      let same = from;
      for (let unit = start; same < to; same++, unit++) {
        const code = units[unit] as number;
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

/** Whether letters, digits or `_` begin or end here. */
function isEdge(units: Uint16Array, at: number): boolean {
  return (at > 0 && isWord(units[at - 1] as number)) !== isWord(units[at] as number);
}

const LOWER = Uint8Array.from({ length: 128 }, (_, code) => folded(code));

function doubled(array: Int32Array): Int32Array {
  const larger = new Int32Array(array.length * 2);
  larger.set(array);
  return larger;
}

/**
 * Finds which of many literals stand in a text, in one pass however many there are (Aho and Corasick, "Efficient string
 * matching", 1975), without regard to case.
 *
 * A literal may say that a word begins or ends at its ends: {@link EDGE} stands for what `\b` is in a pattern, a change
 * between letters, digits and `_` and anything else. The automaton reads such changes as a sign of their own. Literals of ASCII alone have
 * an automaton for themselves, small enough for the processor's cache; the other one reads texts that go beyond ASCII.
 */

import { folded } from '../folding.js';
import { unitsOf } from '../units.js';

/** A word boundary at an end of a literal; written like in a pattern. */
export const EDGE = '\b';

const isWord = (code: number): boolean =>
  (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || (code >= 48 && code <= 57) || code === 95;

/** The sign for an edge; 0 is every character that no literal has. */
const EDGE_SIGN = 1;
/** Added to the sign of a letter, digit or `_`. */
const WORD_BIT = 1 << 15;

/** A literal with its inner edges: "note to" is read as `note`, edge, space, edge, `to`. */
function signed(literal: string): string {
  let signs = '';
  for (const character of literal) {
    const before = signs.at(-1);
    if (
      before !== undefined &&
      before !== EDGE &&
      character !== EDGE &&
      isWord(before.charCodeAt(0)) !== isWord(character.charCodeAt(0))
    )
      signs += EDGE;
    signs += character;
  }
  return signs;
}

/** One automaton over the literals that are given, each with the number by which it is told. */
class Automaton {
  /** By character code: its sign, and whether it is part of words. Codes from `signs.length` on are sign 0. */
  readonly signs: Uint16Array;
  /** Signs, rounded up to a power of two, as a shift. */
  readonly shift: number;
  /** By state and sign, the next state; negative (all bits turned) where literals end in it. */
  readonly next: Int32Array;
  /** Literals that end in a state; most have none. */
  readonly ended: (Int32Array | undefined)[] = [];

  constructor(literals: readonly { text: string; id: number }[], codes: number) {
    const bySign = new Map<number, number>();
    const spelled = literals.map(({ text, id }) => ({
      id,
      signs: Array.from(signed(text), (character) => {
        if (character === EDGE) return EDGE_SIGN;
        const code = folded(character.charCodeAt(0));
        const sign = bySign.get(code) ?? bySign.size + 2;
        bySign.set(code, sign);
        return sign;
      }),
    }));
    this.signs = new Uint16Array(codes);
    for (let code = 0; code < codes; code++)
      this.signs[code] = (bySign.get(folded(code)) ?? 0) | (isWord(code) ? WORD_BIT : 0);
    this.shift = Math.ceil(Math.log2(bySign.size + 2));
    const width = 1 << this.shift;
    const states = 1 + spelled.reduce((sum, { signs }) => sum + signs.length, 0);
    const next = new Int32Array(states * width);
    const ends: number[][] = [[]];
    for (const { signs, id } of spelled) {
      let state = 0;
      for (const sign of signs) {
        if (next[state * width + sign] === 0) {
          next[state * width + sign] = ends.length;
          ends.push([]);
        }
        state = next[state * width + sign] as number;
      }
      (ends[state] as number[]).push(id);
    }
    // Breadth first: where a state has no way on, that of its longest proper suffix counts.
    const fallback = new Int32Array(ends.length);
    const queue: number[] = [];
    for (let sign = 0; sign < width; sign++) if (next[sign] !== 0) queue.push(next[sign] as number);
    for (let head = 0; head < queue.length; head++) {
      const state = queue[head] as number;
      const back = fallback[state] as number;
      (ends[state] as number[]).push(...(ends[back] as number[]));
      for (let sign = 0; sign < width; sign++) {
        const at = state * width + sign;
        const by = next[back * width + sign] as number;
        if (next[at] === 0) next[at] = by;
        else {
          fallback[next[at] as number] = by;
          queue.push(next[at] as number);
        }
      }
    }
    for (const [state, ids] of ends.entries()) if (ids.length > 0) this.ended[state] = Int32Array.from(ids);
    this.next = next
      .subarray(0, ends.length * width)
      .map((state) => (this.ended[state] === undefined ? state * width : ~(state * width)));
  }
}

/** Not shared between threads: what was found is told until the next text is read. */
export class LiteralScan {
  readonly #ascii: Automaton;
  readonly #others: Automaton;
  /** By literal, the number of the text that it was found in last. */
  readonly #seen: Int32Array;
  #text = 0;
  /** The literals of the text read last, by their place in the list that was given; valid up to `count`. */
  readonly found: Int32Array;
  count = 0;

  /** `literals`: lower case. */
  constructor(literals: readonly string[]) {
    const all = literals.map((text, id) => ({ text, id }));
    const isAscii = ({ text }: { text: string }): boolean => !/[^\x00-\x7f]/.test(text);
    this.#ascii = new Automaton(all.filter(isAscii), 128);
    this.#others = new Automaton(
      all.filter((literal) => !isAscii(literal)),
      1 << 16,
    );
    this.#seen = new Int32Array(all.length);
    this.found = new Int32Array(all.length);
  }

  /** Reads a text; says whether it goes beyond ASCII. */
  read(text: string): boolean {
    this.#text++;
    this.count = 0;
    const beyondAscii = this.#run(this.#ascii, text);
    if (beyondAscii) this.#run(this.#others, text);
    return beyondAscii;
  }

  hasAny(literals: Int32Array): boolean {
    for (const literal of literals) if (this.#seen[literal] === this.#text) return true;
    return false;
  }

  /** Says whether a character beyond the automaton's codes was met. */
  #run(automaton: Automaton, text: string): boolean {
    const { signs, next, ended, shift } = automaton;
    const codes = signs.length;
    const units = unitsOf(text);
    const { length } = text;
    let state = 0;
    let word = 0;
    let beyond = false;
    for (let at = 0; at < length; at++) {
      const code = units[at] as number;
      let sign = 0;
      if (code < codes) sign = signs[code] as number;
      else beyond = true;
      if (((sign ^ word) & WORD_BIT) !== 0) {
        word = sign;
        state = next[state + EDGE_SIGN] as number;
        if (state < 0) {
          state = ~state;
          this.#note(ended[state >> shift] as Int32Array);
        }
      }
      state = next[state + (sign & (WORD_BIT - 1))] as number;
      if (state < 0) {
        state = ~state;
        this.#note(ended[state >> shift] as Int32Array);
      }
    }
    if ((word & WORD_BIT) !== 0) {
      state = next[state + EDGE_SIGN] as number;
      if (state < 0) this.#note(ended[~state >> shift] as Int32Array);
    }
    return beyond;
  }

  #note(literals: Int32Array): void {
    for (const literal of literals) {
      if (this.#seen[literal] === this.#text) continue;
      this.#seen[literal] = this.#text;
      this.found[this.count++] = literal;
    }
  }
}

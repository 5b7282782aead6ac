/**
 * Which rules can match a window at all, told from its three-letter sequences, and where they are all there, by looking for its words.
 *
 * From each pattern's source follow literals without which it cannot match: of a sequence every part counts, of alternatives
 * one of each. A window's trigrams are noted once, in one pass; a rule whose literals are not all there is not tried. The
 * test may pass a rule that then does not match, never the other way round (tests/inspect/prefilter.test.ts compares).
 */
import type { Rule } from './rule.js';

/** Sets of literals, lower case: of each set at least one must stand in the text. An empty list demands nothing. */
export type Demand = readonly (readonly string[])[];

const SHORTEST = 3;
/** Sets that are looked at per sequence; the longest literals tell the most. */
const MOST_SETS = 4;
const SLOTS = 1 << 14;

type Node =
  | { kind: 'literal'; text: string }
  | { kind: 'choice'; options: Node[][] }
  /** Anything that demands nothing: a class, an optional part, a look-around. It ends a literal. */
  | { kind: 'gap' }
  /** Demands nothing and takes no room, so that a literal goes on behind it. */
  | { kind: 'edge' };

/** One demand for each alternative of the whole pattern: a rule can match if any of them is met. */
export function demandsOf(pattern: RegExp): Demand[] {
  const { options } = new PatternReader(pattern.source).read();
  return options.map(demandOf);
}

function demandOf(sequence: readonly Node[]): Demand {
  const sets: string[][] = [];
  let run = '';
  const flush = (): void => {
    if (usable(run)) sets.push([run.toLowerCase()]);
    run = '';
  };
  for (const node of sequence) {
    if (node.kind === 'literal') run += node.text;
    else if (node.kind === 'gap') flush();
    else if (node.kind === 'choice') {
      flush();
      const best = node.options.map((option) => bestOf(demandOf(option)));
      if (best.every((set) => set !== undefined)) sets.push(best.flat());
    }
  }
  flush();
  return sets.sort((a, b) => shortest(b) - shortest(a)).slice(0, MOST_SETS);
}

const shortest = (set: readonly string[]): number => Math.min(...set.map((literal) => literal.length));
/** Ideographs say much with two; they are tried wherever a text has letters beyond ASCII. */
const usable = (literal: string): boolean => literal.length >= SHORTEST || /[^\x00-\x7f]/.test(literal);

function bestOf(demand: Demand): readonly string[] | undefined {
  return demand[0];
}

/** Reads the part of the language of patterns that rules are written in. Throws a RangeError where it meets another. */
class PatternReader {
  readonly #source: string;
  #at = 0;
  constructor(source: string) {
    this.#source = source;
  }

  read(): { options: Node[][] } {
    const options = this.#options();
    if (this.#at < this.#source.length) throw new RangeError(`a pattern's \`${this.#source.slice(this.#at)}\``);
    return { options };
  }

  #options(): Node[][] {
    const options: Node[][] = [[]];
    while (this.#at < this.#source.length && this.#source[this.#at] !== ')') {
      if (this.#source[this.#at] === '|') {
        this.#at++;
        options.push([]);
        continue;
      }
      const node = this.#atom();
      const least = this.#quantifier();
      const sequence = options.at(-1) as Node[];
      if (least === undefined) sequence.push(node);
      else if (least === 0) sequence.push({ kind: 'gap' });
      // Once is certain, what follows of the repetition is not.
      else sequence.push(node, { kind: 'gap' });
    }
    return options;
  }

  /** The least number of times, where a quantifier stands here. */
  #quantifier(): number | undefined {
    const rest = this.#source.slice(this.#at, this.#at + 12);
    const found = /^(?:[?*+]|\{(\d+)(?:,\d*)?\})\??/.exec(rest);
    if (found === null) return undefined;
    this.#at += found[0].length;
    return found[1] !== undefined ? Number(found[1]) : found[0].startsWith('+') ? 1 : 0;
  }

  #atom(): Node {
    const source = this.#source;
    const character = source[this.#at] as string;
    this.#at++;
    switch (character) {
      case '^':
      case '$':
        return { kind: 'edge' };
      case '.':
        return { kind: 'gap' };
      case '[': {
        while (source[this.#at] !== ']') this.#at += source[this.#at] === '\\' ? 2 : 1;
        this.#at++;
        return { kind: 'gap' };
      }
      case '(': {
        const head = /^\?(?::|<?[=!])/.exec(source.slice(this.#at, this.#at + 4))?.[0];
        this.#at += head?.length ?? 0;
        const options = this.#options();
        this.#at++;
        return head === undefined || head === '?:' ? { kind: 'choice', options } : { kind: 'edge' };
      }
      case '\\':
        return this.#escape();
      default:
        return { kind: 'literal', text: character };
    }
  }

  #escape(): Node {
    const source = this.#source;
    const character = source[this.#at] as string;
    this.#at++;
    if (character === 'b' || character === 'B') return { kind: 'edge' };
    if (character === 'p' || character === 'P') {
      this.#at = source.indexOf('}', this.#at) + 1;
      return { kind: 'gap' };
    }
    if (character === 'u') {
      const code = source.slice(this.#at, this.#at + 4);
      this.#at += 4;
      return { kind: 'literal', text: String.fromCharCode(Number.parseInt(code, 16)) };
    }
    return /[a-z\d]/i.test(character) ? { kind: 'gap' } : { kind: 'literal', text: character };
  }
}

/** A literal and the slots of its trigrams; no slots: any text beyond ASCII may hold it. */
interface Sought {
  literal: string;
  slots: Int32Array;
}

const LOWER = new Uint8Array(128);
for (let code = 0; code < 128; code++) LOWER[code] = String.fromCharCode(code).toLowerCase().charCodeAt(0);

const slotOf = (a: number, b: number, c: number): number =>
  (Math.imul(a, 0x2f5) ^ Math.imul(b, 0x4d) ^ c) & (SLOTS - 1);

/** Letters whose case folds across ASCII in Unicode patterns: where they stand every rule is tried. */
const ODD_FOLDS = /[\u017f\u212a\u0130\u0131]/;
const BEYOND_ASCII = /[^\x00-\x7f]/;

/** A rule, ready to be tried only where it can match. Not shared between threads: a window is noted, then asked about. */
export class Prefilter {
  readonly #seen = new Int32Array(SLOTS);
  #window = 0;
  #beyondAscii = false;
  #all = false;
  #text = '';
  #lowered = '';
  /** What was looked up in the window noted last: many rules seek the same words. */
  readonly #found = new Map<string, boolean>();
  readonly #sought: readonly Sought[][][][];

  constructor(rules: readonly Pick<Rule, 'pattern'>[]) {
    this.#sought = rules.map(({ pattern }) =>
      demandsOf(pattern).map((demand) => demand.map((set) => set.map((literal) => soughtOf(literal)))),
    );
  }

  /** Notes a window's trigrams. */
  note(text: string): void {
    this.#window++;
    this.#beyondAscii = BEYOND_ASCII.test(text);
    this.#all = this.#beyondAscii && ODD_FOLDS.test(text);
    const lowered = this.#beyondAscii ? text.toLowerCase() : text;
    this.#lowered = this.#beyondAscii ? lowered : '';
    this.#text = text;
    this.#found.clear();
    const seen = this.#seen;
    const window = this.#window;
    let a = 0;
    let b = 0;
    for (let at = 0; at < lowered.length; at++) {
      const code = lowered.charCodeAt(at);
      const c = code < 128 ? (LOWER[code] as number) : code;
      seen[slotOf(a, b, c)] = window;
      a = b;
      b = c;
    }
  }

  /** Whether the rule with this index can match in the window noted last. */
  canMatch(rule: number): boolean {
    if (this.#all) return true;
    return (this.#sought[rule] as Sought[][][]).some((demand) =>
      demand.every((set) => set.some((literal) => this.#has(literal))),
    );
  }

  #has({ literal, slots }: Sought): boolean {
    if (slots.length === 0) return this.#beyondAscii;
    for (const slot of slots) if (this.#seen[slot] !== this.#window) return false;
    // Its trigrams are all there, and may be those of several words, or share slots with others: the word itself decides.
    let found = this.#found.get(literal);
    if (found === undefined) {
      if (this.#lowered === '') this.#lowered = this.#text.toLowerCase();
      found = this.#lowered.includes(literal);
      this.#found.set(literal, found);
    }
    return found;
  }
}

function soughtOf(literal: string): Sought {
  const codes = Array.from({ length: literal.length }, (_, at) => literal.charCodeAt(at));
  const slots = codes.slice(2).map((code, at) => slotOf(codes[at] as number, codes[at + 1] as number, code));
  return { literal, slots: Int32Array.from(slots.slice(0, 8)) };
}

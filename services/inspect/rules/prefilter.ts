/**
 * Which rules can match a window at all, told from the words that stand in it.
 *
 * From each pattern's source follow literals without which it cannot match: of a sequence every part counts, of alternatives
 * one of each. `\b` before or behind a literal belongs to it, so that `ai` is not found in `mail`. One automaton
 * (literal-scan.ts) finds all literals of all rules in one pass; a rule whose literals are not all there is not tried. The
 * test may pass a rule that then does not match, never the other way round (tests/inspect/prefilter.test.ts compares).
 */
import { EDGE, LiteralScan } from './literal-scan.js';
import type { Rule } from './rule.js';

/** Sets of literals, lower case: of each set at least one must stand in the text. An empty list demands nothing. */
export type Demand = readonly (readonly string[])[];

/** In letters; a boundary counts as one. A single letter stands in every text. */
const SHORTEST = 2;
/** Sets that are looked at per sequence; the longest literals tell the most. */
const MOST_SETS = 4;

type Node =
  | { kind: 'literal'; text: string }
  | { kind: 'choice'; options: Node[][] }
  /** Anything that demands nothing: a class, an optional part, a look-around. It ends a literal. */
  | { kind: 'gap' }
  /** Takes no room, so that a literal goes on behind it; a word boundary is told at the ends of literals. */
  | { kind: 'edge'; boundary: boolean };

/** One demand for each alternative of the whole pattern: a rule can match if any of them is met. */
export function demandsOf(pattern: RegExp): Demand[] {
  const { options } = new PatternReader(pattern.source).read();
  return options.map((option) => demandOf(option, false, false));
}

/** `before` and `behind`: whether a word boundary stands directly before and behind the sequence. */
function demandOf(sequence: readonly Node[], before: boolean, behind: boolean): Demand {
  const sets: string[][] = [];
  let run = '';
  /** A boundary stands at the place that is read. */
  let boundary = before;
  const flush = (): void => {
    if (boundary && run !== '') run += EDGE;
    if (run.length >= SHORTEST) sets.push([run.toLowerCase()]);
    run = '';
  };
  for (const [index, node] of sequence.entries()) {
    if (node.kind === 'edge') boundary ||= node.boundary;
    else if (node.kind === 'literal') {
      // Inside a literal boundaries follow from its letters.
      run += boundary && run === '' ? EDGE + node.text : node.text;
      boundary = false;
    } else {
      const opens = boundary;
      flush();
      if (node.kind === 'choice') {
        const next = sequence[index + 1];
        const closes = next === undefined ? behind : next.kind === 'edge' && next.boundary;
        const best = node.options.map((option) => demandOf(option, opens, closes)[0]);
        if (best.every((set) => set !== undefined)) sets.push(best.flat());
      }
      boundary = false;
    }
  }
  boundary ||= behind;
  flush();
  return sets.sort((a, b) => shortest(b) - shortest(a)).slice(0, MOST_SETS);
}

const shortest = (set: readonly string[]): number => Math.min(...set.map((literal) => literal.length));

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
        return { kind: 'edge', boundary: false };
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
        return head === undefined || head === '?:' ? { kind: 'choice', options } : { kind: 'edge', boundary: false };
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
    if (character === 'b' || character === 'B') return { kind: 'edge', boundary: character === 'b' };
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

/** Letters whose case folds across ASCII in Unicode patterns: where they stand every rule is tried. */
const ODD_FOLDS = /[\u017f\u212a\u0130\u0131]/;

/** One alternative of a rule: of each set one literal must have been found. Told of where a literal of the first set is. */
interface Alternative {
  rule: number;
  sets: readonly Int32Array[];
}

/** Says of a window which rules are worth trying. Not shared between threads: a window is noted, then asked about. */
export class Prefilter {
  readonly #scan: LiteralScan;
  /** Of each literal, the alternatives whose first set it stands in. */
  readonly #told: Alternative[][];
  /** Rules that demand nothing, and so are always tried. */
  readonly #always: Uint8Array;
  readonly #can: Uint8Array;

  constructor(rules: readonly Pick<Rule, 'pattern'>[]) {
    const ids = new Map<string, number>();
    const idOf = (literal: string): number => {
      const id = ids.get(literal) ?? ids.size;
      ids.set(literal, id);
      return id;
    };
    this.#told = [];
    this.#always = new Uint8Array(rules.length);
    this.#can = new Uint8Array(rules.length);
    for (const [rule, { pattern }] of rules.entries())
      for (const demand of demandsOf(pattern)) {
        const sets = demand.map((set) => Int32Array.from(set, idOf));
        if (sets.length === 0) this.#always[rule] = 1;
        for (const id of sets[0] ?? []) (this.#told[id] ??= []).push({ rule, sets });
      }
    this.#scan = new LiteralScan([...ids.keys()]);
  }

  /** Finds what stands in a window. */
  note(text: string): void {
    const can = this.#can;
    const beyondAscii = this.#scan.read(text);
    if (beyondAscii && ODD_FOLDS.test(text)) {
      can.fill(1);
      return;
    }
    can.set(this.#always);
    const { found, count } = this.#scan;
    for (let at = 0; at < count; at++)
      for (const { rule, sets } of this.#told[found[at] as number] ?? [])
        if (can[rule] === 0 && this.#isMet(sets)) can[rule] = 1;
  }

  /** Whether the rule with this index can match in the window noted last. */
  canMatch(rule: number): boolean {
    return this.#can[rule] === 1;
  }

  #isMet(sets: readonly Int32Array[]): boolean {
    for (let at = 1; at < sets.length; at++) if (!this.#scan.hasAny(sets[at] as Int32Array)) return false;
    return true;
  }
}

/**
 * Which rules can match a window at all, told from the words that stand in it and how far apart they stand.
 *
 * From each pattern's source follow literals without which it cannot match: of a sequence every part counts, of alternatives
 * one of each. `\b` before or behind a literal belongs to it, so that `ai` is not found in `mail`. They must stand one behind
 * the other, none farther from the one before than what the pattern has between them may be long. One pass (literal-scan.ts)
 * finds all literals of all rules; a rule whose literals do not stand so is not tried, and the others from where the first of
 * theirs does. The test may pass a rule that then does not match, never the other way round
 * (tests/inspect/prefilter.test.ts compares).
 */
import { EDGE, LiteralScan } from './literal-scan.js';
import type { Rule } from './rule.js';

/** Literals, lower case, one of which a match must have. */
export interface LiteralSet {
  literals: readonly string[];
  /** How far behind the beginning of the one before it may begin; of the first, behind the beginning of the match. UTF-16 units. */
  within: number;
}
/** What a match must have, in this order. An empty list demands nothing. */
export type Demand = readonly LiteralSet[];

/** In letters; a boundary counts as one. A single letter stands in every text, so only a rare sign may be alone. */
const SHORTEST = 2;
const SIGN = /^[<>|[\](){}!*=~#]$/;
/** Sets that are looked at per sequence; the longest literals tell the most. */
const MOST_SETS = 6;
/** Times a repeated literal is read as written out. */
const MOST_COPIES = 3;
/** Of a class of so many signs each is a literal. */
const MOST_SIGNS = 6;

type Node =
  | { kind: 'literal'; text: string }
  | { kind: 'choice'; options: Node[][] }
  /** Anything that demands nothing: a class, an optional part. It ends a literal, and takes `most` units of the text or fewer. */
  | { kind: 'gap'; most: number }
  /** Takes no room, so that a literal goes on behind it; a word boundary is told at the ends of literals. */
  | { kind: 'edge'; boundary: boolean };

/** One demand for each alternative of the whole pattern: a rule can match if any of them is met. */
export function demandsOf(pattern: RegExp): Demand[] {
  return new PatternReader(pattern).read().flatMap(alternativesOf).map(demandOf);
}

/** A sequence that is one choice is as many sequences. */
function alternativesOf(sequence: Node[]): Node[][] {
  const at = sequence.findIndex(({ kind }) => kind !== 'edge');
  const only = sequence[at];
  if (only?.kind !== 'choice' || sequence.some((node, index) => index !== at && node.kind !== 'edge'))
    return [sequence];
  return only.options.flatMap((option) =>
    alternativesOf([...sequence.slice(0, at), ...option, ...sequence.slice(at + 1)]),
  );
}

/** A piece of a sequence, and the literals one of which it has, where it has any. */
interface Piece {
  /** Units of the text, at most. */
  most: number;
  literals?: readonly string[];
  /** How far behind the piece's beginning such a literal begins at most, and how far behind that the piece may end. */
  before: number;
  rest: number;
}

function demandOf(sequence: readonly Node[]): Demand {
  const pieces = piecesOf(sequence, false, false);
  const sets = pieces.filter(({ literals }) => literals !== undefined);
  const telling = new Set(sets.sort((a, b) => shortest(b) - shortest(a)).slice(0, MOST_SETS));
  const demand: LiteralSet[] = [];
  let gone = 0;
  for (const piece of pieces) {
    if (!telling.has(piece)) {
      gone += piece.most;
      continue;
    }
    demand.push({ literals: piece.literals as readonly string[], within: gone + piece.before });
    gone = piece.rest;
  }
  return demand;
}

/** `before` and `behind`: whether a word boundary stands directly before and behind the sequence. */
function piecesOf(sequence: readonly Node[], before: boolean, behind: boolean): Piece[] {
  const pieces: Piece[] = [];
  let run = '';
  /** A boundary stands at the place that is read. */
  let boundary = before;
  const flush = (): void => {
    const most = run.replaceAll(EDGE, '').length;
    if (boundary && run !== '') run += EDGE;
    const tells = run.length >= SHORTEST || SIGN.test(run);
    if (most > 0) pieces.push({ most, ...(tells ? { literals: [run.toLowerCase()] } : {}), before: 0, rest: most });
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
      if (node.kind === 'gap') pieces.push({ most: node.most, before: 0, rest: node.most });
      else {
        const next = sequence[index + 1];
        const closes = next === undefined ? behind : next.kind === 'edge' && next.boundary;
        pieces.push(choiceOf(node.options.map((option) => piecesOf(option, opens, closes))));
      }
      boundary = false;
    }
  }
  boundary ||= behind;
  flush();
  return pieces;
}

/** Of each option its most telling literals: one piece has them where every option has some. */
function choiceOf(options: readonly Piece[][]): Piece {
  const most = Math.max(...options.map(roomOf));
  const best = options.map((pieces) =>
    pieces.reduce<Piece | undefined>(
      (told, piece) => (shortest(piece) > (told === undefined ? 0 : shortest(told)) ? piece : told),
      undefined,
    ),
  );
  if (!best.every((piece) => piece !== undefined)) return { most, before: 0, rest: most };
  const places = best.map((piece, option) => {
    const pieces = options[option] as Piece[];
    const at = pieces.indexOf(piece);
    return {
      before: roomOf(pieces.slice(0, at)) + piece.before,
      rest: piece.rest + roomOf(pieces.slice(at + 1)),
    };
  });
  return {
    most,
    literals: best.flatMap(({ literals = [] }) => literals),
    before: Math.max(...places.map(({ before }) => before)),
    rest: Math.max(...places.map(({ rest }) => rest)),
  };
}

const roomOf = (pieces: readonly Piece[]): number => pieces.reduce((sum, { most }) => sum + most, 0);
const shortest = ({ literals }: Piece): number =>
  literals === undefined ? 0 : Math.min(...literals.map((literal) => literal.length));

/** Reads the part of the language of patterns that rules are written in. Throws a RangeError where it meets another. */
class PatternReader {
  readonly #source: string;
  /** Units of a character that is not spelled out. */
  readonly #most: number;
  #at = 0;
  constructor({ source, unicode }: RegExp) {
    this.#source = source;
    this.#most = unicode ? 2 : 1;
  }

  read(): Node[][] {
    const options = this.#options();
    if (this.#at < this.#source.length) throw new RangeError(`a pattern's \`${this.#source.slice(this.#at)}\``);
    return options;
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
      const { least, most } = this.#quantifier();
      const sequence = options.at(-1) as Node[];
      const certain = node.kind === 'literal' ? Math.min(least, MOST_COPIES) : Math.min(least, 1);
      for (let copy = 0; copy < certain; copy++) sequence.push(node);
      // So often is certain, what follows of the repetition is not.
      const units = unitsOfNode(node);
      if (most > certain && units > 0) sequence.push({ kind: 'gap', most: (most - certain) * units });
    }
    return options;
  }

  #quantifier(): { least: number; most: number } {
    const rest = this.#source.slice(this.#at, this.#at + 12);
    const found = /^(?:([?*+])|\{(\d+)(?:(,)(\d*))?\})\??/.exec(rest);
    if (found === null) return { least: 1, most: 1 };
    this.#at += found[0].length;
    const [, sign, least, upTo, most] = found;
    if (sign !== undefined) return { least: sign === '+' ? 1 : 0, most: sign === '?' ? 1 : Number.POSITIVE_INFINITY };
    const bound = upTo === undefined ? Number(least) : most === '' ? Number.POSITIVE_INFINITY : Number(most);
    return { least: Number(least), most: bound };
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
        return this.#gap();
      case '[': {
        const from = this.#at;
        while (source[this.#at] !== ']') this.#at += source[this.#at] === '\\' ? 2 : 1;
        return this.#class(source.slice(from, this.#at++));
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

  #gap(): Node {
    return { kind: 'gap', most: this.#most };
  }

  /** A few signs are alternatives; anything else demands nothing. */
  #class(within: string): Node {
    const signs = [...within.replaceAll('\\', '')];
    const isPlain = signs.length > 0 && signs.length <= MOST_SIGNS && !/^\^|\\\w|.-./s.test(within);
    if (!isPlain || !signs.every((sign) => SIGN.test(sign))) return this.#gap();
    return { kind: 'choice', options: signs.map((text) => [{ kind: 'literal', text }]) };
  }

  #escape(): Node {
    const source = this.#source;
    const character = source[this.#at] as string;
    this.#at++;
    if (character === 'b' || character === 'B') return { kind: 'edge', boundary: character === 'b' };
    if (character === 'p' || character === 'P') {
      this.#at = source.indexOf('}', this.#at) + 1;
      return this.#gap();
    }
    if (character === 'u') {
      const code = source.slice(this.#at, this.#at + 4);
      this.#at += 4;
      return { kind: 'literal', text: String.fromCharCode(Number.parseInt(code, 16)) };
    }
    return /[a-z\d]/i.test(character) ? this.#gap() : { kind: 'literal', text: character };
  }
}

/** How many units of a text it takes at most. */
function unitsOfNode(node: Node): number {
  switch (node.kind) {
    case 'literal':
      return node.text.length;
    case 'choice':
      return Math.max(...node.options.map((option) => option.reduce((sum, each) => sum + unitsOfNode(each), 0)));
    case 'gap':
      return node.most;
    case 'edge':
      return 0;
  }
}

/** A set of literals in an alternative of a rule. */
interface Told {
  rule: number;
  /** Where it is told that a literal of the set was met; that of the set before it stands one before. */
  place: number;
  within: number;
  isFirst: boolean;
  isLast: boolean;
  /** How far before the last set a match begins at most. */
  reach: number;
}

/** Before any text. */
const NEVER = -(2 ** 30);
const FAR = 2 ** 29;

/** Says of a window which rules are worth trying. Not shared between threads: a window is noted, then asked about. */
export class Prefilter {
  readonly #scan: LiteralScan;
  /** Of each literal, the sets it stands in; of one alternative the later ones first, so that one literal is not two of them. */
  readonly #told: Told[][];
  /** By place, where a literal of that set and before it of all sets before it was met last. */
  readonly #met: Int32Array;
  /** Rules that demand nothing, and so are always tried. */
  readonly #always: Uint8Array;
  readonly #can: Uint8Array;
  readonly #from: Int32Array;
  readonly #to: Int32Array;

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
    this.#from = new Int32Array(rules.length);
    this.#to = new Int32Array(rules.length);
    let places = 0;
    for (const [rule, { pattern }] of rules.entries())
      for (const demand of demandsOf(pattern)) {
        if (demand.length === 0) this.#always[rule] = 1;
        const reach = Math.min(
          FAR,
          demand.reduce((sum, { within }) => sum + within, 0),
        );
        for (const [at, { literals, within }] of demand.entries()) {
          const told: Told = {
            rule,
            place: places++,
            within: Math.min(FAR, within),
            isFirst: at === 0,
            isLast: at === demand.length - 1,
            reach,
          };
          for (const id of new Set(literals.map(idOf))) (this.#told[id] ??= []).unshift(told);
        }
      }
    this.#met = new Int32Array(places);
    this.#scan = new LiteralScan([...ids.keys()]);
  }

  /** Finds what stands in a window. */
  note(text: string): void {
    const can = this.#can;
    const from = this.#from;
    const to = this.#to;
    const scan = this.#scan;
    scan.read(text);
    if (scan.hasOddFolds) {
      can.fill(1);
      from.fill(0);
      to.fill(text.length);
      return;
    }
    can.set(this.#always);
    from.fill(0);
    to.fill(text.length);
    const met = this.#met.fill(NEVER);
    const { found, starts, count } = scan;
    for (let at = 0; at < count; at++) {
      const start = starts[at] as number;
      const sets = this.#told[found[at] as number] as Told[];
      for (let index = 0; index < sets.length; index++) {
        const { rule, place, within, isFirst, isLast, reach } = sets[index] as Told;
        if (!isFirst && start - (met[place - 1] as number) > within) continue;
        met[place] = start;
        if (!isLast || this.#always[rule] === 1) continue;
        if (can[rule] === 0) from[rule] = Math.max(0, start - reach);
        can[rule] = 1;
        to[rule] = start;
      }
    }
  }

  /** Whether the rule with this index can match in the window noted last. */
  canMatch(rule: number): boolean {
    return this.#can[rule] === 1;
  }

  /** Before here no match of it begins. */
  firstStart(rule: number): number {
    return this.#from[rule] as number;
  }

  /** Behind here none begins. */
  lastStart(rule: number): number {
    return this.#to[rule] as number;
  }
}

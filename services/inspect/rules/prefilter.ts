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

/** In characters. A single one stands in every text, unless it is one of the rarer signs. */
const SHORTEST = 2;
const SIGN = /^[<>|[({!*#~]$/;
/** Sets that are looked at per sequence: those that the fewest texts have. */
const MOST_SETS = 2;
/** Words that nearly every text has. */
const COMMON = new Set(
  'the you your that this to in as at it is are was and on if or for from by with via has have not no can will me only all any new'.split(
    ' ',
  ),
);
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
  const telling = new Set(sets.sort((a, b) => chanceOf(a) - chanceOf(b)).slice(0, MOST_SETS));
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
    const tells = most >= SHORTEST || SIGN.test(run);
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

/** How often one of a piece's literals stands in a text, as against other pieces: half as often for each further letter. */
function chanceOf({ literals = [] }: Piece): number {
  return literals.reduce((sum, literal) => {
    const bare = literal.replaceAll(EDGE, '');
    const common = COMMON.has(bare.trim()) ? 64 : 1;
    // Within words, too.
    const anywhere = literal === bare ? 2 : 1;
    return sum + common * anywhere * 2 ** -bare.length;
  }, 0);
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

/** Before any text, and farther than any text is long. */
const NEVER = -(2 ** 30);
const FAR = 2 ** 29;

/** A set of literals in an alternative of a rule, in numbers: {@link RULE} and the others say which is which. */
type Told = [rule: number, place: number, within: number, position: number, reach: number];
const NUMBERS = 5;
/** Where it is noted that a literal of the set was met; that of the set before it stands one before. */
const PLACE = 1;
const WITHIN = 2;
const POSITION = 3;
const FIRST = 1;
const LAST = 2;
/** How far before a literal of the last set a match begins at most. */
const REACH = 4;

/** Says of a window which rules are worth trying. Not shared between threads: a window is noted, then asked about. */
export class Prefilter {
  readonly #scan: LiteralScan;
  /** The sets that a literal stands in, one literal after the other from `#toldFrom` on. */
  readonly #told: Int32Array;
  readonly #toldFrom: Int32Array;
  /** By place, where a literal of that set, and before it of all sets before it, was met last. */
  readonly #met: Int32Array;
  /** Rules that demand nothing, and so are always tried. */
  readonly #always: Uint8Array;
  readonly #can: Uint8Array;
  readonly #from: Int32Array;
  readonly #to: Int32Array;

  constructor(rules: readonly Pick<Rule, 'pattern'>[]) {
    this.#always = new Uint8Array(rules.length);
    this.#can = new Uint8Array(rules.length);
    this.#from = new Int32Array(rules.length);
    this.#to = new Int32Array(rules.length);
    const byLiteral = new Map<string, Told[]>();
    let places = 0;
    for (const [rule, { pattern }] of rules.entries())
      for (const demand of demandsOf(pattern)) {
        if (demand.length === 0) this.#always[rule] = 1;
        const reach = demand.reduce((sum, { within }) => Math.min(FAR, sum + within), 0);
        for (const [at, { literals, within }] of demand.entries()) {
          const position = (at === 0 ? FIRST : 0) | (at === demand.length - 1 ? LAST : 0);
          const told: Told = [rule, places++, Math.min(FAR, within), position, reach];
          // Of one alternative the later sets first, so that one literal is not two of them.
          for (const literal of new Set(literals)) byLiteral.set(literal, [told, ...(byLiteral.get(literal) ?? [])]);
        }
      }
    this.#met = new Int32Array(places);
    this.#told = Int32Array.from([...byLiteral.values()].flat(2));
    this.#toldFrom = new Int32Array(byLiteral.size + 1);
    for (const [literal, sets] of [...byLiteral.values()].entries())
      this.#toldFrom[literal + 1] = (this.#toldFrom[literal] as number) + sets.length * NUMBERS;
    this.#scan = new LiteralScan([...byLiteral.keys()]);
  }

  /** Finds what stands in a window. */
  note(text: string): void {
    const scan = this.#scan;
    scan.read(text);
    this.#from.fill(0);
    this.#to.fill(text.length);
    if (scan.hasOddFolds) this.#can.fill(1);
    else {
      this.#can.set(this.#always);
      this.#meet();
    }
  }

  #meet(): void {
    const told = this.#told;
    const met = this.#met.fill(NEVER);
    const { found, starts, count } = this.#scan;
    for (let at = 0; at < count; at++) {
      const start = starts[at] as number;
      const literal = found[at] as number;
      const end = this.#toldFrom[literal + 1] as number;
      for (let set = this.#toldFrom[literal] as number; set < end; set += NUMBERS) {
        const place = told[set + PLACE] as number;
        const position = told[set + POSITION] as number;
        if ((position & FIRST) === 0 && start - (met[place - 1] as number) > (told[set + WITHIN] as number)) continue;
        met[place] = start;
        if ((position & LAST) !== 0) this.#tell(told[set] as number, start, told[set + REACH] as number);
      }
    }
  }

  /** All that an alternative of a rule demands has been met, the last of it at `start`. */
  #tell(rule: number, start: number, reach: number): void {
    if (this.#always[rule] === 1) return;
    const from = Math.max(0, start - reach);
    // Alternatives reach differently far.
    if (this.#can[rule] === 0 || from < (this.#from[rule] as number)) this.#from[rule] = from;
    this.#can[rule] = 1;
    this.#to[rule] = start;
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

/** The one pass over a text finds what patterns would find, one literal after the other, and where. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { behindFilling, nextOpening } from '../../services/inspect/clause-openings.js';
import {
  EFFECT_OF,
  effectOfForeignClause,
  effectOfForeignStem,
  mayBeForeign,
  mayOpenWithStem,
} from '../../services/inspect/foreign-verbs.js';
import { EDGE, LiteralScan } from '../../services/inspect/rules/literal-scan.js';

const LITERALS = [
  'ai',
  `${EDGE}ai${EDGE}`,
  `${EDGE}hi`,
  'note to',
  'she',
  'he',
  'hers',
  `.env${EDGE}`,
  '忽略',
  'игнор',
  'überge',
  'a_b',
  '<|im',
];

const patternOf = (literal: string): RegExp =>
  new RegExp(literal.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`).replaceAll(EDGE, String.raw`\b`), 'iy');

/** Where each stands, by the pass: of each literal in the order in which the pass tells it. */
function foundIn(scan: LiteralScan, text: string): [literal: string, starts: number[]][] {
  scan.read(text);
  const { found, starts, count } = scan;
  const places = Array.from({ length: count }, (_, at) => at);
  return LITERALS.map((literal, index): [string, number[]] => [
    literal,
    places.filter((at) => found[at] === index).map((at) => starts[at] as number),
  ]).filter(([, at]) => at.length > 0);
}

/** The same by a pattern at each place. */
function foundByPatterns(text: string): [literal: string, starts: number[]][] {
  return LITERALS.map((literal): [string, number[]] => {
    const pattern = patternOf(literal);
    const starts = Array.from({ length: text.length }, (_, at) => at);
    return [
      literal,
      starts.filter((at) => {
        pattern.lastIndex = at;
        return pattern.test(text);
      }),
    ];
  }).filter(([, at]) => at.length > 0);
}

describe('literals in one pass', () => {
  const scan = new LiteralScan(LITERALS);

  test('are those that each of the patterns finds', () => {
    const piece = fc.constantFrom(
      ...LITERALS.map((literal) => literal.replaceAll(EDGE, '')),
      ' ',
      'm',
      'HI',
      'AI',
      'ИГНОР',
      'Überge',
      '_',
      '.',
      '\n',
      '略',
      '😀',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 9 }), (pieces) => {
        const text = pieces.join('');
        expect(foundIn(scan, text)).toEqual(foundByPatterns(text));
        const { starts, count } = scan;
        expect(starts.subarray(0, count)).toEqual(starts.slice(0, count).sort());
      }),
      { numRuns: 500 },
    );
  });

  test.each<[string, string[]]>([
    ['', []],
    ['mail', ['ai']],
    ['AI', ['ai', `${EDGE}ai${EDGE}`]],
    ['ushers', ['she', 'he', 'hers']],
    ['Note to self', ['note to']],
    ['x.env', [`.env${EDGE}`]],
    ['x.envy', []],
  ])('%s', (text, found) => {
    expect(foundIn(scan, text).map(([literal]) => literal)).toEqual(found);
  });

  test('says whether a text goes beyond ASCII', () => {
    expect([scan.read('plain'), scan.read('naïve'), scan.read('')]).toEqual([false, true, false]);
  });
});

describe('stems of other languages', () => {
  const stems = [...EFFECT_OF.keys()].sort((a, b) => b.length - a.length);
  const pattern = new RegExp(String.raw`(?<![\p{L}])(${stems.join('|')})`, 'iu');
  /** The same by one pattern of all stems, which is what the tree of stems replaced. */
  const byPattern = (clause: string): string | undefined => {
    const match = pattern.exec(clause);
    if (match === null || clause.slice(0, match.index).split(/\s+/).length > 3) return undefined;
    return EFFECT_OF.get((match[1] as string).toLowerCase());
  };

  test('are found where one pattern of all of them finds the first', () => {
    const piece = fc.oneof(
      { weight: 3, arbitrary: fc.constantFrom(...stems) },
      { weight: 1, arbitrary: fc.constantFrom('the', 'bitte', 'É', '\udc00', '😀', '𝐚', '\u0301', 'ſ', 'x', '7') },
    );
    const between = fc.constantFrom(' ', '  ', '', '\n', '\u00a0', ', ');
    fc.assert(
      fc.property(fc.array(fc.tuple(piece, between), { maxLength: 5 }), fc.boolean(), (parts, loud) => {
        const said = parts.flat().join('');
        const clause = loud ? said.toUpperCase() : said;
        const expected = byPattern(clause);
        if (expected !== undefined && mayBeForeign(clause)) expect(effectOfForeignStem(clause)).toBe(expected);
        if (expected === undefined && !/[^\x00-\x7f]/.test(clause)) expect(effectOfForeignStem(clause)).toBe(undefined);
      }),
      { numRuns: 500 },
    );
  });

  test('stand in no clause that is told to have none, wherever it opens and ends', () => {
    const piece = fc.constantFrom(
      ...[
        'gönder',
        'SİL',
        'sil',
        'ilet',
        'kapat',
        'भेजो',
        'बदलें',
        '发送',
        '삭제',
        'schick',
        'mail',
        'the',
        'x',
        'é',
        '—',
      ],
    );
    const between = fc.constantFrom(' ', '', '\n', '\\n', '. ', '"', '7', ' and ', 'n');
    fc.assert(
      fc.property(fc.array(fc.tuple(piece, between), { maxLength: 9 }), fc.nat(12), (parts, room) => {
        const text = parts.flat().join('');
        for (let at = behindFilling(text, 0); at >= 0; at = nextOpening(text, Math.max(1, at))) {
          const to = Math.min(text.length, at + room);
          if (!mayOpenWithStem(text, at, to))
            expect([at, effectOfForeignClause(text, at, to)]).toEqual([at, undefined]);
        }
      }),
      { numRuns: 500 },
    );
  });
});

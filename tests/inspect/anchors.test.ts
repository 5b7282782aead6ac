/** The scans for places outside and for where their sentences begin find what the patterns that they stand for find. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { nextAnchor } from '../../services/inspect/anchors.js';
import { beginOf } from '../../services/inspect/indirect-requests.js';

/** The meaning of the scans. */
const ANCHOR =
  /@|:\/\/|\bwww\.|[a-z\d]\.[a-z]{2,}\b|\b[A-Z]{2}\d{2}[ \dA-Z]{8}|\b(?:bc1|0x)[\da-z]{6}|\+\d[\d ()-]{6}|\d{6}/g;
const SENTENCE_BEGIN = /[.!?]\s|\n|\\n|\w["']:\s?["']/g;
const MOST = 400;

function anchorsByPattern(text: string): [number, number][] {
  return [...text.matchAll(ANCHOR)].map((match) => [match.index, match.index + match[0].length]);
}

function anchorsByScan(text: string): [number, number][] {
  const found: [number, number][] = [];
  for (let anchor = nextAnchor(text, 0); anchor !== undefined; anchor = nextAnchor(text, anchor.end))
    found.push([anchor.start, anchor.end]);
  return found;
}

function beginByPattern(text: string, at: number): number {
  const from = Math.max(0, at - MOST);
  let begin = 0;
  for (const match of text.slice(from, at).matchAll(SENTENCE_BEGIN)) begin = match.index + match[0].length;
  return from + begin;
}

const piece = fc.oneof(
  fc.constantFrom(
    ...[
      'a.bc',
      'a.bC',
      'a.b',
      '.com',
      '.co_',
      '9.de',
      'é.fr',
      'www.',
      'xwww.',
      'bc1',
      '0x',
      'bc1abcdef',
      '0xabcde9',
      '_0x123456',
    ],
    ...[
      'DE89',
      'DE89 3704 0044',
      'XDE8937040044',
      '+1',
      '+49 (30) 12',
      '12345',
      '123456',
      '7',
      ' ',
      '@',
      ':',
      '://',
      ':/',
    ],
    ...[
      '"',
      "'",
      '": "',
      "': '",
      '":"',
      '":\n"',
      'n": "',
      '\\n',
      '\\',
      '\\n": "',
      '. ',
      '!\u00a0',
      '?\n',
      '.',
      'x',
      '\n',
      '\t',
      '\u2028',
    ],
  ),
  fc.string({ maxLength: 3 }),
);

test('anchors', () => {
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 16 }), (pieces) => {
      const text = pieces.join('');
      expect(anchorsByScan(text)).toEqual(anchorsByPattern(text));
    }),
    { numRuns: 400 },
  );
});

test('beginnings of sentences', () => {
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 16 }), fc.nat({ max: 420 }), (pieces, filled) => {
      const text = pieces.join('') + ','.repeat(filled) + pieces.reverse().join('');
      for (let at = 0; at <= text.length; at++) expect(beginOf(text, at)).toBe(beginByPattern(text, at));
    }),
    { numRuns: 40 },
  );
});

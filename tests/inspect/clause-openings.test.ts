/** The scan for openings finds what the pattern that it stands for finds, and the shorter way what the scan finds. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { behindFilling, nextOpening, openingsAmong } from '../../services/inspect/clause-openings.js';
import { FIRST_WORDS, OPENS } from '../../services/inspect/first-words.js';
import { surveyOf } from '../../services/inspect/survey.js';
import { unitsOf } from '../../services/inspect/units.js';

/** What opens a clause, as a pattern: the meaning of the scan. */
const OPENING =
  /(?:^|[.!?:;…"'“”‘’«»()[\]{}<>|*#@=~\n\r–—,。！？；：「」]|(?<=\s)-\s|\\n|\b(?:[Aa]nd|[Tt]hen|[Bb]ut|[Ss]o|[Uu]nd|[Ee]t|[Yy])\s|(?<=[a-z0-9_'"\])])\s{1,4}(?=[A-Z][a-z]{1,12} (?:[a-z\d$€£'"@#]|https?:|www\.)))[\s\\>*#"'“‘(\d.)•-]{0,12}/g;

function byPattern(text: string): number[] {
  const found: number[] = [];
  OPENING.lastIndex = 0;
  while (OPENING.test(text)) {
    found.push(OPENING.lastIndex);
    // Only the beginning of the text takes no room.
    if (OPENING.lastIndex === 0) OPENING.lastIndex = 1;
  }
  return found;
}

function byScan(text: string): number[] {
  const found = [behindFilling(text, 0)];
  for (let at = nextOpening(text, Math.max(1, found[0]!)); at >= 0; at = nextOpening(text, at)) found.push(at);
  return found;
}

test.each([
  '',
  ' ',
  '{"note": "Send it", "n": 5}',
  'report Send the money. And then, then pay',
  'so and Y but\tUnd Et y - dash -  - x',
  'a\\nSend \\\\n and\\n',
  'wide   Capital a five     Capital a \u3000Capital b',
  'ok Internationalise x, ok Internationalisee x, ok Aa  x, ok Ab €5, ok Ac éa',
  'übung and œand and\u2028then 。送信！ ：x \ufeffand\ufeffthen',
  '1. 2) 3. (4) ----------------- Send',
  'thenx then\n\nand so\rso',
])('%j', (text) => {
  expect(byScan(text)).toEqual(byPattern(text));
});

test('any text', () => {
  const piece = fc.oneof(
    fc.constantFrom(
      ...['and ', 'And\n', 'then', ' Then ', 'but', 'so ', 'und ', ' et ', ' y ', 'Y ', '\\n', '\\', ' - ', '-', '- '],
      ...['Send ', ' Send the', 'A b', 'Ab b', ' Ab $', '  ', '\t', '\n', '\r\n', '"', "'", '“', '’', '_', '0', '9. '],
      ...['\u00a0', '\u3000', '\u2028', '\ufeff', '。', '！', '：', '…', '•', '–', 'é', '送', '\ud83d\ude00', '.', ','],
      ...['Abcdefghijklm n', 'Abcdefghijklmn o', '\u1680', '\u205f', '€', '£', '@', '#'],
    ),
    fc.string({ maxLength: 4 }),
    fc.string({ unit: 'binary', maxLength: 3 }),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 24 }), (pieces) => {
      const text = pieces.join('');
      expect(byScan(text)).toEqual(byPattern(text));
    }),
    { numRuns: 300 },
  );
});

describe('openings among some places', () => {
  const piece = fc.constantFrom(
    ...[
      'send',
      'Send',
      "don't",
      "let's",
      'e-mail',
      'the',
      'and',
      'And',
      'then',
      'Sandy',
      'y',
      'so',
      'n',
      'note',
      '7',
      '12345',
    ],
    ...[
      '. ',
      '.',
      ': ',
      ' - ',
      '-',
      '\n',
      '\\n',
      '\\',
      '"',
      '("',
      ' ',
      '   ',
      ', ',
      '\n\n* ',
      '> ',
      '{',
      '_',
      '"""""""""""""""',
    ],
  );
  const text = fc.array(piece, { maxLength: 14 }).map((pieces) => pieces.join(''));
  const isLetter = (character: string | undefined): boolean => character !== undefined && /[a-z]/i.test(character);

  test('are those that a walk comes by', () => {
    fc.assert(
      fc.property(text, (said) => {
        const places = Int32Array.from(
          Array.from({ length: said.length }, (_, at) => at).filter(
            (at) => isLetter(said[at]) && (!isLetter(said[at - 1]) || said.slice(at - 2, at) === '\\n'),
          ),
        );
        expect([...openingsAmong(said, places)]).toEqual(byScan(said).filter((at) => places.includes(at)));
      }),
      { numRuns: 500 },
    );
  });

  test('are looked for wherever a first word of a request stands', () => {
    fc.assert(
      fc.property(text, (said) => {
        const opening = byScan(said).filter((at) => {
          const word = /^[a-z][a-z'-]*/i.exec(said.slice(at))?.[0] ?? '';
          return word !== '' && (FIRST_WORDS.marksOf(unitsOf(word), 0, word.length) & OPENS) !== 0;
        });
        const { openers } = surveyOf(said);
        expect(opening.filter((at) => !openers.includes(at))).toEqual([]);
        expect([...openers]).toEqual([...openers].sort((a, b) => a - b));
      }),
      { numRuns: 500 },
    );
  });
});

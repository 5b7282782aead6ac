/** The scan for a sentence's end finds what the pattern that it stands for finds. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sentenceEnd } from '../../services/inspect/sentence-ends.js';

/** The meaning of the scan. */
const END =
  /[.!?](?=[\s"'”’)\]\\]|$)|[。！？]|\n\s{0,8}\n|\n(?=\s{0,8}(?:[-*•|>#]|[\w "'-]{1,40}:\s|\d+[.)]\s))|\\n\\n|["”»](?=\s*[,}\]\n]|$)|<\/?[a-z]/gi;
const ABBREVIATION =
  /(?:^|[^\p{L}])(?:Mrs?|Ms|Dr|Prof|St|No|Nr|vs|approx|e\.g|i\.e|Inc|Ltd|Co|z\.B|Hr|Fr|Sr|Sra|Mme|Mlle|\p{Lu})$/u;

function byPattern(text: string, from: number): number {
  const ahead = text.slice(from, from + 600);
  for (const match of ahead.matchAll(END)) {
    if (match[0] === '.' && ABBREVIATION.test(ahead.slice(Math.max(0, match.index - 6), match.index))) continue;
    return from + match.index + (/^[.!?。！？]/.test(match[0]) ? 1 : 0);
  }
  return from + ahead.length;
}

const PIECES = [
  ...[
    'Send it',
    ' to',
    'Dr',
    'Mr.',
    ' e.g.',
    'X.',
    ' é.',
    'No. 5',
    '1.50',
    'a.b',
    '.',
    '. ',
    '!',
    '?',
    '?"',
    '.\\',
    '.”',
  ],
  ...[
    '。',
    '！x',
    '\n',
    '\n\n',
    '\n \t\n',
    '\n- ',
    '\n  name: ',
    '\n12) ',
    '\nplain',
    '\\n',
    '\\n\\n',
    '\\\\n',
    '"',
    '" ,',
    '"\n',
  ],
  ...[
    '» }',
    '”',
    '”x',
    '<b',
    '</p',
    '< b',
    '</ p',
    '<1',
    '\u00a0',
    '.\u00a0',
    '.\u3000',
    '\ud83d\ude00',
    'ſ',
    '<ſ',
    ' ',
  ],
];

test.each(PIECES)('%j', (piece) => {
  for (const text of [piece, `${piece} on`, `Send it${piece}`, `Send it${piece} now. And`])
    expect(sentenceEnd(text, 0)).toBe(byPattern(text, 0));
});

test('any text, from anywhere', () => {
  const piece = fc.oneof(fc.constantFrom(...PIECES), fc.string({ maxLength: 4 }), fc.constant('word '.repeat(40)));
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 24 }), fc.nat(), (pieces, seed) => {
      const text = pieces.join('');
      const from = seed % (text.length + 1);
      expect(sentenceEnd(text, from)).toBe(byPattern(text, from));
      const until = Math.min(text.length, from + 120);
      expect(sentenceEnd(text, from, until)).toBe(byPattern(text.slice(0, until), from));
    }),
    { numRuns: 400 },
  );
});

/** Words are known by their units, whatever their case, and no other word is taken for one of them. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { unitsOf } from '../../services/inspect/units.js';
import { WordTable } from '../../services/inspect/word-table.js';

const WORDS = ['send', 'pay', "don't", 'to-do', 'i', 'exfiltrate', 'end'];
const table = new WordTable([
  { words: WORDS, mark: 1 },
  { words: ['pay', 'total'], mark: 4 },
]);
const marksOf = (text: string, from = 0, to = text.length): number => table.marksOf(unitsOf(text), from, to);

test('a word in one list, in two, in none', () => {
  expect([...WORDS, 'total', 'sen', 'sends', 'nd', "don't-"].map((word) => marksOf(word))).toEqual([
    ...[1, 5, 1, 1, 1, 1, 1, 4],
    ...[0, 0, 0, 0],
  ]);
  expect(marksOf('SeNd it', 0, 4)).toBe(1);
  expect(marksOf('resend it', 2, 6)).toBe(1);
});

test('any words, among any others', () => {
  const word = fc.string({ unit: fc.constantFrom(..."abcdeyzAEZ-'"), minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(fc.array(word, { minLength: 1, maxLength: 300 }), fc.array(word, { maxLength: 50 }), (known, asked) => {
      const words = new Set(known.map((each) => each.toLowerCase()));
      const of = new WordTable([{ words, mark: 2 }]);
      for (const each of [...known, ...asked])
        expect(of.marksOf(unitsOf(each), 0, each.length)).toBe(words.has(each.toLowerCase()) ? 2 : 0);
    }),
    { numRuns: 60 },
  );
});

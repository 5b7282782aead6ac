/** What one look through a text says of it is what looking for each thing by itself says. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { mayBeForeignWithin } from '../../services/inspect/foreign-verbs.js';
import { hasAnyOf, surveyOf } from '../../services/inspect/survey.js';
import { CUES, SMALL_WORDS, TURNED } from '../../services/inspect/surveyed-words.js';

const anyWord = (words: readonly string[]): RegExp => new RegExp(`(?<![a-z])(?:${words.join('|')})(?![a-z])`, 'i');
const SMALL = anyWord(SMALL_WORDS);
const CUE = anyWord(CUES);
const TURNED_WORDS = new RegExp(`\\b(?:${TURNED.join('|')})\\b`, 'gi');
const SIGNS = '<&%\\]*_~`()\n ';

const piece = fc.oneof(
  fc.constantFrom(...SMALL_WORDS, ...CUES, ...TURNED, 'DER', 'Must', 'Gur', 'thunder', 'owed', 'is_', '3des', 'the '),
  fc.constantFrom(' ', '  ', '\n', '.', '(', '<', '%', '\\', '_', '7', 'é', '中', 'か', '한', '\ud83d\ude00', '\u017f'),
  fc.string({ maxLength: 4 }),
);

test('any text', () => {
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      const text = pieces.join('');
      const survey = surveyOf(text);
      const highest = Math.max(0, ...Array.from({ length: text.length }, (_, at) => text.charCodeAt(at)));
      expect(survey.highest).toBe(highest > 127 ? highest : 0);
      expect(survey.beyondAscii).toBe(highest > 127);
      expect(survey.isForeign).toBe(highest > 127 || SMALL.test(text));
      expect(mayBeForeignWithin(text, 0, text.length)).toBe(survey.isForeign);
      expect(survey.isOwed).toBe(text.includes('(') || CUE.test(text));
      expect(survey.turned).toBeGreaterThanOrEqual(text.match(TURNED_WORDS)?.length ?? 0);
      for (const sign of SIGNS) expect(hasAnyOf(survey, sign)).toBe(text.includes(sign));
    }),
    { numRuns: 500 },
  );
});

test('a part is looked at as if it stood alone', () => {
  expect(mayBeForeignWithin('thunder and', 0, 11)).toBe(false);
  expect(mayBeForeignWithin('thunder and', 4, 7)).toBe(true);
  expect(mayBeForeignWithin('é and', 2, 5)).toBe(false);
});

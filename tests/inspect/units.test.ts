/** The units of a text in an array are those of the text, whatever was asked for before. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { unitsOf } from '../../services/inspect/units.js';

const byCode = (text: string): number[] => Array.from({ length: text.length }, (_, at) => text.charCodeAt(at));

test('any texts, one after another', () => {
  const text = fc.oneof(
    fc.string(),
    fc.string({ unit: 'binary', maxLength: 200 }),
    fc.array(fc.integer({ min: 0, max: 0xffff })).map((codes) => String.fromCharCode(...codes)),
    fc
      .tuple(fc.string({ minLength: 1, maxLength: 3 }), fc.integer({ min: 2_000, max: 9_000 }))
      .map(([of, times]) => of.repeat(times)),
  );
  fc.assert(
    fc.property(fc.array(text, { maxLength: 5 }), (texts) => {
      for (const each of [...texts, ...texts.toReversed()]) {
        const units = unitsOf(each);
        expect([...units.subarray(0, each.length)]).toEqual(byCode(each));
        expect(units[each.length]).toBe(0);
      }
    }),
  );
});

test('a text longer than what is held on to, and a short one behind it', () => {
  const long = 'ab\ud800'.repeat(100_000);
  const units = unitsOf(long);
  expect(units.length).toBeGreaterThan(long.length);
  expect([units[299_997], units[299_999], units[300_000]]).toEqual([97, 0xd800, 0]);
  expect([...unitsOf('é!').subarray(0, 3)]).toEqual([233, 33, 0]);
  expect(unitsOf('é!').length).toBeLessThanOrEqual(1 << 17);
});

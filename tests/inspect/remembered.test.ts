/** A bounded memo gives what would be made anew, and holds no more than it may. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { detached, Remembered } from '../../services/inspect/remembered.js';

describe('what is remembered', () => {
  test('is what would be made, and never more than the bound', () => {
    const asks = fc.array(fc.string({ maxLength: 2 }), { maxLength: 60 });
    fc.assert(
      fc.property(asks, fc.integer({ min: 2, max: 8 }), (texts, most) => {
        const memo = new Remembered<string>(most);
        for (const text of texts) {
          expect(memo.of(text, (of) => `of ${of}`)).toBe(`of ${text}`);
          expect(memo.size).toBeLessThanOrEqual(most);
        }
      }),
      { numRuns: 200 },
    );
  });

  test('is not made again while it is asked for', () => {
    const memo = new Remembered<number>(8);
    let made = 0;
    for (let round = 0; round < 20; round++) {
      memo.of('again', () => ++made);
      memo.of(`once ${round}`, () => 0);
    }
    expect(made).toBe(1);
  });

  test('a text of its own is the same text', () => {
    for (const text of ['', 'plain', '\ud83d alone', 'ä\u0000送']) expect(detached(text)).toBe(text);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { table } from '../../services/cli/table.js';
import { coloured, plain } from '../../services/cli/terminal.js';
import { displayWidth, fit, wrap } from '../../services/cli/width.js';

interface Row {
  id: string;
  title: string;
}
const columns = [
  { title: 'ID', value: ({ id }: Row) => id, whole: true },
  { title: 'TITLE', value: ({ title }: Row) => title },
];

describe('tables', () => {
  it('are as wide as their content where the output is no terminal', () => {
    expect(table(columns, [{ id: 'abc', title: 'a long title that stays' }], { width: undefined, paint: plain })).toBe(
      'ID   TITLE\nabc  a long title that stays',
    );
  });

  it('fit the terminal and say that something was cut, but keep ids whole', () => {
    expect(
      table(columns, [{ id: '0123456789', title: 'a long title' }], { width: 20, paint: plain }).split('\n'),
    ).toEqual(['ID          TITLE', '0123456789  a long …']);
  });

  it('never exceed the terminal while there is something to cut, whatever the cells hold', () => {
    const row = fc.record({ id: fc.string({ maxLength: 8 }), title: fc.string({ unit: 'grapheme', maxLength: 60 }) });
    fc.assert(
      fc.property(fc.array(row, { minLength: 1, maxLength: 5 }), fc.integer({ min: 24, max: 100 }), (rows, width) => {
        for (const line of table(columns, rows, { width, paint: plain }).split('\n'))
          expect(displayWidth(line)).toBeLessThanOrEqual(width);
      }),
    );
  });

  it("let no cell move the terminal's cursor or colour what follows", () => {
    const text = table(columns, [{ id: '\u001b[2J', title: 'x\r\n\u0007\u202ey' }], { width: 80, paint: plain });

    expect(text.replaceAll('\n', '')).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202e]/);
    expect(text.split('\n')).toHaveLength(2);
  });

  it('colour only what a column paints', () => {
    const painted = table(
      [{ ...columns[0]!, paint: (text, _row, paint) => paint('red', text) }],
      [{ id: 'a', title: '' }],
      { width: 80, paint: coloured },
    );
    expect(painted).toContain('\u001b[31ma');
  });
});

describe('display width', () => {
  it.each([
    ['abc', 3],
    ['日本', 4],
    ['e\u0301', 1],
    ['👩‍👩‍👧', 2],
    ['', 0],
  ])('of %j is %i', (text, wanted) => {
    expect(displayWidth(text)).toBe(wanted);
  });

  it('is never exceeded by what fits', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.nat({ max: 30 }), (text, width) => {
        expect(displayWidth(fit(text, width))).toBeLessThanOrEqual(width);
      }),
    );
  });

  it('breaks lines between words', () => {
    expect(wrap('one two three', 7)).toEqual(['one two', 'three']);
  });
});

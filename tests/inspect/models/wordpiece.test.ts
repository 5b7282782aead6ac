import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WordPiece } from '../../../services/inspect/models/deep/wordpiece.js';

interface Row {
  text: string;
  ids: number[];
  offsets: [number, number][];
}

const rows = JSON.parse(readFileSync(new URL('./fixtures/wordpiece.json', import.meta.url), 'utf8')) as Row[];
const vocabulary = readFileSync(
  new URL('../../../services/inspect/models/weights/wordpiece-vocab.txt', import.meta.url),
  'utf8',
);
const pieces = new WordPiece(vocabulary);

describe('word pieces', () => {
  it.each(rows)('are those of the tokenizer the model was trained with: $text', ({ text, ids, offsets }) => {
    const found = pieces.encode(text);
    expect([...found.ids]).toEqual(ids);
    expect([...found.starts].map((start, at) => [start, found.ends[at]])).toEqual(offsets);
  });

  it('stand in order within the text, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), (text) => {
        const { ids, starts, ends } = pieces.encode(text);
        let last = 0;
        for (let at = 0; at < ids.length; at++) {
          const start = starts[at] as number;
          const end = ends[at] as number;
          expect(start).toBeGreaterThanOrEqual(last);
          expect(end).toBeGreaterThan(start);
          expect(end).toBeLessThanOrEqual(text.length);
          last = start;
        }
      }),
    );
  });

  it('needs a vocabulary that knows the unknown', () => {
    expect(() => new WordPiece('a\nb')).toThrow(RangeError);
  });
});

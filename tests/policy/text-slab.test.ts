import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ownText, textIn, TextSlab } from '../../services/policy/text-slab.js';

const wellFormed = fc.string({ unit: 'binary' });

describe('texts in a slab', () => {
  it('come back as they were, whatever is written next to them', () => {
    fc.assert(
      fc.property(fc.array(wellFormed, { maxLength: 60 }), (texts) => {
        const slab = new TextSlab();
        const put = texts.map((text) => slab.put(text));
        expect(put.map(textIn)).toEqual(texts);
      }),
    );
  });

  it('may be longer than a piece, and fill several', () => {
    const slab = new TextSlab();
    const texts = [
      'a'.repeat(300_000),
      'ä'.repeat(200_000),
      'b',
      '€'.repeat(90_000),
      ...Array(50).fill('c'.repeat(9_000)),
    ];
    const put = texts.map((text) => slab.put(text));
    expect(put.map(textIn)).toEqual(texts);
    expect(new Set(put.map(({ piece }) => piece)).size).toBeGreaterThan(3);
  });

  it('own a part of a text without the text', () => {
    fc.assert(
      fc.property(wellFormed, (text) => {
        expect(ownText(text)).toBe(text);
      }),
    );
    expect(ownText('€'.repeat(5_000))).toBe('€'.repeat(5_000));
  });
});

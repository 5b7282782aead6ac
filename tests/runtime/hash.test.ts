import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contentHash, shortHash } from '../../services/runtime/hash.js';

describe('shortHash', () => {
  it('is 32 hex digits, and always the same', () => {
    expect(shortHash('tenant', 'detector', 'event')).toBe(shortHash('tenant', 'detector', 'event'));
    expect(shortHash('a')).toMatch(/^[0-9a-f]{32}$/);
    expect(shortHash()).toMatch(/^[0-9a-f]{32}$/);
  });

  it('tells every two lists of parts apart', () => {
    expect(shortHash('a', 'bc')).not.toBe(shortHash('ab', 'c'));
    const parts = fc.array(fc.string({ unit: fc.constantFrom('a', '1', ':', ',', '/', 'ä') }), { maxLength: 4 });
    fc.assert(
      fc.property(parts, parts, (a, b) => {
        expect(shortHash(...a) === shortHash(...b)).toBe(JSON.stringify(a) === JSON.stringify(b));
      }),
      { numRuns: 500 },
    );
  });
});

describe('contentHash', () => {
  it('is the SHA-256 of the UTF-8 bytes', () => {
    // FIPS 180-2, appendix B.1.
    expect(contentHash('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
    expect(contentHash('ä')).not.toBe(contentHash('a\u0308'));
  });
});

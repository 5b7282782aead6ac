import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BASE64_UNITS, HEX_UNITS, hasEncodingStretch } from '../../services/inspect/reading.js';

/** Stretches of both kinds, short and long, so that their ends fall on every place. */
const pieces = fc.array(
  fc.oneof(
    fc.string({ unit: fc.constantFrom('a', 'Z', '0', '9', '+', '/', '_', '-'), maxLength: 40 }),
    fc.string({ unit: fc.constantFrom(' ', '.', '\n', 'é', '=', '漢', '\\'), minLength: 1, maxLength: 3 }),
  ),
  { maxLength: 12 },
);

describe('a stretch of encoding characters', () => {
  it('is found exactly where the pattern finds one', () => {
    fc.assert(
      fc.property(pieces, fc.integer({ min: 1, max: 30 }), (parts, length) => {
        const text = parts.join('');
        expect(hasEncodingStretch(text, length)).toBe(new RegExp(`[A-Za-z0-9+/_-]{${length}}`).test(text));
      }),
      { numRuns: 2_000 },
    );
  });

  it('of both cases, or of hexadecimal digits, too', () => {
    fc.assert(
      fc.property(pieces, fc.integer({ min: 2, max: 30 }), (parts, length) => {
        const text = parts.join('');
        const runs = (text.match(/[A-Za-z0-9+/_-]+/g) ?? []).filter((run) => run.length >= length);
        expect(hasEncodingStretch(text, length, BASE64_UNITS, true)).toBe(
          runs.some((run) => /[A-Z]/.test(run) && /[a-z]/.test(run)),
        );
        expect(hasEncodingStretch(text, length, HEX_UNITS)).toBe(new RegExp(`[0-9a-fA-F]{${length}}`).test(text));
      }),
      { numRuns: 2_000 },
    );
  });

  it.each([
    ['a'.repeat(23), false],
    ['a'.repeat(24), true],
    [`${' '.repeat(7)}${'a'.repeat(24)}`, true],
    [`${'a'.repeat(23)} ${'b'.repeat(23)} ${'c'.repeat(23)}`, false],
  ])('of 24: %j %s', (text, found) => {
    expect(hasEncodingStretch(text, 24)).toBe(found);
  });
});

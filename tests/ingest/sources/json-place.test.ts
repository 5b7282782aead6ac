import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readJson } from '../../../services/ingest/sources/json-place.js';

describe('where JSON stops being JSON', () => {
  it.each([
    ['', 0, 'the JSON ends too early'],
    ['{"a":', 5, 'the JSON ends too early'],
    ['{"a": [} ', 7, 'not JSON'],
    ['{"a" 1}', 5, 'not JSON'],
    ['[1, 2,]', 6, 'not JSON'],
    ['{"a":1,}', 7, 'not JSON'],
    ['[1] x', 4, 'not JSON'],
    ['{"a": "line\nbreak"}', 6, 'not JSON'],
    ['{"a": 01}', 7, 'not JSON'],
    ['nonsense', 0, 'not JSON'],
  ])('%j', (text, offset, message) => {
    expect(readJson(text)).toEqual({ ok: false, offset, message });
  });

  it('reads long strings', () => {
    expect(readJson(`{"a":"${'x\\n'.repeat(4_000_000)}" bad`)).toMatchObject({ ok: false, offset: 12_000_008 });
  });

  it('finds a place in any JSON that one character was put into, and no fault in JSON', () => {
    fc.assert(
      fc.property(fc.json(), fc.nat(), fc.constantFrom('x', '}', ']', ',', ':', '"'), (text, where, wrong) => {
        expect(readJson(text).ok).toBe(true);
        const at = where % (text.length + 1);
        const read = readJson(text.slice(0, at) + wrong + text.slice(at));
        if (!read.ok) expect(read.offset).toBeLessThanOrEqual(text.length + 1);
      }),
    );
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BUCKET_BITS, FEATURES_PER_TOKEN, Scan } from '../../../services/inspect/models/fast/features.js';

function scanned(text: string): { starts: number[]; features: number[][] } {
  const scan = new Scan();
  scan.read(text);
  return {
    starts: [...scan.starts.slice(0, scan.tokens)],
    features: Array.from({ length: scan.tokens }, (_, token) => [
      ...scan.features.slice(token * FEATURES_PER_TOKEN, (token + 1) * FEATURES_PER_TOKEN),
    ]),
  };
}

describe('tokens of the fast tier', () => {
  it.each([
    ['Send it now.', [0, 5, 8, 11]],
    ['a  b', [0, 3]],
    ['-----\n\n\nx', [0, 5, 8]],
    ['请发送', [0, 1, 2]],
    ['', []],
    [' \t ', []],
    ['send_money', [0, 4, 5]],
  ])('of %j begin at %j', (text, starts) => {
    expect(scanned(text).starts).toEqual(starts);
  });

  it('do not tell capitals or digits apart', () => {
    expect(scanned('PAY 1234').features).toEqual(scanned('pay 9871').features);
    expect(scanned('ÜBERWEISE Отправь').features).toEqual(scanned('überweise отправь').features);
  });

  it('know a word by its stem, and an order by its place', () => {
    const [, first] = scanned('. delete').features as [number[], number[]];
    const [, , later] = scanned('we will delete').features as [number[], number[], number[]];
    expect(first[0]).toBe(later[0]);
    expect(first[4]).not.toBe(later[4]);
    const stems = ['deleted', 'deletes', 'deletion'].map((word) => (scanned(word).features[0] as number[])[3]);
    expect(new Set(stems).size).toBe(1);
  });

  it('stand in order in any text, their features within the buckets', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 300 }), (text) => {
        const { starts, features } = scanned(text);
        starts.forEach((start, at) => {
          expect(start).toBeGreaterThan(at === 0 ? -1 : (starts[at - 1] as number));
          expect(start).toBeLessThan(text.length);
        });
        for (const bucket of features.flat()) {
          expect(bucket).toBeGreaterThanOrEqual(0);
          expect(bucket).toBeLessThan(1 << BUCKET_BITS);
        }
      }),
    );
  });

  it('are the same whatever was read before, long texts included', () => {
    const scan = new Scan();
    scan.read('word '.repeat(20_000));
    expect(scan.tokens).toBe(20_000);
    scan.read('Send it now.');
    expect([...scan.features.slice(0, scan.tokens * FEATURES_PER_TOKEN)]).toEqual(
      scanned('Send it now.').features.flat(),
    );
  });
});

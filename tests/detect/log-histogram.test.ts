import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { addTo, levelOf, newLogHistogram, surpriseOf } from '../../services/detect/log-histogram.js';
import { chance, spread } from './detectors/series.js';

function filled(count: number, value: () => number) {
  const histogram = newLogHistogram();
  for (let at = 0; at < count; at++) addTo(histogram, value());
  return histogram;
}

describe('a log-histogram', () => {
  test('has the median and the deviation of what it was given, to about a bin', () => {
    const random = chance(3);
    const { median, mad } = levelOf(filled(900, () => 1000 * spread(random, 0.8)));
    expect(Math.expm1(median)).toBeGreaterThan(700);
    expect(Math.expm1(median)).toBeLessThan(1400);
    // MAD of a normal is 0.6745 σ.
    expect(mad).toBeGreaterThan(0.3);
    expect(mad).toBeLessThan(0.9);
  });

  test('clockwork: a value that never varied does not hide a thousandfold one, nor makes ten percent more one', () => {
    const histogram = filled(200, () => 100);
    expect(surpriseOf(histogram, 110)).toBeUndefined();
    expect(surpriseOf(histogram, 100_000)?.p).toBeLessThan(1e-5);
  });

  test('quiet: too few values surprise nobody', () => {
    expect(
      surpriseOf(
        filled(19, () => 5),
        1e9,
      ),
    ).toBeUndefined();
    expect(surpriseOf(undefined, 1e9)).toBeUndefined();
  });

  test('heavy tails: Pareto values with α = 1.5 are rarely a surprise worth stating', () => {
    const random = chance(9);
    let stated = 0;
    for (let round = 0; round < 50; round++) {
      const histogram = newLogHistogram();
      for (let at = 0; at < 400; at++) {
        const x = 10 / (1 - random()) ** (1 / 1.5);
        const p = surpriseOf(histogram, x)?.p ?? 1;
        if (p < 1e-5) stated++;
        addTo(histogram, x);
      }
    }
    // 20,000 values at 1e-5: 0.2 are expected.
    expect(stated).toBeLessThanOrEqual(2);
  });

  test('forgets: after the level rose, the new level is ordinary', () => {
    const histogram = filled(500, () => 10);
    expect(surpriseOf(histogram, 10_000)?.p).toBeLessThan(1e-4);
    for (let at = 0; at < 50; at++) addTo(histogram, 10_000);
    expect(surpriseOf(histogram, 10_500)?.p ?? 1).toBeGreaterThan(1e-3);
  });

  test('is bounded whatever comes, and survives JSON', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1e15, noNaN: true }), { maxLength: 3000 }), (values) => {
        const histogram = newLogHistogram();
        for (const value of values) addTo(histogram, value);
        expect(histogram.length).toBeLessThanOrEqual(2 + 2 * 81);
        expect(histogram[0]).toBeLessThanOrEqual(1001);
        expect(JSON.parse(JSON.stringify(histogram))).toEqual(histogram);
      }),
      { numRuns: 30 },
    );
  });
});

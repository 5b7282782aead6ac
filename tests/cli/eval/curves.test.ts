import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rocOf, thresholdAtRate, type Scored } from '../../../services/cli/eval/curves.js';

const scored = (...pairs: [number, boolean][]): Scored[] => pairs.map(([score, positive]) => ({ score, positive }));
const items = fc.array(fc.record({ score: fc.integer({ min: 0, max: 8 }).map((n) => n / 8), positive: fc.boolean() }), {
  minLength: 2,
});

describe('ROC', () => {
  it.each([
    ['perfect', scored([0.9, true], [0.8, true], [0.2, false]), 1],
    ['upside down', scored([0.1, true], [0.8, false]), 0],
    ['all alike', scored([0.5, true], [0.5, false], [0.5, false]), 0.5],
    ['one of two pairs', scored([0.5, true], [0.4, false], [0.6, false]), 0.5],
  ])('%s', (_name, all, auc) => expect(rocOf(all).auc).toBe(auc));

  it('has no area where a class is empty', () => expect(rocOf(scored([1, true])).auc).toBeNull());

  it('is the share of pairs in the right order, ties half (Mann–Whitney)', () => {
    fc.assert(
      fc.property(items, (all) => {
        const positives = all.filter(({ positive }) => positive);
        const negatives = all.filter(({ positive }) => !positive);
        fc.pre(positives.length > 0 && negatives.length > 0);
        const right = positives
          .flatMap((a) => negatives.map((b) => (a.score > b.score ? 1 : a.score === b.score ? 0.5 : 0)))
          .reduce<number>((sum, each) => sum + each, 0);
        expect(rocOf(all).auc).toBeCloseTo(right / (positives.length * negatives.length), 10);
      }),
    );
  });
});

describe('a threshold for a false-positive rate', () => {
  it('never lets more through than the rate, and is the lowest such', () => {
    fc.assert(
      fc.property(items, fc.constantFrom(0, 0.01, 0.1, 0.5), (all, rate) => {
        const negatives = all.filter(({ positive }) => !positive);
        const threshold = thresholdAtRate(all, rate);
        const passing = (bound: number): number => negatives.filter(({ score }) => score >= bound).length;
        expect(passing(threshold)).toBeLessThanOrEqual(negatives.length * rate);
        const lower = Math.max(0, ...all.map(({ score }) => score).filter((score) => score < threshold));
        if (lower > 0 && Number.isFinite(threshold)) expect(passing(lower)).toBeGreaterThan(negatives.length * rate);
      }),
    );
  });
  it('finds nothing where nothing was seen', () =>
    expect(thresholdAtRate(scored([0, true], [0, false]), 1)).toBe(Number.POSITIVE_INFINITY));
});

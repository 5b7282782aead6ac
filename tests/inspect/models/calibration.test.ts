import { describe, expect, it } from 'vitest';
import {
  bootstrap,
  plattOf,
  recallAt,
  reliabilityOf,
  thresholdAt,
} from '../../../services/inspect/training/calibration.js';
import { randomOf } from '../../../services/inspect/training/examples.js';

describe('Platt scaling', () => {
  it('finds the line that made the labels', () => {
    const random = randomOf(3);
    const scores = Array.from({ length: 20_000 }, () => random() * 8 - 4);
    const labels = scores.map((score) => (random() < 1 / (1 + Math.exp(-(1.5 * score - 1))) ? 1 : 0));
    const { slope, intercept } = plattOf(scores, labels);
    expect(slope).toBeCloseTo(1.5, 1);
    expect(intercept).toBeCloseTo(-1, 1);
    const said = scores.map((score) => 1 / (1 + Math.exp(-(slope * score + intercept))));
    expect(reliabilityOf(said, labels).ece).toBeLessThan(0.02);
  });
  it('stays finite where scores separate', () => {
    const { slope, intercept } = plattOf([-2, -1, 1, 2], [0, 0, 1, 1]);
    expect(Number.isFinite(slope)).toBe(true);
    expect(Number.isFinite(intercept)).toBe(true);
    expect(slope).toBeGreaterThan(0);
  });
});

describe('measures', () => {
  it('recall is counted above the threshold that leaves the share of clean', () => {
    const clean = Array.from({ length: 100 }, (_, at) => at);
    expect(thresholdAt(clean, 0.01)).toBe(98);
    expect(clean.filter((score) => score > thresholdAt(clean, 0.01)).length).toBe(1);
    expect(recallAt([97, 98, 99, 200], clean, 0.01)).toBe(0.5);
  });
  it('says how far off probabilities are', () => {
    expect(reliabilityOf([0.95, 0.95], [0, 0]).ece).toBeCloseTo(0.95);
    expect(reliabilityOf([0.5, 0.5], [0, 1]).ece).toBeCloseTo(0);
  });
  it('resamples groups, not texts: one group has no spread', () => {
    const mean = (sample: readonly number[]): number => sample.reduce((sum, value) => sum + value, 0) / sample.length;
    expect(bootstrap([[1, 0, 1, 0]], mean, randomOf(1), 50)).toEqual({ low: 0.5, high: 0.5 });
    const spread = bootstrap([[1], [0], [1], [0]], mean, randomOf(1), 200);
    expect(spread.low).toBeLessThan(0.5);
    expect(spread.high).toBeGreaterThan(0.5);
  });
});

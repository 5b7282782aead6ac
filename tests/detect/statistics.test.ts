import { describe, expect, test } from 'vitest';
import fc from 'fast-check';
import {
  betaBinomialTail,
  confidenceOf,
  gammaPoissonTail,
  incompleteBeta,
  normalTail,
} from '../../services/detect/statistics.js';

describe('incomplete beta', () => {
  // Closed forms: I_x(1,b) = 1−(1−x)^b, I_x(a,1) = x^a, I_½(a,a) = ½.
  test.each([
    [0.3, 1, 4, 1 - 0.7 ** 4],
    [0.3, 5, 1, 0.3 ** 5],
    [0.5, 7, 7, 0.5],
    [0.9, 2, 3, 0.9963],
    [0, 2, 3, 0],
    [1, 2, 3, 1],
  ])('I_%d(%d, %d)', (x, a, b, expected) => {
    expect(incompleteBeta(x, a, b)).toBeCloseTo(expected, 9);
  });
});

describe('Gamma–Poisson tail', () => {
  test('variance at the mean is Poisson', () => {
    // P(X ≥ 3), mean 1: 1 − e⁻¹(1 + 1 + ½)
    expect(gammaPoissonTail(3, 1, 1)).toBeCloseTo(1 - Math.exp(-1) * 2.5, 5);
  });
  test('shape 1 is geometric', () => {
    // mean 2, variance 6: shape 1, p = 2/3, P(X ≥ 4) = (2/3)^4
    expect(gammaPoissonTail(4, 2, 6)).toBeCloseTo((2 / 3) ** 4, 9);
  });
  test('falls with x, rises with variance far out, and is a probability', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 500 }),
        fc.double({ min: 0.01, max: 100, noNaN: true }),
        fc.double({ min: 1, max: 20, noNaN: true }),
        (x, mean, ratio) => {
          const tail = gammaPoissonTail(x, mean, mean * ratio);
          expect(tail).toBeGreaterThanOrEqual(-1e-9);
          expect(tail).toBeLessThanOrEqual(1 + 1e-9);
          expect(gammaPoissonTail(x + 1, mean, mean * ratio)).toBeLessThanOrEqual(tail + 1e-9);
        },
      ),
      { numRuns: 300, seed: 3 },
    );
  });
});

test('Beta–binomial: uniform prior makes every count as likely', () => {
  expect(betaBinomialTail(3, 9, 1, 1)).toBeCloseTo(7 / 10, 9);
  expect(betaBinomialTail(0, 9, 1, 1)).toBe(1);
});

describe('confidence of a tail probability', () => {
  test('more tests, less confidence; smaller tails, more; capped; never below the prior', () => {
    expect(confidenceOf(1e-6, 1, 0.01)).toBeGreaterThan(confidenceOf(1e-6, 1000, 0.01));
    expect(confidenceOf(1e-9, 1000, 0.01)).toBeGreaterThan(confidenceOf(1e-6, 1000, 0.01));
    expect(confidenceOf(1e-200, 1, 0.01)).toBe(0.9);
    expect(confidenceOf(0.9, 1, 0.01)).toBe(0.01);
  });
  test('what comes up by chance in a day of tests is not believed', () => {
    expect(confidenceOf(1 / 4320, 4320, 0.01)).toBeLessThan(0.05);
  });
});

test.each([
  [0, 0.5],
  [1.959964, 0.025],
  [3.090232, 0.001],
  [6, 9.8659e-10],
  [8, 6.221e-16],
])('normal tail beyond %d', (z, expected) => {
  expect(normalTail(z) / expected).toBeCloseTo(1, 3);
});

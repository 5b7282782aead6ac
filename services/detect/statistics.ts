/** Tail probabilities the detectors use, and how a tail probability or log-odds becomes a confidence. Pure. */
import { gammaln } from 'simple-statistics';

/**
 * The regularized incomplete beta function I_x(a, b), by Lentz's continued fraction (Numerical Recipes, 3rd ed., §6.4).
 * a, b > 0, 0 ≤ x ≤ 1.
 */
export function incompleteBeta(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  const front = Math.exp(gammaln(a + b) - gammaln(a) - gammaln(b) + a * Math.log(x) + b * Math.log1p(-x));
  // The fraction converges fast on this side of the mean; the other side follows by symmetry.
  return x < (a + 1) / (a + b + 2) ? (front * fraction(x, a, b)) / a : 1 - (front * fraction(1 - x, b, a)) / b;
}

function fraction(x: number, a: number, b: number): number {
  const tiny = 1e-300;
  let c = 1;
  let d = 1 / guard(1 - ((a + b) * x) / (a + 1), tiny);
  let h = d;
  for (let m = 1; m <= 500; m++) {
    for (const numerator of [
      (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m)),
      (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1)),
    ]) {
      d = 1 / guard(1 + numerator * d, tiny);
      c = guard(1 + numerator / c, tiny);
      h *= d * c;
    }
    if (Math.abs(d * c - 1) < 1e-12) break;
  }
  return h;
}

function guard(value: number, tiny: number): number {
  return Math.abs(value) < tiny ? tiny : value;
}

/**
 * P(X ≥ x) of a Gamma–Poisson (negative binomial) count with the given mean and variance; variance at or below the
 * mean: Poisson. With shape r = mean² / (variance − mean) it is I_p(x, r), p = mean / (mean + r).
 */
export function gammaPoissonTail(x: number, mean: number, variance: number): number {
  if (x <= 0) return 1;
  if (mean <= 0) return 0;
  // Poisson is the limit of large r; r = 1e6 differs from it by less than 1e-6 here and avoids a second formula.
  const shape = Math.min(variance > mean ? (mean * mean) / (variance - mean) : 1e6, 1e6);
  return incompleteBeta(mean / (mean + shape), x, shape);
}

/**
 * P(Z ≥ z) of a standard normal, z ≥ 0, to a relative error of 1.2e-7 also far out (½ erfc(z/√2) by the Chebyshev fit of
 * Numerical Recipes, 2nd ed., §6.2; a table ends at three sigma, where detection begins).
 */
export function normalTail(z: number): number {
  const x = z / Math.SQRT2;
  const t = 1 / (1 + x / 2);
  const fit = [
    -1.26551223, 1.00002368, 0.37409196, 0.09678418, -0.18628806, 0.27886807, -1.13520398, 1.48851587, -0.82215223,
    0.17087277,
  ];
  const exponent = fit.reduceRight((sum, coefficient) => sum * t + coefficient, 0);
  return (t * Math.exp(-x * x + exponent)) / 2;
}

/** P(K ≥ k) of n draws whose probability is Beta(a, b): the Beta–binomial tail. 0 ≤ k ≤ n ≤ some hundreds. */
export function betaBinomialTail(k: number, n: number, a: number, b: number): number {
  if (k <= 0) return 1;
  let tail = 0;
  for (let i = k; i <= n; i++) {
    tail += Math.exp(logChoose(n, i) + logBeta(i + a, n - i + b) - logBeta(a, b));
  }
  return Math.min(1, tail);
}

function logBeta(a: number, b: number): number {
  return gammaln(a) + gammaln(b) - gammaln(a + b);
}

function logChoose(n: number, k: number): number {
  return gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1);
}

/**
 * How sure a tail probability makes us that something is wrong.
 *
 * The p-value is first paid for the number of tests (Bonferroni); then the lower bound on the Bayes factor of the
 * null, −e·p·ln p (Sellke, Bayarri, Berger 2001, "Calibration of p values"), meets the prior odds. The bound favours the
 * alternative, so the result is capped: an anomaly is unusual, not yet an attack.
 *
 * @param p tail probability, 0..1
 * @param tests how many such tests are made in the period that `prior` is about
 * @param prior probability that the period holds something wrong, before looking
 */
export function confidenceOf(p: number, tests: number, prior: number, cap = 0.9): number {
  const paid = Math.min(1, Math.max(p, 1e-300) * tests);
  if (paid >= Math.exp(-1)) return prior;
  const bound = -Math.E * paid * Math.log(paid);
  return Math.min(cap, 1 / (1 + ((1 - prior) / prior) * bound));
}

/** −log₁₀ of a probability, for evidence a person reads. */
export function decades(p: number): number {
  return Math.round(-Math.log10(Math.max(p, 1e-300)) * 10) / 10;
}

/**
 * Q(a, x), the upper regularized incomplete gamma function (Numerical Recipes, 3rd ed., §6.2): series below a + 1,
 * continued fraction above. a > 0, x ≥ 0.
 */
export function upperGamma(a: number, x: number): number {
  if (x <= 0) return 1;
  const front = Math.exp(-x + a * Math.log(x) - gammaln(a));
  if (x < a + 1) {
    let term = 1 / a;
    let sum = term;
    for (let n = 1; n < 1000 && Math.abs(term) > Math.abs(sum) * 1e-12; n++) {
      term *= x / (a + n);
      sum += term;
    }
    return Math.max(0, 1 - front * sum);
  }
  let b = x + 1 - a;
  let c = 1e300;
  let d = 1 / b;
  let h = d;
  for (let i = 1; i <= 1000; i++) {
    const numerator = -i * (i - a);
    b += 2;
    d = 1 / guard(numerator * d + b, 1e-300);
    c = guard(b + numerator / c, 1e-300);
    h *= d * c;
    if (Math.abs(d * c - 1) < 1e-12) break;
  }
  return front * h;
}

/** P(X ≥ x) of a χ² with `degrees` degrees of freedom, ≥ 1. */
export function chiSquareTail(x: number, degrees: number): number {
  return upperGamma(degrees / 2, x / 2);
}

/**
 * Jensen–Shannon divergence of two distributions given as counts under the same keys, in bits: 0 (alike) to 1 (disjoint)
 * (Lin 1991). 0 where one of them is empty.
 */
export function jensenShannon(a: ReadonlyMap<string, number>, b: ReadonlyMap<string, number>): number {
  const total = (of: ReadonlyMap<string, number>): number => [...of.values()].reduce((sum, count) => sum + count, 0);
  const [sumA, sumB] = [total(a), total(b)];
  if (sumA === 0 || sumB === 0) return 0;
  let divergence = 0;
  for (const key of new Set([...a.keys(), ...b.keys()])) {
    const p = (a.get(key) ?? 0) / sumA;
    const q = (b.get(key) ?? 0) / sumB;
    const m = (p + q) / 2;
    if (p > 0) divergence += (p / 2) * Math.log2(p / m);
    if (q > 0) divergence += (q / 2) * Math.log2(q / m);
  }
  return Math.max(0, Math.min(1, divergence));
}

/** The logistic function: 0 to 1. */
export const probabilityOf = (logOdds: number): number => 1 / (1 + Math.exp(-logOdds));

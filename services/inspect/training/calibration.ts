/** Turning scores into probabilities, and saying how good they are. Pure; the same seed gives the same intervals. */
import type { Calibration } from '../models/fast/weights.js';

/**
 * Platt's sigmoid (1999) by Newton's method on the log loss, with his smoothed targets, so that a separable set gives no
 * infinite slope.
 */
export function plattOf(scores: readonly number[], labels: readonly (0 | 1)[]): Calibration {
  const positives = labels.filter((label) => label === 1).length;
  const negatives = labels.length - positives;
  const high = (positives + 1) / (positives + 2);
  const low = 1 / (negatives + 2);
  let slope = 1;
  let intercept = 0;
  for (let round = 0; round < 100; round++) {
    let gs = 0;
    let gi = 0;
    let hss = 1e-6;
    let hsi = 0;
    let hii = 1e-6;
    scores.forEach((score, index) => {
      const p = 1 / (1 + Math.exp(-(slope * score + intercept)));
      const error = p - (labels[index] === 1 ? high : low);
      const curve = p * (1 - p);
      gs += error * score;
      gi += error;
      hss += curve * score * score;
      hsi += curve * score;
      hii += curve;
    });
    const determinant = hss * hii - hsi * hsi;
    const stepSlope = (hii * gs - hsi * gi) / determinant;
    const stepIntercept = (hss * gi - hsi * gs) / determinant;
    slope -= stepSlope;
    intercept -= stepIntercept;
    if (Math.abs(stepSlope) + Math.abs(stepIntercept) < 1e-9) break;
  }
  return { slope, intercept };
}

/** How often a text that a model is shown is taken to hold a planted request: training has one in two, the world far fewer. */
export const PRIOR = 0.1;

/** A calibration for another share of positives (Bayes' rule on the log-odds): `from` and `to` in (0, 1). */
export function withPrior(calibration: Calibration, from: number, to: number): Calibration {
  return { ...calibration, intercept: calibration.intercept + Math.log((to / (1 - to)) * ((1 - from) / from)) };
}

/** The score that the share `rate` of the clean scores lies above. */
export function thresholdAt(clean: readonly number[], rate: number): number {
  const sorted = [...clean].sort((a, b) => b - a);
  return sorted[Math.floor(sorted.length * rate)] ?? Number.POSITIVE_INFINITY;
}

/** Share of `found` above the threshold that leaves `rate` of `clean` above it. NaN for none. */
export function recallAt(found: readonly number[], clean: readonly number[], rate: number): number {
  const threshold = thresholdAt(clean, rate);
  return found.filter((score) => score > threshold).length / found.length;
}

/**
 * Expected calibration error over ten equal bins of probability (Naeini et al. 2015), and the bins for a diagram. With a
 * `prior`, positives and negatives are weighed so that positives have that share.
 */
export function reliabilityOf(
  probabilities: readonly number[],
  labels: readonly (0 | 1)[],
  prior?: number,
): { ece: number; bins: { count: number; said: number; was: number }[] } {
  const bins = Array.from({ length: 10 }, () => ({ count: 0, said: 0, was: 0 }));
  const positives = labels.filter((label) => label === 1).length;
  const weightOf = (label: 0 | 1): number =>
    prior === undefined ? 1 : label === 1 ? prior / positives : (1 - prior) / (labels.length - positives);
  const total = labels.reduce<number>((sum, label) => sum + weightOf(label), 0);
  probabilities.forEach((probability, index) => {
    const weight = weightOf(labels[index] as 0 | 1);
    const bin = bins[Math.min(9, Math.floor(probability * 10))] as { count: number; said: number; was: number };
    bin.count += weight;
    bin.said += weight * probability;
    bin.was += weight * (labels[index] as number);
  });
  let ece = 0;
  for (const bin of bins) {
    if (bin.count === 0) continue;
    bin.said /= bin.count;
    bin.was /= bin.count;
    ece += (bin.count / total) * Math.abs(bin.said - bin.was);
  }
  return { ece, bins };
}

/** 95% interval of a statistic by resampling whole groups (e.g. goals), since texts of one group are not independent. */
export function bootstrap<T>(
  groups: readonly (readonly T[])[],
  statistic: (sample: readonly T[]) => number,
  random: () => number,
  rounds = 1000,
): { low: number; high: number } {
  const values: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const sample: T[] = [];
    for (let draw = 0; draw < groups.length; draw++)
      sample.push(...(groups[Math.floor(random() * groups.length)] as readonly T[]));
    values.push(statistic(sample));
  }
  values.sort((a, b) => a - b);
  return {
    low: values[Math.floor(rounds * 0.025)] ?? Number.NaN,
    high: values[Math.floor(rounds * 0.975)] ?? Number.NaN,
  };
}

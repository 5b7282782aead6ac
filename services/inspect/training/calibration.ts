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

/** Expected calibration error over ten equal bins of probability (Naeini et al. 2015), and the bins for a diagram. */
export function reliabilityOf(
  probabilities: readonly number[],
  labels: readonly (0 | 1)[],
): { ece: number; bins: { count: number; said: number; was: number }[] } {
  const bins = Array.from({ length: 10 }, () => ({ count: 0, said: 0, was: 0 }));
  probabilities.forEach((probability, index) => {
    const bin = bins[Math.min(9, Math.floor(probability * 10))] as { count: number; said: number; was: number };
    bin.count++;
    bin.said += probability;
    bin.was += labels[index] as number;
  });
  let ece = 0;
  for (const bin of bins) {
    if (bin.count === 0) continue;
    bin.said /= bin.count;
    bin.was /= bin.count;
    ece += (bin.count / probabilities.length) * Math.abs(bin.said - bin.was);
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

/** Turning scores into probabilities, and saying how good they are. Pure; the same seed gives the same intervals. */
import type { Calibration } from '../models/fast/weights.js';

/**
 * Logistic regression by Newton's method, with Platt's smoothed targets (1999), so that separable classes give no infinite
 * weights. Rows are features; the answer has their weights, then the intercept.
 */
export function logisticOf(rows: readonly (readonly number[])[], labels: readonly (0 | 1)[]): number[] {
  const positives = labels.filter((label) => label === 1).length;
  const high = (positives + 1) / (positives + 2);
  const low = 1 / (labels.length - positives + 2);
  const size = (rows[0]?.length ?? 0) + 1;
  const weights = Array<number>(size).fill(0);
  for (let round = 0; round < 50; round++) {
    const gradient = Array<number>(size).fill(0);
    // A little on the diagonal keeps the system solvable where a feature is constant.
    const curvature = Array.from({ length: size }, (_, at) =>
      Array.from({ length: size }, (__, other) => (at === other ? 1e-6 : 0)),
    );
    rows.forEach((row, index) => {
      const features = [...row, 1];
      const odds = features.reduce((sum, value, at) => sum + value * (weights[at] as number), 0);
      const p = 1 / (1 + Math.exp(-odds));
      const error = p - (labels[index] === 1 ? high : low);
      features.forEach((value, at) => {
        gradient[at] = (gradient[at] as number) + error * value;
        const line = curvature[at] as number[];
        features.forEach((second, other) => (line[other] = (line[other] as number) + p * (1 - p) * value * second));
      });
    });
    const step = solved(curvature, gradient);
    let moved = 0;
    step.forEach((by, at) => {
      // Steps are held short: far from the solution the curvature is flat and Newton overshoots.
      const held = Math.max(-2, Math.min(2, by));
      weights[at] = (weights[at] as number) - held;
      moved += Math.abs(held);
    });
    if (moved < 1e-9) break;
  }
  return weights;
}

/** Gaussian elimination with row pivoting; `matrix` and `vector` are used up. */
function solved(matrix: number[][], vector: number[]): number[] {
  const size = vector.length;
  const at = (row: number, column: number): number => (matrix[row] as number[])[column] as number;
  for (let column = 0; column < size; column++) {
    let pivot = column;
    for (let row = column + 1; row < size; row++)
      if (Math.abs(at(row, column)) > Math.abs(at(pivot, column))) pivot = row;
    [matrix[column], matrix[pivot]] = [matrix[pivot] as number[], matrix[column] as number[]];
    [vector[column], vector[pivot]] = [vector[pivot] as number, vector[column] as number];
    for (let row = 0; row < size; row++) {
      if (row === column) continue;
      const factor = at(row, column) / at(column, column);
      for (let other = column; other < size; other++)
        (matrix[row] as number[])[other] = at(row, other) - factor * at(column, other);
      vector[row] = (vector[row] as number) - factor * (vector[column] as number);
    }
  }
  return vector.map((value, row) => value / at(row, row));
}

/** Platt's sigmoid (1999) for one score. */
export function plattOf(scores: readonly number[], labels: readonly (0 | 1)[]): Calibration {
  const [slope, intercept] = logisticOf(
    scores.map((score) => [score]),
    labels,
  );
  return { slope: slope as number, intercept: intercept as number };
}

/** How often a text that a model is shown is taken to hold a planted request: training has one in two, the world far fewer. */
export const PRIOR = 0.1;

/** A calibration for another share of positives (Bayes' rule on the log-odds): `from` and `to` in (0, 1). */
export function withPrior<C extends { intercept: number }>(calibration: C, from: number, to: number): C {
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

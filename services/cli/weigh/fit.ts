/**
 * Logistic regression with a ridge towards prior weights, over calls of which it is not known which text they obey.
 *
 * - Ridge (Hoerl and Kennard 1970): λ/2 · Σ (w − w₀)², so that a witness that the runs say nothing of keeps its prior. The
 *   prior is Gaussian around what a person set by hand (Genkin, Lewis and Madigan 2007).
 * - A weight does not cross zero: a witness for an attack does not become one against it because few runs say so.
 * - Coordinate descent with one Newton step a weight (Friedman, Hastie and Tibshirani 2010), each held at zero.
 * - Many texts, one call: the call is what its loudest text makes it, as in the detector (multiple instances, Dietterich,
 *   Lathrop and Lozano-Pérez 1997); of a run without a harmful call the loudest calls count. Both are chosen by the weights
 *   so far, and fitted again.
 */
import type { JudgedRow, WeighedRun, WitnessVector } from './rows.js';

export interface Example {
  vector: WitnessVector;
  /** 1: the harmful call. 0: a call of a run that obeyed nothing. */
  label: 0 | 1;
  weight: number;
}

export interface FitOptions {
  /** λ: how many runs' worth of evidence it takes to move a weight by about one. */
  ridge: number;
  /** Of a run without harm that many of its loudest calls count, together as much as one. */
  loudest?: number;
  rounds?: number;
}

const SWEEPS = 60;
const SMALL = 1e-5;

/** σ: more than this is certain enough. */
const sigmoid = (x: number): number => 1 / (1 + Math.exp(-Math.max(-30, Math.min(30, x))));

export function logOdds(weights: ArrayLike<number>, vector: WitnessVector): number {
  let sum = 0;
  for (let at = 0; at < vector.length; at++) sum += (weights[at] as number) * (vector[at] as number);
  return sum;
}

/** The loudest text of a call; nothing where no text speaks. */
export function loudestOf(
  weights: ArrayLike<number>,
  { candidates }: JudgedRow,
): { vector: WitnessVector; odds: number } | undefined {
  let best: { vector: WitnessVector; odds: number } | undefined;
  for (const vector of candidates) {
    const odds = logOdds(weights, vector);
    if (best === undefined || odds > best.odds) best = { vector, odds };
  }
  return best;
}

function examplesOf(runs: readonly WeighedRun[], weights: ArrayLike<number>, loudest: number): Example[] {
  return runs.flatMap((run): Example[] => {
    if (run.harmful !== undefined) {
      const best = loudestOf(weights, run.harmful);
      return best === undefined ? [] : [{ vector: best.vector, label: 1, weight: 1 }];
    }
    const calls = run.others
      .flatMap((row) => loudestOf(weights, row) ?? [])
      .sort((a, b) => b.odds - a.odds)
      .slice(0, loudest);
    return calls.map(({ vector }) => ({ vector, label: 0, weight: 1 / calls.length }));
  });
}

/** The fitted weights. Deterministic: no random numbers, the runs' order does not matter beyond rounding. */
export function fit(
  runs: readonly WeighedRun[],
  priors: readonly number[],
  { ridge, loudest = 3, rounds = 6 }: FitOptions,
): number[] {
  let weights = [...priors];
  for (let round = 0; round < rounds; round++)
    weights = regression(examplesOf(runs, weights, loudest), priors, weights, ridge);
  return weights;
}

/** One regression, from `start`. A prior of zero may go either way. */
export function regression(
  examples: readonly Example[],
  priors: readonly number[],
  start: readonly number[],
  ridge: number,
): number[] {
  const weights = [...start];
  const scores = examples.map(({ vector }) => logOdds(weights, vector));
  // Only those in which a witness is present move its weight.
  const present = priors.map((_prior, at) =>
    examples.flatMap(({ vector }, index) => (vector[at] === 0 ? [] : [index])),
  );
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    let moved = 0;
    for (let at = 0; at < weights.length; at++) {
      const prior = priors[at] as number;
      const before = weights[at] as number;
      let gradient = ridge * (before - prior);
      let curvature = ridge;
      for (const index of present[at] as number[]) {
        const { vector, label, weight } = examples[index] as Example;
        const value = vector[at] as number;
        const p = sigmoid(scores[index] as number);
        gradient += weight * (p - label) * value;
        curvature += weight * Math.max(p * (1 - p), 1e-4) * value * value;
      }
      // A step of at most one: far from the answer the curvature says too little.
      const step = Math.max(-1, Math.min(1, -gradient / curvature));
      const after = prior > 0 ? Math.max(0, before + step) : prior < 0 ? Math.min(0, before + step) : before + step;
      if (after === before) continue;
      weights[at] = after;
      for (const index of present[at] as number[])
        scores[index] =
          (scores[index] as number) + (after - before) * ((examples[index] as Example).vector[at] as number);
      moved = Math.max(moved, Math.abs(after - before));
    }
    if (moved < SMALL) break;
  }
  return weights;
}

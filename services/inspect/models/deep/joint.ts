/** What the fast and the deep tier say together of one place. Pure. */
import type { Stretch } from './laid-windows.js';
import type { DeepFinding } from './reader.js';

/** Weights of the log-odds: 1 / (1 + exp(−(window · W + pieces · M + fast · F + intercept))). */
export interface JointCalibration {
  /** Of the window that shows the place best. */
  window: number;
  /** Of the place's own pieces in it, their mean. */
  pieces: number;
  /** Of the fast tier's windows over the place, the most suspicious. */
  fast: number;
  intercept: number;
}

/** Held away from certainty, so that odds can be told. */
export function logOddsOf(probability: number): number {
  const held = Math.min(1 - 1e-6, Math.max(1e-6, probability));
  return Math.log(held / (1 - held));
}

/** W, M and F of a place. */
export type Evidence = readonly [window: number, pieces: number, fast: number];

/**
 * What is known of a place; undefined where no window shows any of it.
 *
 * @param fastLogOdds of the fast tier's windows over the place, the most suspicious
 */
export function evidenceOf(place: Stretch, windows: readonly DeepFinding[], fastLogOdds: number): Evidence | undefined {
  let best: { window: number; pieces: number; shown: number; margin: number } | undefined;
  for (const window of windows) {
    if (window.from >= place.end || window.to <= place.start) continue;
    let [sum, shown] = [0, 0];
    for (const { start, end, logOdds } of window.pieces) {
      if (start >= place.end || end <= place.start) continue;
      sum += logOdds;
      shown++;
    }
    if (shown === 0) continue;
    // Of two windows that show as much of it, the one with more round it.
    const margin = Math.min(place.start - window.from, window.to - place.end);
    if (best === undefined || shown > best.shown || (shown === best.shown && margin > best.margin))
      best = { window: window.logOdds, pieces: sum / shown, shown, margin };
  }
  if (best === undefined) return undefined;
  return [best.window, best.pieces, fastLogOdds];
}

export function jointProbability(evidence: Evidence, by: JointCalibration): number {
  const [window, pieces, fast] = evidence;
  const odds = by.window * window + by.pieces * pieces + by.fast * fast + by.intercept;
  return 1 / (1 + Math.exp(-odds));
}

/** The requests that windows point at where none of the places stands. */
export function foundBeside(places: readonly Stretch[], windows: readonly DeepFinding[]): Stretch[] {
  const found: Stretch[] = [];
  for (const { start, end } of [...windows].sort((a, b) => b.logOdds - a.logOdds)) {
    const isKnown = (other: Stretch): boolean => other.start < end && other.end > start;
    if (!places.some(isKnown) && !found.some(isKnown)) found.push({ start, end });
  }
  return found;
}

/** What the fast and the deep tier say together of one window. */
import type { FastStretch } from '../fast/reader.js';
import type { Calibration } from '../fast/weights.js';
import type { DeepFinding } from './reader.js';

/** How both tiers' log-odds make one probability: 1 / (1 + exp(−(slope · deep + fast · fast's + intercept))). */
export interface JointCalibration extends Calibration {
  fast: number;
}

/** Held away from certainty, so that odds can be told. */
export function logOddsOf(probability: number): number {
  const held = Math.min(1 - 1e-6, Math.max(1e-6, probability));
  return Math.log(held / (1 - held));
}

/** A probability whose log-odds are moved. */
export function shifted(probability: number, by: number): number {
  return 1 / (1 + Math.exp(-(logOddsOf(probability) + by)));
}

/** The tiers err on different texts (the deep one started from an English model), so the fast one's odds count on. */
export function jointProbability(
  window: DeepFinding,
  doubts: readonly FastStretch[],
  calibration: JointCalibration,
): number {
  const { slope, fast, intercept } = calibration;
  return 1 / (1 + Math.exp(-(slope * window.logOdds + fast * fastLogOdds(window, doubts) + intercept)));
}

/** The fast tier's log-odds for a window of the deep tier: those of the most suspicious stretch it touches. */
export function fastLogOdds(window: DeepFinding, doubts: readonly FastStretch[]): number {
  let most = 1e-4;
  for (const doubt of doubts)
    if (doubt.start < window.to && doubt.end > window.from) most = Math.max(most, doubt.probability);
  return logOddsOf(most);
}

/** Series of events for behaviour detectors: seeded, in event time. */
import type { TelemetryEvent } from '../../../schemas/event.js';
import type { Detector, Scope, Statement } from '../../../services/detect/types.js';
import { event, T0 } from '../events.js';
import { drive } from './scope.js';

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;
/** Monday, 00:00 UTC. */
export const MONDAY = T0 - 9 * HOUR;

/** Uniform in [0, 1), the same for the same seed. */
export function chance(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** ln-normal with median 1. */
export const spread = (random: () => number, sigma: number): number =>
  Math.exp(sigma * Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random()));

type Part = Record<string, unknown> & { kind: TelemetryEvent['kind'] };

/** Drives one detector with one event and gives what it stated. */
export const feed = (detector: Detector, scope: Scope, part: Part, timeMs: number): Statement[] =>
  drive(detector, event(part, timeMs), scope);

/** A scope as the next conversation of the same agent sees it. */
export const nextSession = (scope: Scope): Scope => ({ ...scope, session: {} });

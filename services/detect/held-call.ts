/** What is known of a call's having been stopped. */
import type { EventOf, TelemetryEvent } from '../../schemas/event.js';

/** Whether it ran, as far as is known: what was stopped is counted, and is no part of what an agent is used to. */
export function isLetThrough(event: TelemetryEvent): boolean {
  return event.kind !== 'tool.call' || event.decision === undefined || event.decision.verdict === 'allow';
}

/** Stopped by a contraction. What the baseline policy refuses is not. */
export function isHeld(event: EventOf<'tool.call'>): boolean {
  return !isLetThrough(event) && (event.decision?.contractions.length ?? 0) > 0;
}

/**
 * Stopped by what was in force before it came. One that only its own findings stop is not: left out of what detectors count,
 * it would leave those findings, and the contractions made of them, without their ground.
 */
export function isAttempt(event: EventOf<'tool.call'>): boolean {
  const { contractions = [], fresh = [] } = event.decision ?? {};
  return isHeld(event) && contractions.some((id) => !fresh.includes(id));
}

/** An event that was inspected at once, read on by whoever was left out then (a deep model, a judge). */
import { performance } from 'node:perf_hooks';
import type { TelemetryEvent } from '../../schemas/event.js';
import { inspectEvent } from './admit.js';
import { textsOf } from './event-texts.js';
import type { Inspector } from './inspect-text.js';
import { isLeftOut } from './left-out.js';

/** Whether a reader was left out when the event was inspected: then {@link readOn} may say more. */
export function isUnfinished(event: TelemetryEvent): boolean {
  return event.skipped?.some(({ check, reason }) => check.startsWith('inspection:') && isLeftOut(reason)) === true;
}

/**
 * The event with the verdicts of all readers; the same object where none was left out. Waits for the readers within their
 * budgets, and no longer than `withinMs`; what they did not get to is said in the event. Its texts must still stand in it.
 */
export async function readOn(
  event: TelemetryEvent,
  inspector: Inspector,
  withinMs = Number.POSITIVE_INFINITY,
): Promise<TelemetryEvent> {
  if (inspector.readAhead === undefined || withinMs <= 0 || !isUnfinished(event)) return event;
  await inspector.readAhead(textsOf(event), withinMs);
  const { inspections: _inspections, skipped, ...rest } = event;
  const others = skipped?.filter(({ check }) => !check.startsWith('inspection:')) ?? [];
  return inspectEvent({ ...rest, ...(others.length > 0 ? { skipped: others } : {}) }, inspector);
}

/** For events that come in one message, whose sender waits for the answer: so long their readers are waited for in all. */
export const READ_ON_TOGETHER_MS = 2_000;

/** How much of `withinMs` is left; not below 0. */
export function timeLeft(withinMs: number): () => number {
  const endMs = performance.now() + withinMs;
  return () => Math.max(0, endMs - performance.now());
}

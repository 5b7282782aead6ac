/** An event that was inspected at once, read on by whoever was left out then (a deep model, a judge). */
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
 * budgets; what they did not get to is said in the event. Its texts must still stand in it.
 */
export async function readOn(event: TelemetryEvent, inspector: Inspector): Promise<TelemetryEvent> {
  if (inspector.readAhead === undefined || !isUnfinished(event)) return event;
  await inspector.readAhead(textsOf(event));
  const { inspections: _inspections, skipped, ...rest } = event;
  const others = skipped?.filter(({ check }) => !check.startsWith('inspection:')) ?? [];
  return inspectEvent({ ...rest, ...(others.length > 0 ? { skipped: others } : {}) }, inspector);
}

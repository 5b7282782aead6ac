/** Whether a call ran, as far as is known: what was stopped is counted, and is no part of what an agent is used to. */
import type { TelemetryEvent } from '../../schemas/event.js';

export function isLetThrough(event: TelemetryEvent): boolean {
  return event.kind !== 'tool.call' || event.decision === undefined || event.decision.verdict === 'allow';
}

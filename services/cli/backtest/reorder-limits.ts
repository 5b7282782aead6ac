/** How far out of order a recording may be: what the reorder buffer holds at most. */
import type { TelemetryEvent } from '../../../schemas/event.js';

export const REORDER_EVENTS = 262_144;
export const REORDER_BYTES = 256 * 1024 * 1024;

/** Roughly what an event takes in memory, bytes: its texts count, the rest is alike. */
export function weight(event: TelemetryEvent): number {
  const text = 'text' in event ? (event.text?.length ?? 0) : 0;
  const messages =
    event.kind === 'model.call'
      ? (event.messages ?? []).reduce((sum, message) => sum + (message.text?.length ?? 0) + 200, 0)
      : 0;
  return 1_000 + 2 * (text + messages);
}

/** Short ways to write telemetry events in tests. Inspections are made by the real inspector, as they are at the door. */
import type { TelemetryEvent } from '../../schemas/event.js';
import { admit } from '../../services/inspect/admit.js';
import { createInspector } from '../../services/inspect/inspect-text.js';

export const T0 = Date.UTC(2026, 0, 5, 9);
const inspector = createInspector();
let next = 0;

/** An event as an admitted one: `of({kind: 'tool.call', tool: 'send_email'}, T0)`. */
export function event(
  part: Record<string, unknown> & { kind: TelemetryEvent['kind'] },
  timeMs: number,
): TelemetryEvent {
  next += 1;
  const admitted = admit(
    { id: `e${next}`, timeMs, agent: { id: 'agent-1' }, session: { id: 'session-1' }, service: 'app', ...part },
    { inspector, receivedAtMs: timeMs, inline: true },
  );
  if (!admitted.ok) throw new Error(`${admitted.pointer}: ${admitted.message}`);
  return admitted.event;
}

/** Events made out of a part of another event: what they take over from it. */
import type { EventOf, TelemetryEvent } from '../../schemas/event.js';
import type { Inspection } from '../../schemas/inspection.js';

type Base = Omit<EventOf<'session.start'>, 'kind'>;

/** What a derived event shares with the raw one. It has no span of its own: the raw event's span is the model's. */
export function derivedBase(raw: TelemetryEvent, part: string): Base {
  return {
    schemaVersion: raw.schemaVersion,
    id: `${raw.id}:${part}`,
    tenant: raw.tenant,
    timeMs: raw.timeMs,
    receivedAtMs: raw.receivedAtMs,
    streamKey: raw.streamKey,
    agent: raw.agent,
    session: raw.session,
    ...(raw.user && { user: raw.user }),
    ...(raw.service !== undefined && { service: raw.service }),
    trust: raw.trust,
    ...(raw.trace && {
      trace: {
        traceId: raw.trace.traceId,
        ...(raw.trace.parentSpanId !== undefined && { parentSpanId: raw.trace.parentSpanId }),
      },
    }),
    source: { dialect: 'derived', ...(raw.source.position !== undefined && { position: raw.source.position }) },
    ...(raw.assumed && { assumed: raw.assumed }),
    ...(raw.clamped && { clamped: raw.clamped }),
  };
}

/** The inspections of the text at `from` in the raw event, pointing to `to` in the derived one. */
export function movedInspections(raw: TelemetryEvent, from: string, to: string): { inspections?: Inspection[] } {
  const moved = raw.inspections
    ?.filter((inspection) => inspection.at === from || inspection.at.startsWith(`${from}/`))
    .map((inspection) => ({ ...inspection, at: to + inspection.at.slice(from.length) }));
  return moved?.length ? { inspections: moved } : {};
}

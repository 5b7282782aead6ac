/**
 * Which conversation a trace belongs to, from events that name both: a caller that asks for leave and names only
 * its trace is asked about in that conversation, with what is known of it and what holds for it.
 *
 * One trace, one conversation: where several are named with it, the one that was named last. What telemetry tells under the bare trace is joined by
 * aliases (session-life.ts), not by this.
 */
import type { TelemetryEvent } from '../../schemas/event.js';
import type { StepContext, States } from '../runtime/machine.js';
import { sessionKey, traceKey } from './keys.js';
import { canonicalSession, type Loaded, sessionKeys } from './loaded.js';
import { readSessionState, type SessionState } from './session-state.js';

/** How long a pointer is kept after it was last written, in idle times; a trace that goes on writes it again in half of that. */
const KEPT_IDLES = 4;
/**
 * Traces that lead to a conversation, the newest: whoever begins a trace with each event would else leave a pointer and a
 * timer for each. An older one is let go of when another comes.
 */
const MAX_TRACES = 8;

/** What stands under {@link traceKey}. */
interface TracePointer {
  v: 1;
  session: string;
}

const isAssumed = (event: TelemetryEvent): boolean => event.assumed?.includes('session.id') === true;

/** The trace that an event adds to its conversation, where it names both; `undefined`: none, or it is known already. */
function addedTrace(event: TelemetryEvent, session: SessionState | undefined): string | undefined {
  const traceId = event.trace?.traceId;
  if (traceId === undefined || traceId === event.session.id || isAssumed(event)) return undefined;
  return session?.traces?.some(({ id }) => id === traceId) === true ? undefined : traceId;
}

/** The pointer that {@link noteTrace} may let go of for this event. */
export function notedTraceKeys(event: TelemetryEvent, states: Pick<States, 'get'>): string[] {
  const id = canonicalSession(event.tenant, event.session.id, states);
  const session = readSessionState(states.get(sessionKey(event.tenant, id)));
  const traces = session?.traces ?? [];
  if (traces.length < MAX_TRACES || addedTrace(event, session) === undefined) return [];
  return traces.slice(0, traces.length - MAX_TRACES + 1).map((trace) => traceKey(event.tenant, trace.id));
}

/** Where it names its conversation and its trace, the trace leads there from now on. */
export function noteTrace(
  event: TelemetryEvent,
  { session, sessionId }: Loaded,
  sessionIdleMs: number,
  context: StepContext,
): void {
  const traceId = event.trace?.traceId;
  if (traceId === undefined || traceId === event.session.id || isAssumed(event)) return;
  const keptMs = KEPT_IDLES * sessionIdleMs;
  const known = session.traces?.find(({ id }) => id === traceId);
  if (known !== undefined && context.nowMs - known.atMs < keptMs / 2) return;
  for (const old of noteIn(session, traceId, context.nowMs)) letGo(event.tenant, old, sessionId, context);
  const key = traceKey(event.tenant, traceId);
  context.states.set(key, { v: 1, session: sessionId } satisfies TracePointer);
  // A timer's payload names the stream key, because the pointer is one of its states.
  context.setTimer(`trace/${key}`, context.nowMs + keptMs, { key, streamKey: event.streamKey });
}

/** Gives the traces that lead here no more. */
function noteIn(session: SessionState, id: string, atMs: number): string[] {
  const traces = [...(session.traces ?? []).filter((trace) => trace.id !== id), { id, atMs }];
  session.traces = traces.slice(-MAX_TRACES);
  return traces.slice(0, -MAX_TRACES).map((trace) => trace.id);
}

/** Unless it was named with another conversation since: then it leads there. */
function letGo(tenant: string, traceId: string, sessionId: string, { states, cancelTimer }: StepContext): void {
  const key = traceKey(tenant, traceId);
  if ((states.get(key) as TracePointer | undefined)?.session !== sessionId) return;
  states.set(key, undefined);
  cancelTimer(`trace/${key}`);
}

/** The states that {@link conversationOf} looks at; none where the event names its conversation. */
export function tracePointerKeys(event: TelemetryEvent, states: Pick<States, 'get'>): string[] {
  if (event.trace === undefined || !isAssumed(event) || event.source.dialect !== 'inline') return [];
  const key = traceKey(event.tenant, event.trace.traceId);
  const pointer = states.get(key) as TracePointer | undefined;
  return pointer === undefined ? [key] : [key, ...sessionKeys(event.tenant, pointer.session, states)];
}

/** The conversation that an event without one belongs to by its trace; `undefined`: it names its own, or none is known. */
export function conversationOf(event: TelemetryEvent, states: Pick<States, 'get'>): string | undefined {
  if (event.trace === undefined || !isAssumed(event)) return undefined;
  const { traceId } = event.trace;
  const pointer = states.get(traceKey(event.tenant, traceId)) as TracePointer | undefined;
  const canonical = canonicalSession(event.tenant, pointer?.session ?? traceId, states);
  return canonical === event.session.id ? undefined : canonical;
}

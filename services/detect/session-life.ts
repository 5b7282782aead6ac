/** The life of a conversation: its end, its idle timer, its return, and its taking over what came under another name. */
import type { Trust } from '../../schemas/common.js';
import { keyPart } from '../../schemas/entity.js';
import type { EventOf, TelemetryEvent } from '../../schemas/event.js';
import type { StepContext } from '../runtime/machine.js';
import { sessionKey } from './keys.js';
import { canonicalSession, type Loaded } from './loaded.js';
import { aliasState, newSessionState, noteHeld, readSessionState, type SessionState } from './session-state.js';
import { emitSession } from './signals.js';
import { joinFacts } from './taints.js';
import { joinTurnState } from './turns.js';

/**
 * How long the pointer from a trace to its conversation is kept, in idle times. Spans of a trace come within minutes; one
 * that comes later still begins a conversation of its own, until its parent names it again.
 */
const POINTER_KEPT_IDLES = 4;

/** Why a conversation ended: nothing came for the idle time. */
const IDLE = 'idle';

export interface SessionTimer {
  tenant: string;
  session: string;
  streamKey: string;
  trust: Trust;
}

export interface SessionLifeOptions {
  /** A conversation without events for this long has ended. */
  sessionIdleMs: number;
  /** How long a conversation that ended, with nothing suspicious in it, is remembered. */
  sessionsKeptMs: number;
}

const timerOf = (event: TelemetryEvent, sessionId: string): SessionTimer => ({
  tenant: event.tenant,
  session: sessionId,
  streamKey: event.streamKey,
  trust: event.trust,
});
const timerId = (tenant: string, session: string): string => `session/${keyPart(tenant)}/${keyPart(session)}`;

export function endSession(
  event: { tenant: string; timeMs: number },
  { session, sessionId }: Pick<Loaded, 'session' | 'sessionId'>,
  reason: string,
  context: StepContext,
  idle = false,
): void {
  // One that only fell silent can still be said to be over.
  if (session.ended !== undefined && (session.idle !== true || idle)) return;
  session.ended = event.timeMs;
  if (idle) session.idle = true;
  else delete session.idle;
  emitSession({ tenant: event.tenant, timeMs: event.timeMs, agentId: session.agent }, sessionId, 'ended', context, {
    reason,
    ...(idle ? { idle } : {}),
  });
}

/** Sets the idle timer of a conversation that begins or comes back. */
export function watchIdle(
  event: TelemetryEvent,
  sessionId: string,
  { sessionIdleMs }: SessionLifeOptions,
  context: StepContext,
): void {
  context.setTimer(timerId(event.tenant, sessionId), context.nowMs + sessionIdleMs, timerOf(event, sessionId));
}

/**
 * Whether an event brings an ended conversation back. Where the emitter said that it was over, only what is dated after
 * that does; what is dated before arrived late. Where it was taken to be over because nothing came, anything newer than
 * all that was known shows that it was not: the emitter's clock may be behind ours, or its sending was held up.
 */
export function comesBack(event: TelemetryEvent, session: SessionState): boolean {
  if (session.ended === undefined || event.kind === 'session.end' || event.kind === 'alias') return false;
  return event.timeMs > (session.idle === true ? session.facts.lastEventMs : session.ended);
}

/** Brings the conversation back where the event does that, and says so. */
export function resume(raw: TelemetryEvent, { session, sessionId }: Loaded, context: StepContext): boolean {
  if (!comesBack(raw, session)) return false;
  delete session.ended;
  delete session.idle;
  emitSession({ tenant: raw.tenant, timeMs: raw.timeMs, agentId: raw.agent.id }, sessionId, 'resumed', context);
  return true;
}

/** What was known under `of` (a trace, before the conversation was named) turns out to be this event's session. */
export function joinSession(
  event: EventOf<'alias'>,
  { sessionIdleMs }: SessionLifeOptions,
  context: StepContext,
): void {
  const formerId = event.of.sessionId;
  if (formerId === undefined) return;
  const formerKey = sessionKey(event.tenant, formerId);
  const target = canonicalSession(event.tenant, event.session.id, context.states);
  if (canonicalSession(event.tenant, formerId, context.states) === target) return;
  const former = readSessionState(context.states.get(formerKey));
  const targetKey = sessionKey(event.tenant, target);
  const known = readSessionState(context.states.get(targetKey));
  const canonical = known ?? newSessionState(event.agent.id, context.nowMs);
  // Mostly the trace is named before anything else of it arrives, and there is nothing to take over.
  if (former !== undefined) {
    joinFacts(canonical.facts, former.facts);
    joinTurnState(canonical.turns, former.turns);
    // What detectors kept of it, unless they have begun anew under the conversation's own name.
    for (const [name, kept] of Object.entries(former.x)) canonical.x[name] ??= kept;
    for (const id of former.held) noteHeld(canonical, id);
  }
  canonical.active = Math.max(canonical.active, former?.active ?? context.nowMs);
  context.states.set(targetKey, canonical);
  // Only the pointer stays: later events under the old name go to the conversation.
  context.states.set(formerKey, aliasState(event.agent.id, context.nowMs, target));
  context.setTimer(
    timerId(event.tenant, formerId),
    context.nowMs + POINTER_KEPT_IDLES * sessionIdleMs,
    timerOf(event, formerId),
  );
  emitSession({ tenant: event.tenant, timeMs: event.timeMs, agentId: event.agent.id }, formerId, 'alias', context, {
    canonicalId: target,
  });
  // A running conversation has its idle timer, which looks at `active` when it fires.
  if (known === undefined || known.ended !== undefined)
    context.setTimer(timerId(event.tenant, target), context.nowMs + sessionIdleMs, timerOf(event, target));
}

/** The session's timer: idle, ended and remembered, or a pointer whose time is over. */
export function onSessionTimer(
  timer: { id: string; dueMs: number; payload?: unknown },
  { sessionIdleMs, sessionsKeptMs }: SessionLifeOptions,
  context: StepContext,
): void {
  const payload = timer.payload as Partial<SessionTimer>;
  const { tenant, session: sessionId } = payload;
  if (tenant === undefined || sessionId === undefined) return;
  const key = sessionKey(tenant, sessionId);
  const session = readSessionState(context.states.get(key));
  if (session === undefined) return;
  if (session.alias !== undefined) {
    context.states.set(key, undefined);
    return;
  }
  if (session.ended === undefined) {
    const idleAtMs = session.active + sessionIdleMs;
    if (idleAtMs > timer.dueMs) {
      context.setTimer(timer.id, idleAtMs, timer.payload);
      return;
    }
    endSession({ tenant, timeMs: context.nowMs }, { session, sessionId }, IDLE, context, true);
  }
  // Taint belongs to the conversation however long it sleeps; anything else of a conversation that ended may go.
  if (session.facts.taints.some((taint) => taint.probability >= 0.5)) context.states.set(key, session);
  else if (context.nowMs - session.active >= sessionsKeptMs) context.states.set(key, undefined);
  else {
    context.states.set(key, session);
    context.setTimer(timer.id, session.active + sessionsKeptMs, timer.payload);
  }
}

/** What detection tells response: findings, attempts, the life of sessions, other products' alerts, the time, barriers. */
import { SEVERITIES, type Severity } from '../../schemas/common.js';
import { entityKey } from '../../schemas/entity.js';
import type { EventOf, TelemetryEvent } from '../../schemas/event.js';
import type { Finding } from '../../schemas/finding.js';
import type { StepContext } from '../runtime/machine.js';
import { findingDocumentKey, TICK_KEY } from './keys.js';

/** Event-time runs tell response the time at most this often. */
const TICK_MS = 1000;

/** @param keptMs how long people see them listed */
export function emitFindings(findings: readonly Finding[], keptMs: number, context: StepContext): void {
  for (const finding of findings) {
    context.emit({
      topic: 'signals',
      key: entityKey(finding.entity),
      value: { kind: 'finding', tenant: finding.tenant, timeMs: finding.timeMs, finding },
    });
    if (!finding.primary) continue;
    const key = findingDocumentKey(finding.tenant, finding.timeMs, finding.id);
    context.states.set(key, finding);
    context.setTimer(`finding/${finding.id}`, context.nowMs + keptMs, { key });
  }
}

/** Somebody tried what a contraction blocks or holds. */
export function emitAttempt(
  event: EventOf<'tool.call'>,
  sessionId: string,
  eventId: string,
  context: StepContext,
): void {
  const { decision } = event;
  if (decision === undefined) return;
  context.emit({
    topic: 'signals',
    key: entityKey({ tenant: event.tenant, type: 'session', id: sessionId }),
    value: {
      kind: 'attempt',
      tenant: event.tenant,
      timeMs: event.timeMs,
      contractionIds: [...decision.contractions],
      agentId: event.agent.id,
      sessionId,
      action: event.tool,
      eventId,
      decisionId: decision.id,
    },
  });
}

export function emitSession(
  event: { tenant: string; timeMs: number; agentId: string },
  sessionId: string,
  state: 'ended' | 'resumed' | 'alias',
  context: StepContext,
  more: { reason?: string; canonicalId?: string; idle?: boolean } = {},
): void {
  context.emit({
    topic: 'signals',
    key: entityKey({ tenant: event.tenant, type: 'session', id: sessionId }),
    value: {
      kind: 'session',
      tenant: event.tenant,
      timeMs: event.timeMs,
      state,
      sessionId,
      agentId: event.agentId,
      ...more,
    },
  });
}

/** The other product's word, where it is one of ours (they are Sentinel's, so it mostly is). */
function severityOf(said: string | undefined): { severity?: Severity } {
  const severity = SEVERITIES.find((each) => each === said?.toLowerCase());
  return severity === undefined ? {} : { severity };
}

/** Another product's alert, with its own state, passed on to the playbooks that wait for it. */
export function emitAlert(event: EventOf<'alert'>, sessionId: string, context: StepContext): void {
  context.emit({
    topic: 'signals',
    key: entityKey({ tenant: event.tenant, type: 'agent', id: event.agent.id }),
    value: {
      kind: 'alert',
      tenant: event.tenant,
      timeMs: event.timeMs,
      alertId: event.alertId,
      state: event.state,
      agentId: event.agent.id,
      sessionId,
      title: event.title,
      product: event.product,
      trust: event.trust,
      ...severityOf(event.severity),
      ...(event.user !== undefined && { userId: event.user.id }),
      ...(event.assumed?.includes('agent.id') === true && { unnamed: true }),
    },
  });
}

/** Follows everything the event caused, for whoever waits for that. */
export function emitBarrier(event: TelemetryEvent, sessionId: string, context: StepContext): void {
  if (event.replyTo === undefined) return;
  context.emit({
    topic: 'signals',
    key: entityKey({ tenant: event.tenant, type: 'session', id: sessionId }),
    value: { kind: 'barrier', tenant: event.tenant, timeMs: event.timeMs, eventId: event.id, replyTo: event.replyTo },
  });
}

/** The time, at most once a second of it. */
export function emitTick(event: TelemetryEvent, context: StepContext): void {
  const last = context.states.get(TICK_KEY) as number | undefined;
  const second = Math.floor(context.nowMs / TICK_MS);
  if (last !== undefined && second <= last) return;
  context.states.set(TICK_KEY, second);
  context.emit({
    topic: 'signals',
    key: event.streamKey,
    value: { kind: 'tick', tenant: event.tenant, timeMs: context.nowMs },
  });
}

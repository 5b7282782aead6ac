/** What a playbook fires on, a finding or another product's alert, as the rest of response treats both. */
import type { Severity, Trust } from '../../schemas/common.js';
import type { EntityRef } from '../../schemas/entity.js';
import type { Finding } from '../../schemas/finding.js';
import type { SignalOf } from '../../schemas/signal.js';
import { shortHash } from '../runtime/hash.js';
import type { AlertState } from './states.js';

/** What a playbook fired on: a finding, or another product's alert. */
export interface Cause {
  tenant: string;
  /** Of the finding or alert; part of the contraction's id. */
  id: string;
  title: string;
  finding?: Finding;
  alertId?: string;
  agentId: string;
  sessionId: string;
  userId?: string;
  /** It names no agent: neither one nor a conversation can be contracted for it. */
  unnamed?: boolean;
  trust: Trust;
  severity: Severity;
}

export function causeOf(finding: Finding): Cause {
  const { tenant, id, title, agentId, sessionId, trust, severity } = finding;
  return { tenant, id, title, finding, agentId, sessionId, trust, severity };
}

/** `state`: what is known of the alert. */
export function causeOfAlert(signal: SignalOf<'alert'>, state: AlertState | undefined): Cause {
  const { id, trust, severity } = findingOfAlert(signal, state);
  const { tenant, title, alertId, agentId, sessionId, userId, unnamed } = signal;
  return {
    tenant,
    id,
    title,
    alertId,
    agentId,
    sessionId,
    trust,
    severity,
    ...(userId !== undefined && { userId }),
    ...(unnamed === true && { unnamed }),
  };
}

/** The same episode of an alert always has the same id; one that was resolved and is opened again begins another. */
function episodeOf({ tenant, alertId }: SignalOf<'alert'>, resolvedAtMs: number | undefined): string {
  return resolvedAtMs === undefined
    ? shortHash(tenant, 'alert', alertId)
    : shortHash(tenant, 'alert', alertId, String(resolvedAtMs));
}

/** An alert as response treats what it fires on; it is no finding of ours and changes no risk. */
export function findingOfAlert(signal: SignalOf<'alert'>, state: AlertState | undefined): Finding {
  const { tenant, alertId, agentId, sessionId, userId, title, timeMs } = signal;
  return {
    schemaVersion: 1,
    id: episodeOf(signal, state?.resolvedAtMs),
    tenant,
    detector: 'alert',
    codeVersion: '1',
    type: 'alert.external',
    title,
    entity: entityOfAlert(signal),
    primary: true,
    eventId: alertId,
    agentId,
    sessionId,
    ...(userId !== undefined && { userId }),
    trust: signal.trust ?? 'claimed',
    timeMs,
    confidence: 1,
    severity: signal.severity ?? 'medium',
    evidence: { observed: title, eventIds: [] },
    atlas: [],
    owasp: [],
    pillar: 'governance',
  };
}

/** Whom an alert is about: its agent, else its user. */
function entityOfAlert({ tenant, agentId, userId, unnamed }: SignalOf<'alert'>): EntityRef {
  return unnamed === true && userId !== undefined
    ? { tenant, type: 'user', id: userId }
    : { tenant, type: 'agent', id: agentId };
}

/** What a playbook fires on, a finding or another product's alert, as the rest of response treats both. */
import type { Severity, Trust } from '../../schemas/common.js';
import type { Finding } from '../../schemas/finding.js';
import type { SignalOf } from '../../schemas/signal.js';
import { shortHash } from '../runtime/hash.js';

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
  trust: Trust;
  severity: Severity;
}

export function causeOf(finding: Finding): Cause {
  const { tenant, id, title, agentId, sessionId, trust, severity } = finding;
  return { tenant, id, title, finding, agentId, sessionId, trust, severity };
}

export function causeOfAlert(signal: SignalOf<'alert'>): Cause {
  const { id, trust, severity } = findingOfAlert(signal);
  const { tenant, title, alertId, agentId, sessionId } = signal;
  return { tenant, id, title, alertId, agentId, sessionId, trust, severity };
}

/** An alert as response treats what it fires on; it is no finding of ours and changes no risk. */
export function findingOfAlert(signal: SignalOf<'alert'>): Finding {
  const { tenant, alertId, agentId, sessionId, title, timeMs } = signal;
  return {
    schemaVersion: 1,
    id: shortHash(tenant, 'alert', alertId),
    tenant,
    detector: 'alert',
    codeVersion: '1',
    type: 'alert.external',
    title,
    entity: { tenant, type: 'agent', id: agentId },
    primary: true,
    eventId: alertId,
    agentId,
    sessionId,
    trust: 'claimed',
    timeMs,
    confidence: 1,
    severity: 'medium',
    evidence: { observed: title, eventIds: [] },
    atlas: [],
    owasp: [],
    pillar: 'governance',
  };
}

/** Incidents for tests. */
import type { Incident } from '../../schemas/incident.js';

export function incident(id: string, version = 1, changes: Partial<Incident> = {}): Incident {
  return {
    schemaVersion: 1,
    id,
    tenant: 'default',
    version,
    title: 'Indirect injection in a tool result',
    status: version === 1 ? 'new' : 'active',
    severity: 'high',
    openedAtMs: 1_000_000,
    updatedAtMs: 1_000_000 + version,
    entities: [
      { tenant: 'default', type: 'agent', id: 'billing' },
      { tenant: 'default', type: 'session', id: 'conv-1' },
    ],
    traceIds: ['8a070ff0534bae3b9392cfd92720cc79'],
    findings: [
      {
        id: 'f1',
        type: 'injection.indirect',
        title: 'An instruction in a result',
        severity: 'high',
        confidence: 0.93,
        timeMs: 999_500,
        agentId: 'billing',
        sessionId: 'conv-1',
      },
    ],
    contractionIds: ['c1'],
    playbooks: [{ id: 'indirect-injection', name: 'indirect-injection', version: 1 }],
    mode: 'enforce',
    atlas: ['AML.T0051.001'],
    owasp: ['ASI01'],
    pillars: ['applications'],
    timeline: [{ atMs: 999_500, kind: 'finding', text: 'An instruction in a result', ref: 'f1' }],
    timelineDropped: 0,
    ...changes,
  };
}

/** Where response keeps its states. Every part is percent-encoded, so that no id can spell another's key. */
import { type EntityRef, entityKey, keyPart } from '../../schemas/entity.js';

const part = keyPart;

export const riskKey = (entity: EntityRef): string => `risk/${entityKey(entity)}`;
/** What the keys of all contractions that have not ended begin with. */
export const liveKeys = 'contraction/live/';
export const liveKey = (tenant: string, id: string): string => `${liveKeys}${part(tenant)}/${part(id)}`;
/** What a live contraction stands on. */
export const groundsKey = (tenant: string, id: string): string => `respond/grounds/${keyPart(tenant)}/${keyPart(id)}`;
export const endedKey = (tenant: string, id: string): string => `contraction/ended/${part(tenant)}/${part(id)}`;
export const incidentKey = (tenant: string, id: string): string => `incident/${part(tenant)}/${part(id)}`;
export const tenantKey = (tenant: string): string => `respond/tenant/${part(tenant)}`;
export const fleetKey = (tenant: string): string => `respond/fleet/${part(tenant)}`;
export const targetKey = (entity: EntityRef): string => `respond/target/${entityKey(entity)}`;
export const sessionKey = (tenant: string, session: string): string =>
  `respond/session/${part(tenant)}/${part(session)}`;
export const traceKey = (tenant: string, trace: string): string => `respond/trace/${part(tenant)}/${part(trace)}`;
export const agentKey = (tenant: string, agent: string): string => `respond/agent/${part(tenant)}/${part(agent)}`;
export const alertKey = (tenant: string, alert: string): string => `respond/alert/${part(tenant)}/${part(alert)}`;
export const playbookKey = (tenant: string, playbook: string): string =>
  `respond/playbook/${part(tenant)}/${part(playbook)}`;
/** What every playbook made of a finding, for people. */
export const EXPLANATIONS = 'explanation/';
export const explanationKey = (tenant: string, findingId: string): string =>
  `${EXPLANATIONS}${part(tenant)}/${part(findingId)}`;
/** `group` is a key itself. */
export const correlationKey = (tenant: string, id: string, group: string): string =>
  `respond/correlation/${part(tenant)}/${part(id)}/${group}`;
/** Where findings are kept for people, by time; those that detection makes are written by it, under keys of the same form. */
export const findingDocumentKey = (tenant: string, timeMs: number, id: string): string =>
  `finding/${part(tenant)}/${String(Math.max(0, Math.floor(timeMs))).padStart(15, '0')}/${part(id)}`;

/** Where detection keeps its states, and the documents it writes for people. Every part is percent-encoded. */
import { keyPart } from '../../schemas/entity.js';
const part = keyPart;

export const sessionKey = (tenant: string, session: string): string =>
  `detect/session/${part(tenant)}/${part(session)}`;
export const agentKey = (tenant: string, agent: string): string => `detect/agent/${part(tenant)}/${part(agent)}`;
export const blueprintKey = (tenant: string, blueprint: string): string =>
  `detect/blueprint/${part(tenant)}/${part(blueprint)}`;
export const TICK_KEY = 'detect/tick';

/** Milliseconds padded to 15 digits, so that keys sort by time until the year 33658. */
export const findingDocumentKey = (tenant: string, timeMs: number, id: string): string =>
  `finding/${part(tenant)}/${String(Math.max(0, Math.floor(timeMs))).padStart(15, '0')}/${part(id)}`;
export const agentDocumentKey = (tenant: string, agent: string): string => `agent/${part(tenant)}/${part(agent)}`;

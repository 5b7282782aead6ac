/** Where detection keeps its states, and the documents it writes for people. Every part is percent-encoded. */
import { keyPart } from '../../schemas/entity.js';
const part = keyPart;

/**
 * Keys of one kind. The last one made is kept: events come in runs of one session and one agent, and a text that is made
 * anew has to be hashed anew by everyone who looks it up.
 */
function keysOf(kind: string): (tenant: string, id: string) => string {
  let last = { tenant: '', id: '', key: `${kind}//` };
  return (tenant, id) => {
    if (id !== last.id || tenant !== last.tenant) last = { tenant, id, key: `${kind}/${part(tenant)}/${part(id)}` };
    return last.key;
  };
}

export const sessionKey = keysOf('detect/session');
/** Which conversation a trace belongs to. */
export const traceKey = keysOf('detect/trace');
export const agentKey = keysOf('detect/agent');
export const blueprintKey = keysOf('detect/blueprint');
/** What all agents of a tenant are like: what is held against an agent that has neither a history nor peers. */
export function globalKey(tenant: string): string {
  if (tenant !== lastGlobal.tenant) lastGlobal = { tenant, key: `detect/global/${part(tenant)}` };
  return lastGlobal.key;
}
let lastGlobal = { tenant: '', key: 'detect/global/' };
export const TICK_KEY = 'detect/tick';

/** Milliseconds padded to 15 digits, so that keys sort by time until the year 33658. */
export const findingDocumentKey = (tenant: string, timeMs: number, id: string): string =>
  `finding/${part(tenant)}/${String(Math.max(0, Math.floor(timeMs))).padStart(15, '0')}/${part(id)}`;
export const agentDocumentKey = (tenant: string, agent: string): string => `agent/${part(tenant)}/${part(agent)}`;

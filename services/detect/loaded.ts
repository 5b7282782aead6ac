/** An event's session, agent and blueprint: where their states lie, and what is known of them. Pure look-ups. */
import type { TelemetryEvent } from '../../schemas/event.js';
import type { States } from '../runtime/machine.js';
import { newAgentState, readAgentState, type AgentState } from './agent-state.js';
import { agentKey, blueprintKey, globalKey, sessionKey } from './keys.js';
import { newSessionState, readSessionState, type SessionState } from './session-state.js';

/** Conversations may be aliases of aliases (span → trace → conversation); further is a loop. */
const MAX_ALIASES = 4;

export interface Loaded {
  /** The conversation's own id, after aliases. */
  sessionId: string;
  keys: { session: string; agent: string; blueprint: string | undefined; global: string };
  isNew: boolean;
  session: SessionState;
  agent: AgentState;
  blueprint: AgentState | undefined;
  /** Of all agents of the tenant. */
  global: AgentState;
}

/** The id of the conversation that a session belongs to; its own where it is none's alias. */
export function canonicalSession(tenant: string, id: string, states: Pick<States, 'get'>): string {
  let canonical = id;
  for (let hop = 0; hop < MAX_ALIASES; hop++) {
    const alias = readSessionState(states.get(sessionKey(tenant, canonical)))?.alias;
    if (alias === undefined) return canonical;
    canonical = alias;
  }
  return canonical;
}

/** The keys of a session and of all it is an alias of. */
export function sessionKeys(tenant: string, id: string, states: Pick<States, 'get'>): string[] {
  const keys = [sessionKey(tenant, id)];
  let canonical = id;
  for (let hop = 0; hop < MAX_ALIASES; hop++) {
    const alias = (states.get(sessionKey(tenant, canonical)) as SessionState | undefined)?.alias;
    if (alias === undefined) break;
    canonical = alias;
    keys.push(sessionKey(tenant, canonical));
  }
  return keys;
}

/** The states an event is judged against; new ones where there are none yet. Changes nothing. */
export function load(event: TelemetryEvent, states: Pick<States, 'get'>, nowMs: number): Loaded {
  const { tenant } = event;
  let sessionId = event.session.id;
  let key = sessionKey(tenant, sessionId);
  let session = readSessionState(states.get(key));
  for (let hop = 0; hop < MAX_ALIASES && session?.alias !== undefined; hop++) {
    sessionId = session.alias;
    key = sessionKey(tenant, sessionId);
    session = readSessionState(states.get(key));
  }
  const { blueprint: kind } = event.agent;
  const keys = {
    session: key,
    agent: agentKey(tenant, event.agent.id),
    blueprint: kind === undefined ? undefined : blueprintKey(tenant, kind),
    global: globalKey(tenant),
  };
  return {
    sessionId,
    keys,
    isNew: session === undefined,
    session: session ?? newSessionState(event.agent.id, nowMs),
    agent: readAgentState(states.get(keys.agent)) ?? newAgentState(event),
    blueprint:
      keys.blueprint === undefined ? undefined : (readAgentState(states.get(keys.blueprint)) ?? newAgentState(event)),
    global: readAgentState(states.get(keys.global)) ?? newAgentState(event),
  };
}

/** What detection keeps of a conversation. Plain JSON, bounded. */
import { StepdownError } from '../runtime/errors.js';
import { newTurnState, type TurnState } from './turns.js';
import type { SessionFacts } from './types.js';

export const SESSION_STATE_VERSION = 1;

export interface SessionState {
  v: typeof SESSION_STATE_VERSION;
  /** Set when this session turned out to be part of another one: everything goes there. */
  alias?: string;
  agent: string;
  turns: TurnState;
  facts: SessionFacts;
  /** One slice per detector. */
  x: Record<string, unknown>;
  /** When it ended, until it comes back. */
  ended?: number;
  /** It ended because nothing came, not because anyone said so. */
  idle?: true;
  /** When something last arrived for it, by the machine's clock; the idle timer looks at it. */
  active: number;
  /** Traces that lead here, and when that was last written; see trace-pointer.ts. */
  traces?: { id: string; atMs: number }[];
  /** Ids of calls that contractions blocked or held: their results feed no baseline either. */
  held: string[];
}

const MAX_HELD = 32;

export function newSessionState(agent: string, nowMs: number): SessionState {
  return {
    v: SESSION_STATE_VERSION,
    agent,
    turns: newTurnState(),
    facts: { taints: [], userText: [], systemText: [], lastEventMs: 0, events: 0 },
    x: {},
    active: nowMs,
    held: [],
  };
}

/** Shared by all pointers: every trace leaves one, and nothing is ever written into it. */
const NOTHING: Pick<SessionState, 'turns' | 'facts' | 'x' | 'held'> = deepFrozen({
  turns: newTurnState(),
  facts: { taints: [], userText: [], systemText: [], lastEventMs: 0, events: 0 },
  x: {},
  held: [],
});

function deepFrozen<T extends object>(value: T): T {
  for (const part of Object.values(value)) if (typeof part === 'object' && part !== null) deepFrozen(part as object);
  return Object.freeze(value);
}

/** What stays under the old name of a session that is part of another one: only the pointer. */
export function aliasState(agent: string, nowMs: number, target: string): SessionState {
  return { v: SESSION_STATE_VERSION, alias: target, agent, active: nowMs, ...NOTHING };
}

/** A stored session, or nothing where there is none. A newer build's state is refused, not guessed at. */
export function readSessionState(stored: unknown): SessionState | undefined {
  if (stored === undefined) return undefined;
  const state = stored as SessionState;
  const version: number = state.v;
  if (version !== SESSION_STATE_VERSION) {
    throw new StepdownError(
      'schema-too-new',
      `a session's state has version ${version}, this build reads ${SESSION_STATE_VERSION}`,
    );
  }
  return state;
}

export function noteHeld(state: SessionState, toolCallId: string): void {
  if (state.held.includes(toolCallId)) return;
  state.held.push(toolCallId);
  if (state.held.length > MAX_HELD) state.held.shift();
}

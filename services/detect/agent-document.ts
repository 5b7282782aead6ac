/** What is known of an agent, for people (`stepdown agents`): a document beside the states, written now and then. */
import type { Trust } from '../../schemas/common.js';
import type { Dialect, EventKind } from '../../schemas/event.js';
import { dialectsSeen, kindsSeen, SENT, type AgentState } from './agent-state.js';
import type { Detector } from './types.js';

export interface AgentDocument {
  schemaVersion: 1;
  tenant: string;
  id: string;
  name?: string;
  blueprint?: string;
  mode: 'learning' | 'established';
  firstSeenMs: number;
  lastSeenMs: number;
  /** How far back its baselines reach. */
  baselineAgeMs: number;
  events: number;
  /** Events that its baselines were learned from. */
  learnedEvents: number;
  sessions: number;
  kinds: EventKind[];
  dialects: Dialect[];
  trust: Trust;
  tools: string[];
  /** What it has never sent, and the detectors that are blind because of it. */
  missing: string[];
  blind: { detector: string; missing: string[] }[];
}

/** Early on every change is news; later one event in a hundred, or a minute of event time, is often enough. */
const EVERY_EVENTS = 100;
const EVERY_MS = 60_000;

/** Whether the document is due, by the state alone; notes that it was. */
export function documentDue(agent: AgentState): boolean {
  const [events, timeMs] = agent.w ?? [0, Number.NEGATIVE_INFINITY];
  if (agent.w !== undefined && agent.e - events < Math.min(EVERY_EVENTS, events) && agent.l - timeMs < EVERY_MS)
    return false;
  agent.w = [agent.e, agent.l];
  return true;
}

export function agentDocument(
  tenant: string,
  id: string,
  agent: AgentState,
  learning: boolean,
  detectors: readonly Detector[],
): AgentDocument {
  const { missing, blind } = lackOf(agent.c, detectors);
  return {
    schemaVersion: 1,
    tenant,
    id,
    ...(agent.name === undefined ? {} : { name: agent.name }),
    ...(agent.b === undefined ? {} : { blueprint: agent.b }),
    mode: learning ? 'learning' : 'established',
    firstSeenMs: agent.f,
    lastSeenMs: agent.l,
    baselineAgeMs: Math.max(0, agent.l - agent.f),
    events: agent.e,
    learnedEvents: agent.n,
    sessions: agent.s,
    kinds: kindsSeen(agent),
    dialects: dialectsSeen(agent),
    trust: agent.t,
    tools: Object.keys(agent.tools),
    missing: [...missing],
    blind: [...blind],
  };
}

/** A memo by what was sent: the agents of a fleet lack the same things. Of one list of detectors, there being one in a process. */
const lacks = new Map<number, Pick<AgentDocument, 'missing' | 'blind'>>();
let lacking: readonly Detector[] = [];

function lackOf(sent: number, detectors: readonly Detector[]): Pick<AgentDocument, 'missing' | 'blind'> {
  if (detectors !== lacking) lacks.clear();
  lacking = detectors;
  const known = lacks.get(sent);
  if (known !== undefined) return known;
  const isLacking = (need: keyof typeof SENT): boolean => (sent & SENT[need]) === 0;
  const lack = {
    missing: (Object.keys(SENT) as (keyof typeof SENT)[]).filter(isLacking),
    blind: detectors
      .filter((detector) => detector.needs.some(isLacking))
      .map((detector) => ({ detector: detector.name, missing: detector.needs.filter(isLacking) })),
  };
  lacks.set(sent, lack);
  return lack;
}

/**
 * What is known of an agent, from its parts. Where telemetry is shared out over processes, each that has seen the agent
 * keeps a document of its own (docs/adr/0011), since two writers of one would undo each other's. Pure.
 */
import { type Trust, TRUSTS } from '../../schemas/common.js';

/** What detection writes of an agent, for people. Its shape is detection's; these are the fields that parts differ in. */
export interface AgentPart {
  id: string;
  name?: string;
  blueprint?: string;
  mode: 'learning' | 'established';
  firstSeenMs: number;
  lastSeenMs: number;
  baselineAgeMs: number;
  events: number;
  learnedEvents: number;
  sessions: number;
  kinds: string[];
  dialects: string[];
  trust: Trust;
  tools: string[];
  missing: string[];
  blind: { detector: string; missing: string[] }[];
}

/**
 * One picture: counts add up, what was seen anywhere was seen. Baselines stay apart, so it is learning while any of them
 * is, and a detector is blind where it is blind everywhere.
 */
export function wholeAgent<A extends AgentPart>(parts: readonly [A, ...A[]]): A {
  const [first, ...others] = parts;
  return others.reduce((whole, part) => joined(whole, part), first);
}

function joined<A extends AgentPart>(a: A, b: A): A {
  const newer = b.lastSeenMs >= a.lastSeenMs ? b : a;
  const both = (of: (part: A) => readonly string[]): string[] => [...new Set([...of(a), ...of(b)])];
  const missing = a.missing.filter((need) => b.missing.includes(need));
  const blindThere = new Set(b.blind.map(({ detector }) => detector));
  return {
    ...a,
    ...b,
    ...newer,
    mode: a.mode === 'learning' || b.mode === 'learning' ? 'learning' : 'established',
    firstSeenMs: Math.min(a.firstSeenMs, b.firstSeenMs),
    lastSeenMs: newer.lastSeenMs,
    baselineAgeMs: Math.max(a.baselineAgeMs, b.baselineAgeMs),
    events: a.events + b.events,
    learnedEvents: a.learnedEvents + b.learnedEvents,
    sessions: a.sessions + b.sessions,
    kinds: both(({ kinds }) => kinds),
    dialects: both(({ dialects }) => dialects),
    trust: TRUSTS.indexOf(a.trust) >= TRUSTS.indexOf(b.trust) ? a.trust : b.trust,
    tools: both(({ tools }) => tools),
    missing,
    blind: a.blind.filter(({ detector }) => blindThere.has(detector)),
  };
}

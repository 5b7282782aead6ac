/** What the detectors state of one canonical event, and the findings that makes. Changes nothing; live and inline alike. */
import type { EventKind, TelemetryEvent } from '../../schemas/event.js';
import type { Finding } from '../../schemas/finding.js';
import type { AgentState } from './agent-state.js';
import { findingsOf } from './findings.js';
import type { Loaded } from './loaded.js';
import { AgentTools, type ToolFactsOf } from './tool-knowledge.js';
import type { Detector, Scope, Statement } from './types.js';

export type Stated = readonly [Detector, readonly Statement[]];

/** Until it has sent this many events and is this old, an agent is new. */
export interface LearningPeriod {
  events: number;
  ageMs: number;
}

/** What is known beside the states. */
export interface Knowledge {
  learning: LearningPeriod;
  toolFacts: ToolFactsOf | undefined;
  listed: Scope['listed'];
}

export const isLearning = (agent: AgentState, { events, ageMs }: LearningPeriod, nowEventMs: number): boolean =>
  agent.e < events || nowEventMs - agent.f < ageMs;

/**
 * What detectors may look at.
 *
 * @param now.contracted a contraction blocked or held the call
 * @param now.resumed the conversation came back with this event
 */
export function scopeOf(
  event: TelemetryEvent,
  { session, agent, blueprint, global }: Loaded,
  now: { contracted: boolean; resumed: boolean },
  { learning, toolFacts, listed }: Knowledge,
): Scope {
  return {
    session: session.x,
    agent: agent.x,
    blueprint: blueprint?.x ?? {},
    grouped: blueprint !== undefined,
    global: global.x,
    facts: session.facts,
    contracted: now.contracted,
    learned: { events: agent.n, sinceMs: agent.f },
    learning: isLearning(agent, learning, event.timeMs),
    resumed: now.resumed,
    tools: new AgentTools(agent, toolFacts),
    ...(listed === undefined ? {} : { listed }),
  };
}

/** Every statement on one canonical event, with its detector. */
export function stated(
  event: TelemetryEvent,
  scope: Scope,
  byKind: ReadonlyMap<EventKind, readonly Detector[]>,
): Stated[] {
  const all: Stated[] = [];
  for (const detector of byKind.get(event.kind) ?? []) {
    if (detector.baseline && (scope.contracted || event.clamped !== undefined)) continue;
    const statements = detector.judge(event, scope);
    if (statements.length > 0) all.push([detector, statements]);
  }
  return all;
}

/**
 * @param sessionId the conversation the event belongs to, after aliases
 * @param neighbours agents this one exchanges messages with
 */
export function findingsFrom(
  all: readonly Stated[],
  event: TelemetryEvent,
  sessionId: string,
  learning: boolean,
  neighbours: readonly string[] = [],
): Finding[] {
  return all.flatMap(([detector, statements]) =>
    statements.flatMap((statement) => findingsOf(detector, statement, event, sessionId, learning, neighbours)),
  );
}

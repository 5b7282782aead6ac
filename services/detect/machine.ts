/**
 * Detection as a machine: telemetry event → signals.
 *
 * Each event goes through `turn` (repeats dropped, calls and results taken out of messages), then each canonical event is
 * judged by the detectors, learned from where nothing was stated, and becomes part of the conversation. What people and
 * decision points wait for follows behind it: attempts, session ends and returns, ticks, barriers.
 *
 * `judge` is the same detectors on the same states without any change, for the inline path.
 */
import type { Skip, Trust } from '../../schemas/common.js';
import { entityKey, keyPart } from '../../schemas/entity.js';
import type { EventOf, TelemetryEvent } from '../../schemas/event.js';
import type { Finding } from '../../schemas/finding.js';
import type { Machine, States, StepContext } from '../runtime/machine.js';
import { agentDocument, documentDue } from './agent-document.js';
import { newAgentState, noteEvent, noteTool, readAgentState, type AgentState } from './agent-state.js';
import { DETECTORS, detectorsByKind } from './detectors/table.js';
import { findingsOf } from './findings.js';
import { agentDocumentKey, agentKey, blueprintKey, findingDocumentKey, sessionKey, TICK_KEY } from './keys.js';
import { aliasState, newSessionState, noteHeld, readSessionState, type SessionState } from './session-state.js';
import { joinFacts, noteContent } from './taints.js';
import { AgentTools, type ToolFactsOf } from './tool-knowledge.js';
import { joinTurnState, toldAs, turn } from './turns.js';
import type { Detector, Scope, Statement } from './types.js';

export interface DetectOptions {
  /** `event`: time moves by events, and `tick` signals tell response so. Default `wall`. */
  clock?: 'wall' | 'event';
  /** A conversation without events for this long has ended. Default 30 minutes. */
  sessionIdleMs?: number;
  /** An agent is new until it has sent this many events and is this old. Default 200 events, 24 hours. */
  learning?: { events: number; ageMs: number };
  /** What the baseline policy says of tools. */
  toolFacts?: ToolFactsOf;
  /** How long findings are listed for people (their spans are content). Default 7 days. */
  findingsKeptMs?: number;
  /** How long a conversation that ended, with nothing suspicious in it, is remembered. Default 7 days. */
  sessionsKeptMs?: number;
  detectors?: readonly Detector[];
}

export interface DetectJudgement {
  findings: Finding[];
  notChecked: Skip[];
}

export interface DetectMachine extends Machine<TelemetryEvent> {
  /** What would be found if this event arrived now. Reads memory, changes nothing; finding ids are those a later `step` makes. */
  judge(event: TelemetryEvent, states: Pick<States, 'get'>, nowMs: number): DetectJudgement;
  /** The state keys of an event's session, agent and blueprint, for warming. */
  keys(event: TelemetryEvent, states: Pick<States, 'get'>): string[];
}

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** Event-time runs tell response the time at most this often. */
const TICK_MS = 1000;
/**
 * How long the pointer from a trace to its conversation is kept, in idle times. Spans of a trace come within minutes; one
 * that comes later still begins a conversation of its own, until its parent names it again.
 */
const POINTER_KEPT_IDLES = 4;
/** Conversations may be aliases of aliases (span → trace → conversation); further is a loop. */
const MAX_ALIASES = 4;

interface Loaded {
  sessionId: string;
  keys: { session: string; agent: string; blueprint: string | undefined };
  isNew: boolean;
  session: SessionState;
  agent: AgentState;
  blueprint: AgentState | undefined;
}

interface SessionTimer {
  tenant: string;
  session: string;
  streamKey: string;
  trust: Trust;
}

export function createDetectMachine(options: DetectOptions = {}): DetectMachine {
  const {
    clock = 'wall',
    sessionIdleMs = 30 * MINUTE_MS,
    learning = { events: 200, ageMs: DAY_MS },
    toolFacts,
    findingsKeptMs = 7 * DAY_MS,
    sessionsKeptMs = 7 * DAY_MS,
    detectors = DETECTORS,
  } = options;
  const byKind = detectorsByKind(detectors);

  const canonicalSession = (tenant: string, id: string, states: Pick<States, 'get'>): string => {
    let canonical = id;
    for (let hop = 0; hop < MAX_ALIASES; hop++) {
      const alias = readSessionState(states.get(sessionKey(tenant, canonical)))?.alias;
      if (alias === undefined) return canonical;
      canonical = alias;
    }
    return canonical;
  };

  const sessionKeys = (tenant: string, id: string, states: Pick<States, 'get'>): string[] => {
    const keys = [sessionKey(tenant, id)];
    let canonical = id;
    for (let hop = 0; hop < MAX_ALIASES; hop++) {
      const alias = (states.get(sessionKey(tenant, canonical)) as SessionState | undefined)?.alias;
      if (alias === undefined) break;
      canonical = alias;
      keys.push(sessionKey(tenant, canonical));
    }
    return keys;
  };

  const load = (event: TelemetryEvent, states: Pick<States, 'get'>, nowMs: number): Loaded => {
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
    };
    return {
      sessionId,
      keys,
      isNew: session === undefined,
      session: session ?? newSessionState(event.agent.id, nowMs),
      agent: readAgentState(states.get(keys.agent)) ?? newAgentState(event),
      blueprint:
        keys.blueprint === undefined ? undefined : (readAgentState(states.get(keys.blueprint)) ?? newAgentState(event)),
    };
  };

  const isLearning = (agent: AgentState, nowEventMs: number): boolean =>
    agent.e < learning.events || nowEventMs - agent.f < learning.ageMs;

  const scopeOf = (
    event: TelemetryEvent,
    { session, agent, blueprint }: Loaded,
    contracted: boolean,
    resumed: boolean,
  ): Scope => ({
    session: session.x,
    agent: agent.x,
    blueprint: blueprint?.x ?? {},
    facts: session.facts,
    contracted,
    learned: { events: agent.n, sinceMs: agent.f },
    learning: isLearning(agent, event.timeMs),
    resumed,
    tools: new AgentTools(agent, toolFacts),
  });

  /** Every statement on one canonical event, with its detector. Changes nothing. */
  const stated = (event: TelemetryEvent, scope: Scope): [Detector, Statement[]][] => {
    const all: [Detector, Statement[]][] = [];
    for (const detector of byKind.get(event.kind) ?? []) {
      if (detector.baseline && (scope.contracted || event.clamped !== undefined)) continue;
      const statements = detector.judge(event, scope);
      if (statements.length > 0) all.push([detector, statements]);
    }
    return all;
  };

  const findingsFrom = (
    all: readonly [Detector, Statement[]][],
    event: TelemetryEvent,
    sessionId: string,
    isNew: boolean,
  ): Finding[] =>
    all.flatMap(([detector, statements]) =>
      statements.flatMap((statement) => findingsOf(detector, statement, event, sessionId, isNew)),
    );

  const emitFindings = (findings: readonly Finding[], context: StepContext): void => {
    for (const finding of findings) {
      context.emit({
        topic: 'signals',
        key: entityKey(finding.entity),
        value: { kind: 'finding', tenant: finding.tenant, timeMs: finding.timeMs, finding },
      });
      if (!finding.primary) continue;
      const key = findingDocumentKey(finding.tenant, finding.timeMs, finding.id);
      context.states.set(key, finding);
      context.setTimer(`finding/${finding.id}`, context.nowMs + findingsKeptMs, { key });
    }
  };

  const isHeld = (event: EventOf<'tool.call'>): boolean =>
    event.decision !== undefined && event.decision.verdict !== 'allow' && event.decision.contractions.length > 0;

  const emitAttempt = (event: EventOf<'tool.call'>, sessionId: string, eventId: string, context: StepContext): void => {
    const { decision } = event;
    if (decision === undefined) return;
    context.emit({
      topic: 'signals',
      key: entityKey({ tenant: event.tenant, type: 'session', id: sessionId }),
      value: {
        kind: 'attempt',
        tenant: event.tenant,
        timeMs: event.timeMs,
        contractionIds: [...decision.contractions],
        agentId: event.agent.id,
        sessionId,
        action: event.tool,
        eventId,
        decisionId: decision.id,
      },
    });
  };

  const emitSession = (
    event: { tenant: string; timeMs: number; agentId: string },
    sessionId: string,
    state: 'ended' | 'resumed' | 'alias',
    context: StepContext,
    more: { reason?: string; canonicalId?: string } = {},
  ): void => {
    context.emit({
      topic: 'signals',
      key: entityKey({ tenant: event.tenant, type: 'session', id: sessionId }),
      value: {
        kind: 'session',
        tenant: event.tenant,
        timeMs: event.timeMs,
        state,
        sessionId,
        agentId: event.agentId,
        ...more,
      },
    });
  };

  /** One canonical event: judged, learned, counted, taken into the conversation. */
  const take = (event: TelemetryEvent, loaded: Loaded, resumed: boolean, context: StepContext): void => {
    const { session, agent, blueprint, sessionId } = loaded;
    const held = event.kind === 'tool.call' && isHeld(event);
    if (held && event.toolCallId !== undefined) noteHeld(session, event.toolCallId);
    const contracted =
      held ||
      (event.kind === 'tool.result' && event.toolCallId !== undefined && session.held.includes(event.toolCallId));
    if (event.kind === 'model.call' || event.kind === 'inventory')
      for (const tool of event.tools ?? []) noteTool(agent, tool);
    const scope = scopeOf(event, loaded, contracted, resumed);
    const all = stated(event, scope);
    if (all.length > 0) emitFindings(findingsFrom(all, event, sessionId, scope.learning), context);
    const counted = !contracted && event.clamped === undefined;
    if (counted && all.length === 0) {
      for (const detector of byKind.get(event.kind) ?? []) detector.learn?.(event, scope);
      agent.n += 1;
      if (blueprint !== undefined) blueprint.n += 1;
    }
    for (const detector of byKind.get(event.kind) ?? []) {
      if (detector.observe === undefined || (detector.baseline && !counted)) continue;
      detector.observe(event, scope, all.find(([stating]) => stating === detector)?.[1] ?? []);
    }
    noteContent(session.facts, event, scope.tools);
    if (event.kind === 'tool.call')
      noteTool(
        agent,
        { name: event.tool, ...(event.description === undefined ? {} : { description: event.description }) },
        event.arguments,
      );
    noteEvent(agent, event);
    if (blueprint !== undefined) noteEvent(blueprint, event);
    session.facts.events += 1;
    if (event.timeMs > session.facts.lastEventMs) session.facts.lastEventMs = event.timeMs;
    if (held) emitAttempt(event, sessionId, event.id, context);
    if (event.kind === 'alert') {
      context.emit({
        topic: 'signals',
        key: entityKey({ tenant: event.tenant, type: 'agent', id: event.agent.id }),
        value: {
          kind: 'alert',
          tenant: event.tenant,
          timeMs: event.timeMs,
          alertId: event.alertId,
          state: event.state,
          agentId: event.agent.id,
          sessionId,
          title: event.title,
        },
      });
    }
    if (event.kind === 'session.end') end(event, loaded, event.reason ?? 'said so', context);
  };

  const end = (
    event: { tenant: string; timeMs: number },
    { session, sessionId }: Pick<Loaded, 'session' | 'sessionId'>,
    reason: string,
    context: StepContext,
  ): void => {
    if (session.ended !== undefined) return;
    session.ended = event.timeMs;
    emitSession({ tenant: event.tenant, timeMs: event.timeMs, agentId: session.agent }, sessionId, 'ended', context, {
      reason,
    });
  };

  const tick = (event: TelemetryEvent, context: StepContext): void => {
    if (clock !== 'event') return;
    const last = context.states.get(TICK_KEY) as number | undefined;
    const second = Math.floor(context.nowMs / TICK_MS);
    if (last !== undefined && second <= last) return;
    context.states.set(TICK_KEY, second);
    context.emit({
      topic: 'signals',
      key: event.streamKey,
      value: { kind: 'tick', tenant: event.tenant, timeMs: context.nowMs },
    });
  };

  const timerOf = (event: TelemetryEvent, sessionId: string): SessionTimer => ({
    tenant: event.tenant,
    session: sessionId,
    streamKey: event.streamKey,
    trust: event.trust,
  });
  const timerId = (tenant: string, session: string): string => `session/${keyPart(tenant)}/${keyPart(session)}`;

  /** What was known under `of` (a trace, before the conversation was named) turns out to be this event's session. */
  const join = (event: EventOf<'alias'>, context: StepContext): void => {
    const formerId = event.of.sessionId;
    if (formerId === undefined) return;
    const formerKey = sessionKey(event.tenant, formerId);
    const target = canonicalSession(event.tenant, event.session.id, context.states);
    if (canonicalSession(event.tenant, formerId, context.states) === target) return;
    const former = readSessionState(context.states.get(formerKey));
    const targetKey = sessionKey(event.tenant, target);
    const known = readSessionState(context.states.get(targetKey));
    const canonical = known ?? newSessionState(event.agent.id, context.nowMs);
    // Mostly the trace is named before anything else of it arrives, and there is nothing to take over.
    if (former !== undefined) {
      joinFacts(canonical.facts, former.facts);
      joinTurnState(canonical.turns, former.turns);
      for (const id of former.held) noteHeld(canonical, id);
    }
    canonical.active = Math.max(canonical.active, former?.active ?? context.nowMs);
    context.states.set(targetKey, canonical);
    // Only the pointer stays: later events under the old name go to the conversation.
    context.states.set(formerKey, aliasState(event.agent.id, context.nowMs, target));
    context.setTimer(
      timerId(event.tenant, formerId),
      context.nowMs + POINTER_KEPT_IDLES * sessionIdleMs,
      timerOf(event, formerId),
    );
    emitSession({ tenant: event.tenant, timeMs: event.timeMs, agentId: event.agent.id }, formerId, 'alias', context, {
      canonicalId: target,
    });
    // A running conversation has its idle timer, which looks at `active` when it fires.
    if (known === undefined || known.ended !== undefined)
      context.setTimer(timerId(event.tenant, target), context.nowMs + sessionIdleMs, timerOf(event, target));
  };

  return {
    name: 'detect',

    timeOf: (event) => event.timeMs,

    keys(event, states) {
      const keys = sessionKeys(event.tenant, event.session.id, states);
      if (event.kind === 'alias' && event.of.sessionId !== undefined)
        keys.push(...sessionKeys(event.tenant, event.of.sessionId, states));
      keys.push(agentKey(event.tenant, event.agent.id));
      if (event.agent.blueprint !== undefined) keys.push(blueprintKey(event.tenant, event.agent.blueprint));
      if (clock === 'event') keys.push(TICK_KEY);
      return keys;
    },

    step(raw, context) {
      tick(raw, context);
      if (raw.kind === 'alias') join(raw, context);
      const loaded = load(raw, context.states, context.nowMs);
      const { session, agent, blueprint, sessionId, keys, isNew } = loaded;
      const { events, merged } = turn(raw, session.turns);
      if (events.length > 0 || merged.length > 0) {
        // An event from before the end, arriving late, does not bring a conversation back.
        let resumed =
          session.ended !== undefined &&
          raw.kind !== 'session.end' &&
          raw.kind !== 'alias' &&
          raw.timeMs > session.ended;
        if (resumed) {
          delete session.ended;
          emitSession({ tenant: raw.tenant, timeMs: raw.timeMs, agentId: raw.agent.id }, sessionId, 'resumed', context);
        }
        if (isNew) agent.s += 1;
        if (isNew || resumed)
          context.setTimer(timerId(raw.tenant, sessionId), context.nowMs + sessionIdleMs, timerOf(raw, sessionId));
        session.active = context.nowMs;
        for (const event of events) {
          take(event, loaded, resumed, context);
          resumed = false;
        }
        for (const { eventId, raw: evidence, toolCallId } of merged) {
          // The call was told before the guard asked for it; only now is known that it was held.
          if (!isHeld(evidence)) continue;
          if (toolCallId !== undefined) noteHeld(session, toolCallId);
          emitAttempt(evidence, sessionId, eventId, context);
        }
        if (documentDue(agent))
          context.states.set(
            agentDocumentKey(raw.tenant, raw.agent.id),
            agentDocument(raw.tenant, raw.agent.id, agent, isLearning(agent, raw.timeMs), detectors),
          );
        context.states.set(keys.session, session);
        context.states.set(keys.agent, agent);
        if (blueprint !== undefined && keys.blueprint !== undefined) context.states.set(keys.blueprint, blueprint);
      }
      if (raw.replyTo !== undefined)
        context.emit({
          topic: 'signals',
          key: entityKey({ tenant: raw.tenant, type: 'session', id: sessionId }),
          value: { kind: 'barrier', tenant: raw.tenant, timeMs: raw.timeMs, eventId: raw.id, replyTo: raw.replyTo },
        });
    },

    timerKeys(timer) {
      const payload = timer.payload as Partial<SessionTimer> & { key?: string };
      if (payload.key !== undefined) return [payload.key];
      return payload.tenant === undefined || payload.session === undefined
        ? []
        : [sessionKey(payload.tenant, payload.session)];
    },

    onTimer(timer, context) {
      const payload = timer.payload as Partial<SessionTimer> & { key?: string };
      if (payload.key !== undefined) {
        context.states.set(payload.key, undefined);
        return;
      }
      const { tenant, session: sessionId } = payload;
      if (tenant === undefined || sessionId === undefined) return;
      const key = sessionKey(tenant, sessionId);
      const session = readSessionState(context.states.get(key));
      if (session === undefined) return;
      if (session.alias !== undefined) {
        context.states.set(key, undefined);
        return;
      }
      if (session.ended === undefined) {
        const idleAtMs = session.active + sessionIdleMs;
        if (idleAtMs > timer.dueMs) {
          context.setTimer(timer.id, idleAtMs, timer.payload);
          return;
        }
        end({ tenant, timeMs: context.nowMs }, { session, sessionId }, 'idle', context);
      }
      // Taint belongs to the conversation however long it sleeps; anything else of a conversation that ended may go.
      if (session.facts.taints.some((taint) => taint.probability >= 0.5)) context.states.set(key, session);
      else if (context.nowMs - session.active >= sessionsKeptMs) context.states.set(key, undefined);
      else {
        context.states.set(key, session);
        context.setTimer(timer.id, session.active + sessionsKeptMs, timer.payload);
      }
    },

    judge(event, states, nowMs) {
      const loaded = load(event, states, nowMs);
      const { session } = loaded;
      // A call the model's output told of before has its findings under that event.
      const told = event.kind === 'tool.call' ? toldAs(event, session.turns) : undefined;
      const judged = told === undefined ? event : { ...event, id: told };
      const resumed = session.ended !== undefined && event.timeMs > session.ended;
      const scope = scopeOf(judged, loaded, false, resumed);
      const notChecked: Skip[] = [...(event.skipped ?? [])];
      for (const inspection of event.inspections ?? []) {
        if (inspection.verdict.kind === 'skipped')
          notChecked.push({ check: `inspection:${inspection.at}`, reason: inspection.verdict.reason });
      }
      return { findings: findingsFrom(stated(judged, scope), judged, loaded.sessionId, scope.learning), notChecked };
    },
  };
}

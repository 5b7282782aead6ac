/**
 * Detection as a machine: telemetry event → signals.
 *
 * Each event goes through `turn` (repeats dropped, calls and results taken out of messages), then each canonical event is
 * judged by the detectors, learned from where nothing was stated, and becomes part of the conversation. What people and
 * decision points wait for follows behind it: attempts, session ends and returns, ticks, barriers.
 *
 * `judge` is the same detectors on the same states without any change, for the inline path.
 */
import type { BaselinePolicy } from '../../schemas/baseline.js';
import type { EffectClass, Skip } from '../../schemas/common.js';
import type { EventOf, TelemetryEvent } from '../../schemas/event.js';
import type { Finding } from '../../schemas/finding.js';
import type { Machine, States, StepContext } from '../runtime/machine.js';
import { agentDocument, documentDue } from './agent-document.js';
import { noteEvent, noteResult, noteTool } from './agent-state.js';
import { keepWithinBudget } from './baseline-budget.js';
import { DETECTORS, detectorsByKind } from './detectors/table.js';
import { agentDocumentKey, agentKey, blueprintKey, globalKey, sessionKey, TICK_KEY } from './keys.js';
import { inventoryOf } from './inventory.js';
import { load, type Loaded, sessionKeys } from './loaded.js';
import {
  comesBack,
  endSession,
  joinSession,
  onSessionTimer,
  resume,
  watchIdle,
  type SessionTimer,
} from './session-life.js';
import { noteHeld } from './session-state.js';
import { emitAlert, emitAttempt, emitBarrier, emitFindings, emitTick } from './signals.js';
import { findingsFrom, isLearning, type LearningPeriod, scopeOf, stated } from './statements.js';
import { isAttempt, isHeld } from './held-call.js';
import { noteContent } from './taints.js';
import { toolFactsOf } from './tool-knowledge.js';
import { conversationOf, noteTrace, notedTraceKeys, tracePointerKeys } from './trace-pointer.js';
import { toldAs, turn } from './turns.js';
import type { Detector, Scope } from './types.js';

export interface DetectOptions {
  /** `event`: time moves by events, and `tick` signals tell response so. Default `wall`. */
  clock?: 'wall' | 'event';
  /** A conversation without events for this long has ended. Default 30 minutes. */
  sessionIdleMs?: number;
  /** An agent is new until it has sent this many events and is this old. Default 200 events, 24 hours. */
  learning?: LearningPeriod;
  /** What it says of tools, and its inventory. */
  baseline?: BaselinePolicy | undefined;
  /** How long findings are listed for people (their spans are content). Default 7 days. */
  findingsKeptMs?: number;
  /** How long a conversation that ended, with nothing suspicious in it, is remembered. Default 7 days. */
  sessionsKeptMs?: number;
  detectors?: readonly Detector[];
}

export interface DetectJudgement {
  findings: Finding[];
  notChecked: Skip[];
  /** Of a tool's call: what it does, as far as the agent's descriptions and results of the tool have told. */
  effects?: readonly EffectClass[];
}

export interface DetectMachine extends Machine<TelemetryEvent> {
  /** What would be found if this event arrived now. Reads memory, changes nothing; finding ids are those a later `step` makes. */
  judge(event: TelemetryEvent, states: Pick<States, 'get'>, nowMs: number): DetectJudgement;
  /** The conversation that an event without one belongs to by its trace, where that is known. Reads memory. */
  conversationOf(event: TelemetryEvent, states: Pick<States, 'get'>): string | undefined;
  /** The state keys of an event's session, agent and blueprint, for warming. */
  keys(event: TelemetryEvent, states: Pick<States, 'get'>): string[];
}

const MINUTE_MS = 60_000;
/** Most events have no statement: one empty list for all of them. */
const NONE: readonly never[] = Object.freeze([]);
const NO_CALLS: readonly EventOf<'tool.call'>[] = [];
const DAY_MS = 86_400_000;

export function createDetectMachine(options: DetectOptions = {}): DetectMachine {
  const {
    clock = 'wall',
    sessionIdleMs = 30 * MINUTE_MS,
    learning = { events: 200, ageMs: DAY_MS },
    baseline,
    findingsKeptMs = 7 * DAY_MS,
    sessionsKeptMs = 7 * DAY_MS,
    detectors = DETECTORS,
  } = options;
  const byKind = detectorsByKind(detectors);
  /** Those that read what a call holds. */
  const byContent = detectorsByKind(detectors.filter(({ needs }) => needs.includes('content')));
  const knowledge = { learning, toolFacts: toolFactsOf(baseline), listed: inventoryOf(baseline) };
  const life = { sessionIdleMs, sessionsKeptMs };

  /** What detectors state of an event becomes findings. */
  const tell = (
    event: TelemetryEvent,
    all: ReturnType<typeof stated>,
    loaded: Loaded,
    scope: Scope,
    context: StepContext,
  ): void => {
    if (all.length > 0)
      emitFindings(findingsFrom(all, event, loaded.sessionId, scope.learning, loaded.agent.p), findingsKeptMs, context);
  };

  /** A call whose arguments came later than it: judged by what they hold; as a call it was counted, and learned from, when it came. */
  const judgeLate = (call: EventOf<'tool.call'>, loaded: Loaded, context: StepContext): void => {
    const scope = scopeOf(call, loaded, { contracted: false, resumed: false }, knowledge);
    tell(call, stated(call, scope, byContent), loaded, scope, context);
  };

  /** One canonical event: judged, learned, counted, taken into the conversation. */
  const take = (event: TelemetryEvent, loaded: Loaded, resumed: boolean, context: StepContext): void => {
    const { session, agent, blueprint, sessionId } = loaded;
    const held = event.kind === 'tool.call' && isHeld(event);
    if (held && event.toolCallId !== undefined) noteHeld(session, event.toolCallId);
    const contracted =
      (event.kind === 'tool.call' && isAttempt(event)) ||
      (event.kind === 'tool.result' && event.toolCallId !== undefined && session.held.includes(event.toolCallId));
    if (event.kind === 'model.call' || event.kind === 'inventory')
      for (const tool of event.tools ?? []) noteTool(agent, tool);
    const scope = scopeOf(event, loaded, { contracted, resumed }, knowledge);
    const all = stated(event, scope, byKind);
    tell(event, all, loaded, scope, context);
    const counted = !contracted && event.clamped === undefined;
    const looking = byKind.get(event.kind) ?? NONE;
    if (counted && all.length === 0) {
      for (const detector of looking) detector.learn?.(event, scope);
      agent.n += 1;
      if (blueprint !== undefined) blueprint.n += 1;
      loaded.global.n += 1;
    }
    for (const detector of looking) {
      if (detector.observe === undefined || (detector.baseline && !counted)) continue;
      const own = all.length === 0 ? NONE : (all.find(([stating]) => stating === detector)?.[1] ?? NONE);
      detector.observe(event, scope, own);
    }
    noteContent(session.facts, event, scope.tools);
    if (event.kind === 'tool.call')
      noteTool(
        agent,
        { name: event.tool, ...(event.description === undefined ? {} : { description: event.description }) },
        event.arguments,
      );
    else if (event.kind === 'tool.result' && counted) noteResult(agent, event);
    noteEvent(agent, event);
    if (blueprint !== undefined) noteEvent(blueprint, event);
    keepWithinBudget(agent, detectors);
    session.facts.events += 1;
    if (event.timeMs > session.facts.lastEventMs) session.facts.lastEventMs = event.timeMs;
    if (held) emitAttempt(event, sessionId, event.id, context);
    if (event.kind === 'alert') emitAlert(event, sessionId, context);
    if (event.kind === 'session.end') endSession(event, loaded, event.reason ?? 'said so', context);
  };

  return {
    name: 'detect',

    timeOf: (event) => event.timeMs,

    keys(event, states) {
      const keys = sessionKeys(event.tenant, event.session.id, states);
      if (event.kind === 'alias' && event.of.sessionId !== undefined)
        keys.push(...sessionKeys(event.tenant, event.of.sessionId, states));
      keys.push(...tracePointerKeys(event, states), ...notedTraceKeys(event, states));
      keys.push(agentKey(event.tenant, event.agent.id));
      if (event.agent.blueprint !== undefined) keys.push(blueprintKey(event.tenant, event.agent.blueprint));
      keys.push(globalKey(event.tenant));
      if (clock === 'event') keys.push(TICK_KEY);
      return keys;
    },

    step(raw, context) {
      if (clock === 'event') emitTick(raw, context);
      if (raw.kind === 'alias') joinSession(raw, life, context);
      const loaded = load(raw, context.states, context.nowMs);
      const { session, agent, blueprint, sessionId, keys, isNew } = loaded;
      const { events, merged, late = NO_CALLS } = turn(raw, session.turns);
      if (events.length > 0 || merged.length > 0 || late.length > 0) {
        let resumed = resume(raw, loaded, context);
        // A conversation that was named before anything of it came is there already, and empty.
        if (events.length > 0 && session.facts.events === 0) agent.s += 1;
        if (isNew || resumed) watchIdle(raw, sessionId, life, context);
        session.active = context.nowMs;
        noteTrace(raw, loaded, sessionIdleMs, context);
        // They were made before what came with them.
        for (const call of late) judgeLate(call, loaded, context);
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
            agentDocument(raw.tenant, raw.agent.id, agent, isLearning(agent, learning, raw.timeMs), detectors),
          );
        context.states.set(keys.session, session);
        context.states.set(keys.agent, agent);
        if (blueprint !== undefined && keys.blueprint !== undefined) context.states.set(keys.blueprint, blueprint);
        context.states.set(keys.global, loaded.global);
      }
      emitBarrier(raw, sessionId, context);
    },

    timerKeys(timer) {
      const payload = timer.payload as Partial<SessionTimer> & { key?: string };
      if (payload.key !== undefined) return [payload.key];
      return payload.tenant === undefined || payload.session === undefined
        ? []
        : [sessionKey(payload.tenant, payload.session)];
    },

    onTimer(timer, context) {
      const { key } = timer.payload as { key?: string };
      // What people see listed has its time.
      if (key !== undefined) context.states.set(key, undefined);
      else onSessionTimer(timer, life, context);
    },

    judge(event, states, nowMs) {
      const loaded = load(event, states, nowMs);
      const { session } = loaded;
      // A call the model's output told of before has its findings under that event.
      const told = event.kind === 'tool.call' ? toldAs(event, session.turns) : undefined;
      const judged = told === undefined ? event : { ...event, id: told };
      const resumed = comesBack(event, session);
      const scope = scopeOf(judged, loaded, { contracted: false, resumed }, knowledge);
      const notChecked: Skip[] = [...(event.skipped ?? [])];
      for (const inspection of event.inspections ?? []) {
        if (inspection.verdict.kind === 'skipped')
          notChecked.push({ check: `inspection:${inspection.at}`, reason: inspection.verdict.reason });
      }
      const findings = findingsFrom(
        stated(judged, scope, byKind),
        judged,
        loaded.sessionId,
        scope.learning,
        loaded.agent.p,
      );
      if (event.kind !== 'tool.call') return { findings, notChecked };
      const { tool, description, arguments: args } = event;
      return { findings, notChecked, effects: scope.tools.effectsOf(tool, { description, arguments: args }) };
    },

    conversationOf,
  };
}

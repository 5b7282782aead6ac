/**
 * The inline path over a recording, in event time: the same turns, detection, response and decision point that run live,
 * with no effect on anything.
 *
 * For each raw event, in time order: (1) the calls it is the first evidence of are decided; (2) their decision goes with
 * them into detection, as the gateway's does; (3) detection and response work the event off. So a call is decided before
 * its result, and all calls of one turn before any result of the turn.
 *
 * With a lag nothing is judged inline: at time t the decision point knows what events up to t − lag caused.
 *
 * Open loop: a recorded agent cannot react to a block, so what it did afterwards, and the blocked call's result, are
 * still read. Blocked calls count as attempts.
 */
import type { BaselinePolicy } from '../../../schemas/baseline.js';
import type { Contraction } from '../../../schemas/contraction.js';
import type { Decision } from '../../../schemas/decision.js';
import type { EventOf, TelemetryEvent } from '../../../schemas/event.js';
import type { Finding } from '../../../schemas/finding.js';
import type { Incident } from '../../../schemas/incident.js';
import type { Skip } from '../../../schemas/common.js';
import type { Signal } from '../../../schemas/signal.js';
import { joinTurnState, newTurnState, turn, type TurnState } from '../../detect/turns.js';
import { DecisionPoint, type Outcome, type Prepared, summaryOf } from '../../gateway/decision-point.js';
import { LOCAL_OPERATOR } from '../../gateway/principals.js';
import { shortHash } from '../../runtime/hash.js';
import type { Machine, States } from '../../runtime/machine.js';
import { Stepper } from '../../runtime/stepper.js';
import type { AnyOutgoing } from '../../runtime/stream/types.js';

export interface Detection extends Machine<TelemetryEvent> {
  judge(event: TelemetryEvent, states: Pick<States, 'get'>, nowMs: number): { findings: Finding[]; notChecked: Skip[] };
}
export interface Response extends Machine<Signal> {
  preview(
    findings: readonly Finding[],
    states: Pick<States, 'get'>,
    nowMs: number,
    subject: { tenant: string; agentId: string; sessionId: string },
  ): Contraction[];
}

export interface ReplayOptions {
  detect: Detection;
  respond: Response;
  tenant: string;
  baseline?: BaselinePolicy | undefined;
  /** How much later than it happens an event is known, milliseconds; 0: the inline path. */
  lagMs: number;
  /** Detection's states to begin with, e.g. learned baselines. */
  initial?: Iterable<readonly [string, unknown]>;
  on: {
    decision?: (decided: Decided) => void;
    /** More was learned of a decided call: the tool's own span. */
    merged?: (session: string, eventId: string, known: { spanId?: string; toolCallId?: string }) => void;
    result?: (session: string, result: EventOf<'tool.result'>) => void;
    sessionEnd?: (session: string) => void;
    finding?: (finding: Finding) => void;
    contraction?: (contraction: Contraction) => void;
    incident?: (incident: Incident) => void;
  };
}

export interface Decided {
  session: string;
  call: EventOf<'tool.call'>;
  decision: Decision;
  /** Whether the call's own span is known already. */
  ownSpan: boolean;
  /** The span that is the first evidence of the call: its own, or that of the model's answer that asked for it. */
  evidenceSpanId: string | undefined;
}

/** Sessions whose turns are remembered at once; the least lately seen is forgotten first. */
const MAX_SESSIONS = 20_000;

export class Replay {
  readonly detect: Stepper<TelemetryEvent>;
  readonly respond: Stepper<Signal>;
  readonly #options: ReplayOptions;
  readonly #point: DecisionPoint;
  readonly #turns = new Map<string, TurnState>();
  /** Conversations that turned out to belong to another one. */
  readonly #aliases = new Map<string, string>();
  /** Raw events that are not known yet, with what takes their place once they are. */
  readonly #waiting: { timeMs: number; events: TelemetryEvent[] }[] = [];
  #waitingFrom = 0;
  #nowMs = 0;

  constructor(options: ReplayOptions) {
    this.#options = options;
    const { detect, respond } = options;
    this.detect = new Stepper({ machine: detect, strict: false, initial: { states: options.initial ?? [] } });
    this.respond = new Stepper({ machine: respond, strict: false });
    this.#point = new DecisionPoint({
      tenant: options.tenant,
      point: 'backtest',
      baseline: options.baseline,
      judge: (event, nowMs) => {
        if (options.lagMs > 0) return { findings: [], contractions: [], notChecked: [] };
        const { findings, notChecked } = detect.judge(event, this.detect.states, nowMs);
        const subject = { tenant: event.tenant, agentId: event.agent.id, sessionId: event.session.id };
        return { findings, contractions: respond.preview(findings, this.respond.states, nowMs, subject), notChecked };
      },
    });
  }

  /** The next event in time order. An event out of order is taken at the time that was already reached. */
  take(raw: TelemetryEvent): void {
    this.#nowMs = Math.max(this.#nowMs, raw.timeMs);
    const nowMs = this.#nowMs;
    this.#settle(nowMs);
    const session = this.#canonical(sessionKey(raw));
    const turned = turn(raw, this.#turnState(raw, session));
    const told: TelemetryEvent[] = [];
    let event: TelemetryEvent = raw;
    for (const canonical of turned.events) {
      if (canonical.kind !== 'tool.call') continue;
      // A call that another product has already answered keeps that answer.
      const { decision, fresh } = this.#decide(inSession(canonical, session), nowMs);
      const summary = canonical.decision ?? summaryOf(decision, fresh);
      const own = canonical.id === raw.id;
      this.#options.on.decision?.({
        session,
        call: canonical,
        decision,
        ownSpan: own && canonical.trace?.spanId !== undefined,
        evidenceSpanId: raw.trace?.spanId,
      });
      if (own) event = { ...canonical, decision: summary };
      else told.push(inline(canonical, summary));
    }
    for (const { eventId, spanId, toolCallId } of turned.merged) {
      this.#options.on.merged?.(session, eventId, {
        ...(spanId === undefined ? {} : { spanId }),
        ...(toolCallId === undefined ? {} : { toolCallId }),
      });
    }
    for (const canonical of turned.events) {
      if (canonical.kind === 'tool.result') this.#options.on.result?.(session, canonical);
      else if (canonical.kind === 'session.end') this.#options.on.sessionEnd?.(session);
    }
    this.#waiting.push({ timeMs: nowMs, events: [...told, event] });
    if (this.#options.lagMs === 0) this.#settle(nowMs);
  }

  /** Works off what still waits; then lets time pass, so that what ends by itself ends. */
  finish(quietMs: number): void {
    const endMs = this.#nowMs + this.#options.lagMs;
    this.#settle(endMs);
    this.#respondTo(this.detect.advance(endMs + quietMs));
    this.#publish(this.respond.advance(endMs + quietMs));
  }

  #decide(call: EventOf<'tool.call'>, nowMs: number): Outcome {
    const asked = {
      kind: 'tool' as const,
      name: call.tool,
      agent: call.agent,
      sessionId: call.session.id,
      ...(call.user === undefined ? {} : { userId: call.user.id }),
      ...(call.toolCallId === undefined ? {} : { toolCallId: call.toolCallId }),
      ...(call.arguments === undefined ? {} : { arguments: call.arguments }),
      ...(call.description === undefined ? {} : { description: call.description }),
    };
    const prepared: Prepared = {
      asked,
      principal: LOCAL_OPERATOR,
      decisionId: shortHash('backtest', call.id),
      event: call,
      request: {
        tenant: call.tenant,
        kind: 'tool',
        name: call.tool,
        agentId: call.agent.id,
        sessionId: call.session.id,
        effects: this.#point.effectsOf(asked),
        ...(call.agent.blueprint === undefined ? {} : { blueprint: call.agent.blueprint }),
        ...(asked.userId === undefined ? {} : { userId: asked.userId }),
        ...(asked.toolCallId === undefined ? {} : { toolCallId: asked.toolCallId }),
        ...(asked.arguments === undefined ? {} : { arguments: asked.arguments }),
      },
      notChecked: [],
    };
    return this.#point.decide(prepared, nowMs);
  }

  /** Detection and response learn of everything that is known by now. */
  #settle(nowMs: number): void {
    const { lagMs } = this.#options;
    for (; this.#waitingFrom < this.#waiting.length; this.#waitingFrom += 1) {
      const next = this.#waiting[this.#waitingFrom];
      if (next === undefined || next.timeMs > nowMs - lagMs) break;
      this.#publish(this.respond.advance(next.timeMs + lagMs));
      for (const event of next.events) this.#respondTo(this.detect.feed(event));
    }
    if (this.#waitingFrom > 1_024) {
      this.#waiting.splice(0, this.#waitingFrom);
      this.#waitingFrom = 0;
    }
    if (lagMs === 0) this.#respondTo(this.detect.advance(nowMs));
    this.#publish(this.respond.advance(nowMs));
  }

  #respondTo(outputs: readonly AnyOutgoing[]): void {
    for (const output of outputs) {
      if (output.topic !== 'signals') continue;
      const signal = output.value;
      if (signal.kind === 'finding' && signal.finding.primary) this.#options.on.finding?.(signal.finding);
      this.#publish(this.respond.feed(signal));
    }
  }

  #publish(outputs: readonly AnyOutgoing[]): void {
    const nowMs = this.respond.clock.now();
    for (const output of outputs) {
      if (output.topic === 'contractions') {
        this.#point.apply(output.value, nowMs);
        if (output.value.kind === 'contraction') this.#options.on.contraction?.(output.value.contraction);
      } else if (output.topic === 'incidents') this.#options.on.incident?.(output.value);
    }
  }

  #canonical(session: string): string {
    let canonical = session;
    for (let hop = 0; hop < 4; hop += 1) canonical = this.#aliases.get(canonical) ?? canonical;
    return canonical;
  }

  #turnState(raw: TelemetryEvent, session: string): TurnState {
    const known = this.#turns.get(session);
    const state = known ?? newTurnState();
    this.#turns.delete(session);
    this.#turns.set(session, state);
    if (raw.kind === 'alias' && raw.of.sessionId !== undefined) {
      const from = `${raw.tenant}\u0000${raw.of.sessionId}`;
      if (from !== session) {
        const other = this.#turns.get(from);
        if (other !== undefined) joinTurnState(state, other);
        this.#turns.delete(from);
        this.#aliases.set(from, session);
        // Its open lines are under its old name; what they lack will not be matched any more.
        this.#options.on.sessionEnd?.(from);
      }
    }
    if (this.#turns.size > MAX_SESSIONS) {
      const oldest = this.#turns.keys().next();
      if (!oldest.done) this.#turns.delete(oldest.value);
    }
    if (this.#aliases.size > MAX_SESSIONS) {
      const oldest = this.#aliases.keys().next();
      if (!oldest.done) this.#aliases.delete(oldest.value);
    }
    return state;
  }
}

function sessionKey(event: TelemetryEvent): string {
  return `${event.tenant}\u0000${event.session.id}`;
}

/** The call under the name of the conversation that its trace turned out to be part of: what is contracted is that. */
function inSession(call: EventOf<'tool.call'>, session: string): EventOf<'tool.call'> {
  const id = session.slice(call.tenant.length + 1);
  return call.session.id === id ? call : { ...call, session: { ...call.session, id } };
}

/** The event the gateway would have written for this call; the output it is derived from merges with it. */
function inline(
  call: EventOf<'tool.call'>,
  decision: NonNullable<EventOf<'tool.call'>['decision']>,
): EventOf<'tool.call'> {
  const { trace, ...rest } = call;
  return {
    ...rest,
    source: { dialect: 'inline' },
    ...(trace === undefined ? {} : { trace: { traceId: trace.traceId } }),
    decision,
  };
}

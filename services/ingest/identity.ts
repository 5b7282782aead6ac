/**
 * Who and in which conversation: what a span says itself, else what its relatives in the same request say, else what
 * stands in, and `assumed` records that it does. Relatives decide fields only, never the stream key.
 */
import type { EventOf } from '../../schemas/event.js';
import type { Identity, SpanView } from './span.js';

type Agent = EventOf<'session.start'>['agent'];
type Assumed = NonNullable<EventOf<'session.start'>['assumed']>;

export interface Resolved {
  agent: Agent;
  sessionId: string;
  userId: string | undefined;
  assumed: Assumed | undefined;
}

/** The spans of one request, so that one can learn from another. Built only if some span lacks something. */
export class Relatives {
  readonly #spans = new Map<string, SpanView>();
  readonly #traces = new Map<string, SpanView[]>();
  readonly #complete: boolean;

  constructor(spans: readonly SpanView[]) {
    this.#complete = spans.every(({ own }) => own.agentId !== undefined && own.sessionId !== undefined);
    if (this.#complete) return;
    for (const span of spans) {
      this.#spans.set(`${span.traceId}:${span.spanId}`, span);
      const trace = this.#traces.get(span.traceId);
      if (trace) trace.push(span);
      else this.#traces.set(span.traceId, [span]);
    }
  }

  resolve(span: SpanView): Resolved {
    const { own } = span;
    const named = own.agentId !== undefined || own.agentName !== undefined ? own : this.#agentOf(span);
    const id = clipped(named?.agentId ?? named?.agentName ?? span.resource.service ?? 'unknown');
    const agent: Agent = { id };
    if (named?.agentName !== undefined) agent.name = named.agentName;
    if (named?.agentVersion !== undefined) agent.version = named.agentVersion;
    // An id beside a name that differs is taken for one instance of the kind of agent that the name names.
    if (named?.agentId !== undefined && named.agentName !== undefined && named.agentName !== id)
      agent.blueprint = clipped(named.agentName);
    const sessionId = own.sessionId ?? this.#fromTrace(span, 'sessionId');
    const userId = own.userId ?? this.#fromTrace(span, 'userId');
    const assumed: Assumed = [];
    if (named?.agentId === undefined) assumed.push('agent.id');
    if (sessionId === undefined) assumed.push('session.id');
    return {
      agent,
      sessionId: clipped(sessionId ?? span.traceId),
      userId: userId === undefined ? undefined : clipped(userId),
      assumed: assumed.length > 0 ? assumed : undefined,
    };
  }

  /** The nearest ancestor that names an agent, else the one agent that the whole trace names. */
  #agentOf(span: SpanView): Identity | undefined {
    if (this.#complete) return undefined;
    for (let at = this.#parent(span), steps = 0; at !== undefined && steps < 64; at = this.#parent(at), steps++) {
      if (at.own.agentId !== undefined || at.own.agentName !== undefined) return at.own;
    }
    let only: Identity | undefined;
    for (const { own } of this.#traces.get(span.traceId) ?? []) {
      if (own.agentId === undefined && own.agentName === undefined) continue;
      if (only && (only.agentId !== own.agentId || only.agentName !== own.agentName)) return undefined;
      only = own;
    }
    return only;
  }

  /** What the nearest ancestor says, else what the whole trace agrees on. */
  #fromTrace(span: SpanView, field: 'sessionId' | 'userId'): string | undefined {
    if (this.#complete) return undefined;
    for (let at = this.#parent(span), steps = 0; at !== undefined && steps < 64; at = this.#parent(at), steps++) {
      if (at.own[field] !== undefined) return at.own[field];
    }
    let only: string | undefined;
    for (const { own } of this.#traces.get(span.traceId) ?? []) {
      const value = own[field];
      if (value === undefined) continue;
      if (only !== undefined && only !== value) return undefined;
      only = value;
    }
    return only;
  }

  #parent(span: SpanView): SpanView | undefined {
    return span.parentSpanId === undefined ? undefined : this.#spans.get(`${span.traceId}:${span.parentSpanId}`);
  }
}

/** Ids are at most this long; a longer one is no id, but its beginning still tells it apart. */
export const MAX_ID = 512;

function clipped(id: string): string {
  return id.length > MAX_ID ? id.slice(0, MAX_ID) : id;
}

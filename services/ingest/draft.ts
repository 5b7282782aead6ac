/** Events in the making: what every event of one span shares, and the order in which they stand. */
import type { EventKind, EventOf, TelemetryEvent } from '../../schemas/event.js';
import { shortHash } from '../runtime/hash.js';
import { SCHEMA_VERSION, type Skip, type Trust } from '../../schemas/common.js';
import type { SpanView } from './span.js';

export interface DecodeContext {
  /** Used where the resource has no `stepdown.tenant`. */
  tenant: string;
  /** Milliseconds since 1970; undefined in event-time runs: then the latest time in the request. */
  receivedAtMs?: number;
  trust?: Trust;
  /** Where it came from: file and line, or stream offset. */
  position?: string;
}

type Base = EventOf<'session.start'>;
export type Shared = Pick<
  Base,
  'tenant' | 'receivedAtMs' | 'streamKey' | 'agent' | 'session' | 'user' | 'service' | 'trust' | 'source' | 'assumed'
> & { trace: NonNullable<Base['trace']> };
/** What a kind adds to what is shared. */
export type Own<K extends EventKind> = Omit<EventOf<K>, keyof Shared | 'kind' | 'id' | 'timeMs' | 'schemaVersion'>;

export const CONTENT_NOT_SENT: Readonly<Skip> = Object.freeze({ check: 'content', reason: 'not sent' });

export const CONTENT_CUT: Readonly<Skip> = Object.freeze({
  check: 'content',
  reason: 'its end was cut off before it was sent',
});

/** The events of one span; a format adds to it. */
export class Drafts {
  readonly #events: Ordered[];
  readonly #span: SpanView;
  readonly #shared: Shared;
  constructor(span: SpanView, shared: Shared, events: Ordered[]) {
    this.#span = span;
    this.#shared = shared;
    this.#events = events;
  }

  /** At the span's start. */
  start<K extends EventKind>(kind: K, own: Own<K>, ordinal = 0): void {
    const { startMs, endMs } = this.#span;
    this.#add(
      kind,
      own,
      ordinal,
      startMs,
      kind === 'alias' || kind === 'prompt' ? RANK.asked : endMs > startMs ? RANK.starts : RANK.within,
    );
  }

  /** At the span's end. */
  end<K extends EventKind>(kind: K, own: Own<K>, ordinal = 0): void {
    const { startMs, endMs } = this.#span;
    this.#add(kind, own, ordinal, endMs, endMs > startMs ? RANK.ends : RANK.within);
  }

  /** One of several things that a span tells one after the other: each counts as a span below it. */
  part<K extends EventKind>(part: number, timeMs: number, kind: K, own: Own<K>): void {
    const { traceId, spanId } = this.#span;
    const partId = shortHash(spanId, String(part)).slice(0, spanId.length);
    this.#add(kind, own, 0, timeMs, RANK.within, partId);
    const event = this.#events.at(-1)?.event;
    if (event) event.trace = { traceId, spanId: partId, parentSpanId: spanId };
  }

  #add(kind: EventKind, own: object, ordinal: number, timeMs: number, rank: number, id = this.#span.spanId): void {
    const { traceId, idSuffix } = this.#span;
    const shared = this.#shared;
    // Written out: spreading `shared` takes twenty times as long, and this runs for every event.
    const event: Shared & { schemaVersion: 1; id: string; timeMs: number; kind: EventKind } = {
      schemaVersion: SCHEMA_VERSION,
      id: `${traceId}:${id}:${kind}:${ordinal}${idSuffix}`,
      tenant: shared.tenant,
      kind,
      timeMs,
      receivedAtMs: shared.receivedAtMs,
      streamKey: shared.streamKey,
      agent: shared.agent,
      session: shared.session,
      trust: shared.trust,
      trace: shared.trace,
      source: shared.source,
    };
    if (shared.user) event.user = shared.user;
    if (shared.service !== undefined) event.service = shared.service;
    if (shared.assumed) event.assumed = shared.assumed;
    this.#events.push({ event: Object.assign(event, own) as unknown as TelemetryEvent, rank });
  }
}

/**
 * The order of what has the same time. Many emitters' clocks tick in milliseconds, so a tool's result and the model call
 * made of it share one: what ends stands before what begins, and what begins and ends at once stands in between.
 */
const RANK = { asked: 0, ends: 1, within: 2, starts: 3 } as const;

export interface Ordered {
  event: TelemetryEvent;
  rank: number;
}

/** In time order; equal times keep the order in which spans ended. */
export function inOrder(drafts: Ordered[]): TelemetryEvent[] {
  let sorted = true;
  for (let index = 1; index < drafts.length && sorted; index++)
    sorted = compare(drafts[index - 1] as Ordered, drafts[index] as Ordered) <= 0;
  if (!sorted) drafts.sort(compare);
  return drafts.map(({ event }) => event);
}

function compare(a: Ordered, b: Ordered): number {
  return a.event.timeMs - b.event.timeMs || a.rank - b.rank;
}

/** One span (or log record) of a request, read far enough to decode it. */
import type { Attributes } from './values.js';
import type { DialectName } from './dialect.js';

export interface SpanEvent {
  name: string;
  timeMs: number;
  attributes: Attributes;
  /** An AnyValue: log records only. */
  body?: unknown;
  /** Fields that came as JSON, with no attributes around them. */
  fields?: Readonly<Record<string, unknown>>;
}

export interface Resource {
  service: string | undefined;
  tenant: string;
  streamKey: string | undefined;
}

export interface Identity {
  agentId?: string | undefined;
  agentName?: string | undefined;
  agentVersion?: string | undefined;
  sessionId?: string | undefined;
  userId?: string | undefined;
}

export interface SpanView {
  dialect: DialectName;
  traceId: string;
  spanId: string;
  parentSpanId: string | undefined;
  name: string;
  /** Milliseconds since 1970, with fractions. */
  startMs: number;
  endMs: number;
  durationMs: number;
  failed: boolean;
  statusMessage: string | undefined;
  attributes: Attributes;
  events: SpanEvent[];
  scope: string;
  resource: Resource;
  /** What the span itself says; a format's words for it are read when the span is. */
  own: Identity;
  /** What stands behind the kind in event ids where one span tells a thing twice (a log record beside its span). */
  idSuffix: string;
}

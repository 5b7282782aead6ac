/**
 * Log records that carry what was said: the older conventions send one record a message, the current ones one record
 * with all of them (`gen_ai.client.inference.operation.details`). Records of one span in one request are read together,
 * as if they were events of that span; their events' ids differ from the span's own, because the span is sent as well.
 */
import { own } from '../runtime/own-key.js';
import { shortHash } from '../runtime/hash.js';
import type { Decoded, ItemPlace } from './decoded.js';
import { FORMATS } from './formats/table.js';
import { MESSAGE_EVENTS } from './formats/otel-content.js';
import { hexId, timeMs } from './ids.js';
import type { SpanView } from './span.js';
import { attributeMap, textOf } from './values.js';

export interface LogRecord {
  raw: Record<string, unknown>;
  place: ItemPlace;
}

const DETAILS = 'gen_ai.client.inference.operation.details';

export function decodeLogRecords(records: readonly LogRecord[], decoded: Decoded): SpanView[] {
  const views = new Map<string, SpanView>();
  for (const { raw, place } of records) {
    const { pointer, resource, scope } = place;
    const attributes = attributeMap(raw['attributes']);
    const name =
      (typeof raw['eventName'] === 'string' && raw['eventName']) || textOf(attributes.get('event.name')) || '';
    if (name !== DETAILS && own(MESSAGE_EVENTS, name) === undefined) {
      decoded.ignored += 1;
      continue;
    }
    const atMs = timeMs(raw['timeUnixNano']) ?? timeMs(raw['observedTimeUnixNano']);
    if (atMs === undefined) {
      decoded.refused.push({
        pointer,
        code: 'no-time',
        message: 'timeUnixNano or observedTimeUnixNano must be nanoseconds since 1970',
        payload: place.alone(raw),
      });
      continue;
    }
    const trace = hexId(raw['traceId'], 16);
    const span = hexId(raw['spanId'], 8);
    // Without a span the record stands for itself; its own time and place keep equal records apart.
    const made = shortHash(
      resource.streamKey ?? '',
      scope,
      name,
      String(raw['timeUnixNano'] ?? raw['observedTimeUnixNano']),
      pointer,
    );
    const traceId = trace ?? made;
    const spanId = span ?? made.slice(0, 16);
    const key = name === DETAILS ? `${traceId}:${spanId}:details` : `${traceId}:${spanId}`;
    let view = views.get(key);
    if (!view) {
      view = {
        dialect: 'otel-genai',
        traceId,
        spanId,
        parentSpanId: undefined,
        name,
        startMs: atMs,
        endMs: atMs,
        durationMs: 0,
        failed: false,
        statusMessage: undefined,
        attributes:
          name === DETAILS ? attributes : new Map([...attributes].filter(([attribute]) => !CONTENT.has(attribute))),
        events: [],
        scope,
        resource,
        own: FORMATS['otel-genai'].identity(attributes),
        idSuffix: ':log',
      };
      views.set(key, view);
    }
    view.startMs = Math.min(view.startMs, atMs);
    view.endMs = Math.max(view.endMs, atMs);
    if (name !== DETAILS) view.events.push({ name, timeMs: atMs, attributes, body: raw['body'] });
  }
  return [...views.values()];
}

/** A record's own message, which must not be taken for the attributes of its span. */
const CONTENT = new Set(['role', 'content', 'tool_calls', 'id', 'index', 'finish_reason', 'event.name']);

/**
 * Log records that carry what was said: the older conventions send one record a message, the current ones one record
 * with all of them (`gen_ai.client.inference.operation.details`). Records of one span in one request are read together,
 * as if they were events of that span; their events' ids differ from the span's own, because the span is sent as well.
 *
 * AWS's distribution takes content out of spans into one record a span, named after the scope, whose body holds what went in
 * and what came out; those of tools are left out, because the next model call is given the same.
 */
import { own } from '../runtime/own-key.js';
import { shortHash } from '../runtime/hash.js';
import type { Decoded, ItemPlace } from './decoded.js';
import { FORMATS } from './formats/table.js';
import { MESSAGE_EVENTS } from './formats/otel-content.js';
import { hexId, timeMs } from './ids.js';
import type { SpanView } from './span.js';
import { attributeMap, isRecord, jsonText, plainOf, textOf } from './values.js';

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
    const exchange = own(MESSAGE_EVENTS, name) === undefined && name !== DETAILS ? exchangeOf(raw['body']) : undefined;
    if (name !== DETAILS && own(MESSAGE_EVENTS, name) === undefined && exchange === undefined) {
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
    if (exchange !== undefined)
      for (const { event, fields } of exchange)
        view.events.push({ name: event, timeMs: atMs, attributes: new Map(), body: undefined, fields });
    else if (name !== DETAILS) view.events.push({ name, timeMs: atMs, attributes, body: raw['body'] });
  }
  return [...views.values()];
}

/** A record's own message, which must not be taken for the attributes of its span. */
const CONTENT = new Set(['role', 'content', 'tool_calls', 'id', 'index', 'finish_reason', 'event.name']);

interface Told {
  event: string;
  fields: Record<string, unknown>;
}

/** What one record tells of a model call: `{input: {messages}, output: {messages}}`; none: it is not of that kind, or of a tool. */
function exchangeOf(body: unknown): Told[] | undefined {
  const plain = plainOf(body);
  const read = typeof plain === 'string' && plain.startsWith('{') ? jsonText(plain) : plain;
  if (!isRecord(read)) return undefined;
  const [input, output] = [listIn(read['input']), listIn(read['output'])];
  if (input === undefined && output === undefined) return undefined;
  if (input?.length !== undefined && input.length > 0 && input.every(({ role }) => role === 'tool')) return undefined;
  return [
    ...(input ?? []).map(({ role, content }) => ({
      event:
        own(MESSAGE_EVENTS, `gen_ai.${String(role)}.message`) === undefined
          ? 'gen_ai.user.message'
          : `gen_ai.${String(role)}.message`,
      fields: fieldsOf(content),
    })),
    ...(output ?? [])
      .filter(({ content }) => !isAgents(content))
      .map(({ content }) => ({ event: 'gen_ai.choice', fields: fieldsOf(content) })),
  ];
}

function listIn(value: unknown): Record<string, unknown>[] | undefined {
  const list = isRecord(value) ? value['messages'] : undefined;
  return Array.isArray(list) ? list.filter(isRecord) : undefined;
}

/** Strands writes a model's answer as blocks and an agent's, which repeats the last of them, as a text. */
const isAgents = (content: unknown): boolean =>
  isRecord(content) && typeof content['message'] === 'string' && !content['message'].startsWith('[');

/** What was an event of the span: its fields, of which `message` is JSON, or its content alone. */
function fieldsOf(content: unknown): Record<string, unknown> {
  if (!isRecord(content)) return { content };
  const { message } = content;
  return typeof message === 'string' ? { ...content, message: jsonText(message) } : content;
}

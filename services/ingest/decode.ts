/**
 * From an OTLP request to telemetry events. Stateless: what a span becomes depends on its own request only, so any
 * number of receivers decode alike and a retry gives the same events under the same ids.
 *
 * Takes the JSON shape of OTLP; the protobuf reader gives the same shape. Unknown fields are ignored, as the protocol
 * asks; a span or record that cannot be read is refused by itself with its place, and the others go on.
 */
import { streamKeyOf } from '../inspect/admit.js';
import type { Decoded, ItemPlace, Refusal } from './decoded.js';
import { decodeLogRecords, type LogRecord } from './logs.js';
import type { DecodeContext, Ordered, Shared } from './draft.js';
import { Drafts, inOrder } from './draft.js';
import { FORMATS } from './formats/table.js';
import { Relatives } from './identity.js';
import { dialectOf } from './dialect.js';
import { hexId, timeMs } from './ids.js';
import { withOtlpNames } from './otlp-names.js';
import type { TelemetryEvent } from '../../schemas/event.js';
import type { Resource, SpanEvent, SpanView } from './span.js';
import { attributeMap, isRecord, textOf } from './values.js';

export type { Decoded, Refusal } from './decoded.js';
export type { DecodeContext } from './draft.js';

/** An `ExportTraceServiceRequest`. */
export function decodeTraces(sent: unknown, context: DecodeContext): Decoded {
  const request = withOtlpNames(sent);
  const decoded: Decoded = { events: [], refused: [], items: 0, ignored: 0 };
  const spans: SpanView[] = [];
  eachScope(
    request,
    'resourceSpans',
    'scopeSpans',
    'spans',
    context,
    decoded,
    (raw, { pointer, resource, scope, alone }) => {
      const attributes = attributeMap(raw['attributes']);
      const dialect = dialectOf(attributes, scope);
      if (dialect === undefined) {
        decoded.ignored += 1;
        return;
      }
      const view = spanView(raw, attributes, resource, scope);
      if ('code' in view) {
        decoded.refused.push({ ...view, pointer, payload: alone(raw) });
        return;
      }
      view.dialect = dialect;
      view.own = FORMATS[dialect].identity(attributes);
      spans.push(view);
    },
  );
  decoded.events = eventsOf(spans, context);
  return decoded;
}

/** An `ExportLogsServiceRequest`. */
export function decodeLogs(sent: unknown, context: DecodeContext): Decoded {
  const request = withOtlpNames(sent);
  const decoded: Decoded = { events: [], refused: [], items: 0, ignored: 0 };
  const records: LogRecord[] = [];
  eachScope(request, 'resourceLogs', 'scopeLogs', 'logRecords', context, decoded, (raw, place) => {
    records.push({ raw, place: { ...place } });
  });
  decoded.events = eventsOf(decodeLogRecords(records, decoded), context);
  return decoded;
}

function eventsOf(spans: readonly SpanView[], context: DecodeContext): TelemetryEvent[] {
  const relatives = new Relatives(spans);
  const drafts: Ordered[] = [];
  for (const span of spans)
    FORMATS[span.dialect].decode(span, new Drafts(span, shared(span, relatives, context), drafts));
  const events = inOrder(drafts);
  if (context.receivedAtMs === undefined) {
    const latest = events.at(-1)?.timeMs ?? 0;
    for (const event of events) event.receivedAtMs = latest;
  }
  return events;
}

/** What all events of a span have alike. */
function shared(span: SpanView, relatives: Relatives, context: DecodeContext): Shared {
  const { resource, traceId, spanId, parentSpanId } = span;
  const { agent, sessionId, userId, assumed } = relatives.resolve(span);
  const made: Shared = {
    tenant: resource.tenant,
    receivedAtMs: context.receivedAtMs ?? 0,
    streamKey: resource.streamKey ?? streamKeyOf(resource.tenant, undefined, agent.id),
    agent,
    session: { id: sessionId },
    trust: context.trust ?? 'claimed',
    trace: parentSpanId === undefined ? { traceId, spanId } : { traceId, spanId, parentSpanId },
    source:
      context.position === undefined
        ? { dialect: span.dialect }
        : { dialect: span.dialect, position: context.position },
  };
  if (userId !== undefined) made.user = { id: userId };
  if (resource.service !== undefined) made.service = resource.service;
  if (assumed) made.assumed = assumed;
  return made;
}

/** A request of one signal that is sent to the place of another would be read as one with nothing in it. */
const OUTER = ['resourceSpans', 'resourceLogs', 'resourceMetrics'];

type Visit = (raw: Record<string, unknown>, place: ItemPlace) => void;

function eachScope(
  request: unknown,
  outer: string,
  middle: string,
  inner: string,
  context: DecodeContext,
  decoded: Decoded,
  visit: Visit,
): void {
  const refuse = (pointer: string, message: string, payload: unknown): void =>
    void decoded.refused.push({ pointer, code: 'malformed', message, payload });
  if (!isRecord(request)) return refuse('', 'a request is an object', request);
  const other = OUTER.find((name) => name !== outer && request[name] !== undefined);
  if (request[outer] === undefined && other !== undefined)
    return refuse(`/${other}`, `not received here: this place takes ${outer}`, request);
  list(request[outer], `/${outer}`, refuse, (group, groupPointer) => {
    const resource = resourceOf(group['resource'], context);
    list(group[middle], `${groupPointer}/${middle}`, refuse, (scoped, scopePointer) => {
      const named = scoped['scope'];
      const place: ItemPlace = {
        pointer: scopePointer,
        resource,
        scope: isRecord(named) && typeof named['name'] === 'string' ? named['name'] : '',
        alone: (raw) => ({ [outer]: [{ resource: group['resource'], [middle]: [{ scope: named, [inner]: [raw] }] }] }),
      };
      list(
        scoped[inner],
        `${scopePointer}/${inner}`,
        (pointer, message, payload) => {
          decoded.items += 1;
          refuse(pointer, message, payload);
        },
        (raw, pointer) => {
          decoded.items += 1;
          place.pointer = pointer;
          visit(raw, place);
        },
      );
    });
  });
}

/** Each object of a list that may be absent; anything else in its place is refused. */
function list(
  value: unknown,
  pointer: string,
  refuse: (pointer: string, message: string, payload: unknown) => void,
  visit: (item: Record<string, unknown>, pointer: string) => void,
): void {
  if (value === undefined || value === null) return;
  if (!Array.isArray(value)) return refuse(pointer, 'expected a list', value);
  for (let index = 0; index < value.length; index++) {
    const item: unknown = value[index];
    if (isRecord(item)) visit(item, `${pointer}/${index}`);
    else refuse(`${pointer}/${index}`, 'expected an object', item);
  }
}

function resourceOf(raw: unknown, context: DecodeContext): Resource {
  const attributes = attributeMap(isRecord(raw) ? raw['attributes'] : undefined);
  const service = textOf(attributes.get('service.name'))?.slice(0, 200);
  const tenant = (textOf(attributes.get('stepdown.tenant')) ?? context.tenant).slice(0, 128);
  return { service, tenant, streamKey: service === undefined ? undefined : streamKeyOf(tenant, service, '') };
}

function spanView(
  raw: Record<string, unknown>,
  attributes: ReadonlyMap<string, unknown>,
  resource: Resource,
  scope: string,
): SpanView | Omit<Refusal, 'pointer' | 'payload'> {
  const traceId = hexId(raw['traceId'], 16);
  if (traceId === undefined) return { code: 'no-trace-id', message: 'traceId must be 32 hex digits, not all zero' };
  const spanId = hexId(raw['spanId'], 8);
  if (spanId === undefined) return { code: 'no-span-id', message: 'spanId must be 16 hex digits, not all zero' };
  const startMs = timeMs(raw['startTimeUnixNano']);
  if (startMs === undefined) return { code: 'no-time', message: 'startTimeUnixNano must be nanoseconds since 1970' };
  // Some clocks (JavaScript's SDK) give starts in whole milliseconds and ends to the nanosecond, which puts a start before
  // the end it waited for. Where the start is whole, the end is cut to the same measure.
  const endMs = Math.max(startMs, timeMs(raw['endTimeUnixNano']) ?? startMs);
  const status = raw['status'];
  const code = isRecord(status) ? status['code'] : undefined;
  const message = isRecord(status) ? status['message'] : undefined;
  return {
    dialect: 'otel-genai',
    traceId,
    spanId,
    parentSpanId: hexId(raw['parentSpanId'], 8),
    name: typeof raw['name'] === 'string' ? raw['name'] : '',
    startMs,
    endMs: Number.isInteger(startMs) ? Math.floor(endMs) : endMs,
    durationMs: endMs - startMs,
    failed: code === 2 || code === 'STATUS_CODE_ERROR' || code === '2',
    statusMessage: typeof message === 'string' && message !== '' ? message : undefined,
    attributes,
    events: spanEvents(raw['events'], startMs),
    scope,
    resource,
    own: {},
    idSuffix: '',
  };
}

const NO_EVENTS: SpanEvent[] = [];

function spanEvents(raw: unknown, startMs: number): SpanEvent[] {
  if (!Array.isArray(raw) || raw.length === 0) return NO_EVENTS;
  return raw.filter(isRecord).map((event) => ({
    name: typeof event['name'] === 'string' ? event['name'] : '',
    timeMs: timeMs(event['timeUnixNano']) ?? startMs,
    attributes: attributeMap(event['attributes']),
  }));
}

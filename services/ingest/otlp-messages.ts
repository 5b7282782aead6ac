/**
 * The messages of OTLP 1.x that are read, by field number (opentelemetry-proto: collector/*, trace/v1, logs/v1,
 * common/v1, resource/v1). Fields that nothing here uses are left out and skipped like unknown ones.
 */

/** How a field is read: a scalar of the wire, or another message. */
export type FieldType =
  'string' | 'bool' | 'double' | 'int64' | 'uint64' | 'fixed64' | 'enum' | 'hex' | 'base64' | MessageName;

export interface Field {
  name: string;
  type: FieldType;
  repeated?: true;
}

export type MessageName =
  | 'TracesRequest'
  | 'ResourceSpans'
  | 'ScopeSpans'
  | 'Span'
  | 'SpanEvent'
  | 'Status'
  | 'LogsRequest'
  | 'ResourceLogs'
  | 'ScopeLogs'
  | 'LogRecord'
  | 'Resource'
  | 'Scope'
  | 'KeyValue'
  | 'AnyValue'
  | 'ArrayValue'
  | 'KeyValueList';

const one = (name: string, type: FieldType): Field => ({ name, type });
const many = (name: string, type: FieldType): Field => ({ name, type, repeated: true });

export const MESSAGES: Readonly<Record<MessageName, Readonly<Record<number, Field>>>> = {
  TracesRequest: { 1: many('resourceSpans', 'ResourceSpans') },
  ResourceSpans: { 1: one('resource', 'Resource'), 2: many('scopeSpans', 'ScopeSpans') },
  ScopeSpans: { 1: one('scope', 'Scope'), 2: many('spans', 'Span') },
  Span: {
    1: one('traceId', 'hex'),
    2: one('spanId', 'hex'),
    4: one('parentSpanId', 'hex'),
    5: one('name', 'string'),
    6: one('kind', 'enum'),
    7: one('startTimeUnixNano', 'fixed64'),
    8: one('endTimeUnixNano', 'fixed64'),
    9: many('attributes', 'KeyValue'),
    11: many('events', 'SpanEvent'),
    15: one('status', 'Status'),
  },
  SpanEvent: { 1: one('timeUnixNano', 'fixed64'), 2: one('name', 'string'), 3: many('attributes', 'KeyValue') },
  Status: { 2: one('message', 'string'), 3: one('code', 'enum') },
  LogsRequest: { 1: many('resourceLogs', 'ResourceLogs') },
  ResourceLogs: { 1: one('resource', 'Resource'), 2: many('scopeLogs', 'ScopeLogs') },
  ScopeLogs: { 1: one('scope', 'Scope'), 2: many('logRecords', 'LogRecord') },
  LogRecord: {
    1: one('timeUnixNano', 'fixed64'),
    2: one('severityNumber', 'enum'),
    5: one('body', 'AnyValue'),
    6: many('attributes', 'KeyValue'),
    9: one('traceId', 'hex'),
    10: one('spanId', 'hex'),
    11: one('observedTimeUnixNano', 'fixed64'),
    12: one('eventName', 'string'),
  },
  Resource: { 1: many('attributes', 'KeyValue') },
  Scope: { 1: one('name', 'string'), 2: one('version', 'string') },
  KeyValue: { 1: one('key', 'string'), 2: one('value', 'AnyValue') },
  AnyValue: {
    1: one('stringValue', 'string'),
    2: one('boolValue', 'bool'),
    3: one('intValue', 'int64'),
    4: one('doubleValue', 'double'),
    5: one('arrayValue', 'ArrayValue'),
    6: one('kvlistValue', 'KeyValueList'),
    7: one('bytesValue', 'base64'),
  },
  ArrayValue: { 1: many('values', 'AnyValue') },
  KeyValueList: { 1: many('values', 'KeyValue') },
};

/** OTLP requests for tests. */
export type Value = string | number | boolean | Value[] | { [key: string]: Value };

export interface TestSpan {
  traceId?: string;
  spanId?: string;
  parentSpanId?: string;
  name?: string;
  /** Milliseconds after 2026-01-01. */
  startMs?: number;
  endMs?: number;
  attributes?: Record<string, Value>;
  status?: object;
  events?: object[];
}

export const T0 = Date.UTC(2026, 0, 1);
let spans = 0;

export function anyValue(value: Value): object {
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  if (typeof value === 'number') return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value };
  if (Array.isArray(value)) return { arrayValue: { values: value.map(anyValue) } };
  return { kvlistValue: { values: attributes(value) } };
}

export function attributes(record: Record<string, Value>): object[] {
  return Object.entries(record).map(([key, value]) => ({ key, value: anyValue(value) }));
}

/** Milliseconds after 2026-01-01, with fractions, as nanoseconds since 1970. */
export const nanos = (ms: number): string => String(BigInt(T0) * 1_000_000n + BigInt(Math.round(ms * 1_000_000)));

export function span(given: TestSpan): Record<string, unknown> {
  const { startMs = 0, endMs = startMs + 5, attributes: own = {}, ...rest } = given;
  spans += 1;
  return {
    traceId: '8a070ff0534bae3b9392cfd92720cc79',
    spanId: spans.toString(16).padStart(16, '0'),
    name: 'span',
    startTimeUnixNano: nanos(startMs),
    endTimeUnixNano: nanos(endMs),
    attributes: attributes(own),
    ...rest,
  };
}

export function traces(
  list: object[],
  resource: Record<string, Value> = { 'service.name': 'app' },
  scope = 'test',
): Record<string, unknown> {
  return {
    resourceSpans: [
      { resource: { attributes: attributes(resource) }, scopeSpans: [{ scope: { name: scope }, spans: list }] },
    ],
  };
}

export function logs(
  list: object[],
  resource: Record<string, Value> = { 'service.name': 'app' },
): Record<string, unknown> {
  return {
    resourceLogs: [
      { resource: { attributes: attributes(resource) }, scopeLogs: [{ scope: { name: 'test' }, logRecords: list }] },
    ],
  };
}

export const toolSpan = (own: Record<string, Value> = {}, given: TestSpan = {}) =>
  span({ ...given, attributes: { 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.name': 'look', ...own } });

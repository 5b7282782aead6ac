/**
 * The trace a call belongs to, where the process uses OpenTelemetry: it lets the engine see that what the guard tells
 * and what the telemetry tells is one call. `@opentelemetry/api` is looked for once and never needed.
 */
export interface TraceContext {
  traceId: string;
  spanId: string;
}

interface Api {
  trace: { getActiveSpan(): { spanContext(): { traceId: string; spanId: string } } | undefined };
}

const NAME = '@opentelemetry/api';
let api: Promise<Api | undefined> | undefined;

async function load(): Promise<Api | undefined> {
  try {
    const loaded = (await import(NAME)) as Partial<Api>;
    return typeof loaded.trace?.getActiveSpan === 'function' ? (loaded as Api) : undefined;
  } catch {
    return undefined;
  }
}

/** The active span's ids; `undefined` without OpenTelemetry or outside any span. */
export async function traceContext(): Promise<TraceContext | undefined> {
  api ??= load();
  const span = (await api)?.trace.getActiveSpan();
  if (span === undefined) return undefined;
  const { traceId, spanId } = span.spanContext();
  return /^[0-9a-f]{32}$/.test(traceId) && /^[0-9a-f]{16}$/.test(spanId) && !/^0+$/.test(traceId)
    ? { traceId, spanId }
    : undefined;
}

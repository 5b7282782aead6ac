/**
 * Traces of the engine's own work. Without `traces.endpoint` nothing is loaded and nothing is measured.
 *
 * What cannot be sent is dropped after the exporter's own retries: the work never waits for its traces.
 */
import {
  type Attributes,
  context,
  propagation,
  SpanKind,
  SpanStatusCode,
  trace,
  type Tracer,
} from '@opentelemetry/api';
import { hostname } from 'node:os';
import type { Config } from '../config.js';
import { StepdownError } from '../errors.js';
import { packageVersion } from '../package-root.js';

export interface Work {
  /** Low in cardinality: `process telemetry`, `GET /v1/agents/:id`. */
  name: string;
  kind?: 'internal' | 'server' | 'client' | 'producer' | 'consumer';
  attributes?: Attributes;
  /** Headers of a request that may carry the caller's trace (W3C `traceparent`). */
  headers?: Readonly<Record<string, string | undefined>>;
}

export interface Tracing {
  /** Whether anything is traced at all. */
  readonly on: boolean;
  /** Does the work in a span of its own; what it throws is noted and thrown on. */
  span<T>(work: Work, run: () => Promise<T>): Promise<T>;
  /** The same, where it is part of something that is traced; else the work alone. */
  part<T>(work: Work, run: () => Promise<T>): Promise<T>;
  /** Sends what waits. */
  close(): Promise<void>;
}

const NAME = 'stepdown';
const KINDS = {
  internal: SpanKind.INTERNAL,
  server: SpanKind.SERVER,
  client: SpanKind.CLIENT,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
} as const;
/** A stop does not wait longer for a collector that is away. */
const CLOSES_WITHIN_MS = 2_000;

export const NO_TRACING: Tracing = {
  on: false,
  span: (_, run) => run(),
  part: (_, run) => run(),
  close: async () => undefined,
};

/** @param role what this process is: `up`, or the service that it runs */
export async function openTracing({ traces }: Pick<Config, 'traces'>, role: string): Promise<Tracing> {
  if (traces.endpoint === undefined || traces.share === 0) return NO_TRACING;
  const [
    { NodeTracerProvider, BatchSpanProcessor, ParentBasedSampler, TraceIdRatioBasedSampler },
    exporter,
    resources,
  ] = await Promise.all([
    import('@opentelemetry/sdk-trace-node'),
    import('@opentelemetry/exporter-trace-otlp-proto'),
    import('@opentelemetry/resources'),
  ]);
  const provider = new NodeTracerProvider({
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(traces.share) }),
    resource: resources.resourceFromAttributes({
      'service.name': `${NAME}-${role}`,
      'service.version': packageVersion(),
      'service.instance.id': `${hostname()}/${process.pid}`,
    }),
    spanProcessors: [new BatchSpanProcessor(new exporter.OTLPTraceExporter({ url: traces.endpoint }))],
  });
  provider.register();
  const tracer = provider.getTracer(NAME, packageVersion());
  return {
    on: true,
    span: async (work, run) => inSpan(tracer, work, run),
    part: async (work, run) => (trace.getActiveSpan() === undefined ? run() : inSpan(tracer, work, run)),
    close: async () => {
      let timer: NodeJS.Timeout | undefined;
      const enough = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, CLOSES_WITHIN_MS);
      });
      await Promise.race([provider.shutdown().catch(() => undefined), enough]);
      clearTimeout(timer);
      // Registered for the process: another engine in it, as tests have, registers anew.
      trace.disable();
      context.disable();
      propagation.disable();
    },
  };
}

async function inSpan<T>(tracer: Tracer, work: Work, run: () => Promise<T>): Promise<T> {
  const { name, kind = 'internal', attributes = {}, headers } = work;
  const parent = headers === undefined ? context.active() : propagation.extract(context.active(), headers);
  return tracer.startActiveSpan(name, { kind: KINDS[kind], attributes }, parent, async (span) => {
    try {
      return await run();
    } catch (error) {
      const code = error instanceof StepdownError ? error.code : 'internal';
      span.setAttribute('error.type', code);
      span.setStatus({ code: SpanStatusCode.ERROR, message: code });
      throw error;
    } finally {
      span.end();
    }
  });
}

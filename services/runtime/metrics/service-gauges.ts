/** What the services of a process say of themselves, as gauges: whether they are ready, how far sources are, what waits at sinks. */
import type { Service } from '../service.js';
import type { Metrics } from './metrics.js';

type Told = Pick<Service, 'name' | 'unready' | 'facts'>;

/** Sets them each time the metrics are read. */
export function watchServices(metrics: Metrics, services: () => readonly Told[]): void {
  metrics.onRead(() => {
    for (const service of services()) {
      metrics.set('ready', { service: service.name }, service.unready() === undefined ? 1 : 0);
      for (const { name, state, missed, partitions } of sourcesOf(service)) {
        metrics.set('sourceUp', { source: name }, state === 'reading' ? 1 : 0);
        metrics.set('sourceMissed', { source: name }, missed);
        metrics.set(
          'sourceLag',
          { source: name },
          partitions.reduce((sum, { lag }) => sum + (lag ?? 0), 0),
        );
      }
      for (const { sink, waiting, oldestAgeMs } of sinksOf(service)) {
        metrics.set('outboxRecords', { outbox: sink }, waiting);
        metrics.set('outboxAgeSeconds', { outbox: sink }, oldestAgeMs / 1_000);
      }
    }
  });
}

interface SinkState {
  sink: string;
  waiting: number;
  oldestAgeMs: number;
}

/** What forward says of its sinks; other services have none. */
function sinksOf(service: Told): SinkState[] {
  const sinks = service.facts?.()['sinks'];
  return Array.isArray(sinks) ? sinks.filter(isSink) : [];
}

function isSink(value: unknown): value is SinkState {
  if (typeof value !== 'object' || value === null) return false;
  const { sink, waiting, oldestAgeMs } = value as Partial<Record<keyof SinkState, unknown>>;
  return typeof sink === 'string' && typeof waiting === 'number' && typeof oldestAgeMs === 'number';
}

interface SourceState {
  name: string;
  state: string;
  missed: number;
  partitions: { lag?: number | undefined }[];
}

/** What ingest says of the streams it reads. */
function sourcesOf(service: Told): SourceState[] {
  const sources = service.facts?.()['sources'];
  return Array.isArray(sources) ? sources.filter(isSource) : [];
}

function isSource(value: unknown): value is SourceState {
  if (typeof value !== 'object' || value === null) return false;
  const { name, state, missed, partitions } = value as Partial<Record<keyof SourceState, unknown>>;
  return (
    typeof name === 'string' && typeof state === 'string' && typeof missed === 'number' && Array.isArray(partitions)
  );
}

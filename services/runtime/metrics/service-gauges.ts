/** What the services of a process say of themselves, as gauges: whether they are ready, and what waits at sinks. */
import type { Service } from '../service.js';
import type { Metrics } from './metrics.js';

type Told = Pick<Service, 'name' | 'unready' | 'facts'>;

/** Sets them each time the metrics are read. */
export function watchServices(metrics: Metrics, services: () => readonly Told[]): void {
  metrics.onRead(() => {
    for (const service of services()) {
      metrics.set('ready', { service: service.name }, service.unready() === undefined ? 1 : 0);
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

/** The metrics of one process, in a registry of their own, written as Prometheus reads them. */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { packageVersion } from '../package-root.js';
import { type Definition, type Kind, METRICS, type MetricName } from './definitions.js';

type LabelsOf<N extends MetricName> = (typeof METRICS)[N] extends Definition<infer L> ? L : never;
type NamesOf<T extends Kind> = {
  [N in MetricName]: (typeof METRICS)[N]['type'] extends T ? N : never;
}[MetricName];
export type Labels<N extends MetricName> = Readonly<Record<LabelsOf<N>, string>>;

export class Metrics {
  readonly #registry = new Registry();
  readonly #counters = new Map<string, Counter>();
  readonly #gauges = new Map<string, Gauge>();
  readonly #histograms = new Map<string, Histogram>();
  readonly #collectors = new Set<(metrics: Metrics) => void>();

  constructor() {
    for (const [name, { type, name: full, help, labels, buckets }] of Object.entries<Definition>(METRICS)) {
      const common = { name: full, help, labelNames: [...labels], registers: [this.#registry] };
      if (type === 'counter') this.#counters.set(name, new Counter(common));
      else if (type === 'gauge') {
        const made = new Gauge(common);
        // Begun at 0, it would speak of what this process does not have.
        if (labels.length === 0) made.remove();
        this.#gauges.set(name, made);
      } else
        this.#histograms.set(
          name,
          new Histogram({ ...common, ...(buckets === undefined ? {} : { buckets: [...buckets] }) }),
        );
    }
    collectDefaultMetrics({ register: this.#registry });
    this.set('build', { version: packageVersion(), node: process.versions.node }, 1);
  }

  /** What {@link text} is, for `content-type`. */
  get contentType(): string {
    return this.#registry.contentType;
  }

  add<N extends NamesOf<'counter'>>(name: N, labels: Labels<N>, amount = 1): void {
    this.#counters.get(name)?.inc(labels, amount);
  }

  set<N extends NamesOf<'gauge'>>(name: N, labels: Labels<N>, value: number): void {
    this.#gauges.get(name)?.set(labels, value);
  }

  /** @param seconds as every histogram here */
  observe<N extends NamesOf<'histogram'>>(name: N, labels: Labels<N>, seconds: number): void {
    this.#histograms.get(name)?.observe(labels, seconds);
  }

  /** Forgets all labelled values of a gauge, before they are set anew. */
  reset(name: NamesOf<'gauge'>): void {
    this.#gauges.get(name)?.reset();
  }

  /** @param collect sets gauges just before they are read; must not throw */
  onRead(collect: (metrics: Metrics) => void): void {
    this.#collectors.add(collect);
  }

  async text(): Promise<string> {
    for (const collect of this.#collectors) collect(this);
    return this.#registry.metrics();
  }
}

/** Seconds since a time of `performance.now()`. */
export function secondsSince(begunAt: number): number {
  return (performance.now() - begunAt) / 1_000;
}

/** What the engine counts and measures of itself, for Prometheus. See docs/operating.md. */
export { METRICS } from './metrics/definitions.js';
export { EngineWatch, type Reader } from './metrics/engine-watch.js';
export { type HealthListener, listenForHealth } from './metrics/listener.js';
export { measuredDrivers } from './metrics/measured-drivers.js';
export { Metrics, secondsSince } from './metrics/metrics.js';
export { watchServices } from './metrics/service-gauges.js';

/** Traces of the engine's own work, where the configuration asks for them. See docs/operating.md. */
export { tracedDrivers } from './tracing/traced-drivers.js';
export { NO_TRACING, openTracing, type Tracing } from './tracing/tracing.js';

/** The keys of `traces`: what the engine tells of its own work. */
import { number, section, text } from './shape.js';

function tracesUrl(value: string): string | undefined {
  return URL.canParse(value) && /^https?:$/.test(new URL(value).protocol) ? undefined : 'is no http or https address';
}

export const traces = section(
  'OpenTelemetry traces of the engine’s own work: batches, checkpoints, calls of the store, requests to the API. They name topics and routes, no agents and no contents.',
  {
    endpoint: text('Where to send them, OTLP/HTTP, e.g. `http://collector:4318/v1/traces`. Without it none are made.', {
      check: tracesUrl,
      secret: 'path',
    }),
    share: number('How much of the work is traced, 0 to 1.', { default: 0.05, maximum: 1, integer: false }),
  },
);

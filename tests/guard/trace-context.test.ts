/** In a file of its own: a tracer provider is registered for the whole process. */
import { api, node } from '@opentelemetry/sdk-node';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { guard } from '../../services/guard/index.js';
import { Rig } from '../gateway/rig.js';

const { context, trace } = api;
let rig: Rig;
beforeAll(async () => {
  new node.NodeTracerProvider().register();
  rig = await Rig.start();
});
afterAll(async () => {
  trace.disable();
  context.disable();
  await rig.end();
});

it('calls carry the active span, so that telemetry of the same call can be told to be the same', async () => {
  const protection = guard({ agent: 'a', url: rig.url, token: rig.token('agent-token'), service: 'shop' });
  const tracer = trace.getTracer('t');
  const ids = await tracer.startActiveSpan('execute_tool', async (span) => {
    await protection.wrap('look', () => 1)();
    span.end();
    return span.spanContext();
  });
  const events = await rig.topic('telemetry');
  expect(events).toHaveLength(2);
  for (const event of events) {
    expect(event).toMatchObject({
      trace: { traceId: ids.traceId, spanId: ids.spanId },
      service: 'shop',
      streamKey: 'default/shop',
    });
    // Without a conversation the trace stands in, for both the same.
    expect(event).toMatchObject({ session: { id: ids.traceId }, assumed: ['session.id'] });
  }
});

it('outside of any span there is none', async () => {
  await guard({ agent: 'b', url: rig.url, token: rig.token('agent-token') }).wrap('look', () => 1)();
  const [call] = (await rig.topic('telemetry')).filter(({ agent }) => (agent as { id: string }).id === 'b');
  expect(call).not.toHaveProperty('trace');
  expect(call).toMatchObject({ session: { id: 'agent:b' } });
});

/** Traces of the engine itself, as a server in the place of a Collector gets them. */
import { afterEach, describe, expect, it } from 'vitest';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ConfigError, loadConfig } from '../../../services/runtime/config.js';
import { StepdownError } from '../../../services/runtime/errors.js';
import { createLog } from '../../../services/runtime/log.js';
import { NO_TRACING, openTracing, tracedDrivers } from '../../../services/runtime/tracing.js';
import { outgoing } from '../../conformance/records.js';
import { openFixture } from '../sqlite/fixture.js';

let server: Server | undefined;
afterEach(async () => {
  await new Promise<void>((resolve) => (server === undefined ? resolve() : server.close(() => resolve())));
  server = undefined;
});

/** What a Collector would get, as text: names and attributes stand in it as they are. */
async function collector(): Promise<{ url: string; bodies: string[] }> {
  const bodies: string[] = [];
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      bodies.push(Buffer.concat(chunks).toString('latin1'));
      response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end();
    });
  });
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/traces`, bodies };
}

const configured = (endpoint: string, share = 1) => loadConfig({ env: {}, overrides: { traces: { endpoint, share } } });

describe('traces of the engine itself', () => {
  it('tell of a batch and of what it reads and writes, and of no key', async () => {
    const { url, bodies } = await collector();
    const tracing = await openTracing(configured(url), 'detect');
    const fixture = await openFixture();
    const drivers = tracedDrivers(fixture.drivers, tracing);
    // Not part of anything that is traced: a trace of its own for each would drown the others.
    await drivers.stream.append([outgoing(1, 'a-key-of-an-agent')]);
    let lines = '';
    const log = createLog(
      { log: { level: 'info', format: 'json' }, timezone: 'UTC' },
      { destination: { write: (line) => (lines += line) } },
    );
    await new Promise<void>((resolve, reject) => {
      void drivers.stream.subscribe({
        topic: 'signals',
        group: 'detect',
        from: 'earliest',
        handler: async () => {
          log.info('in a batch');
          await drivers.store.get(['state/of-an-agent']);
          await drivers.checkpoint.commit({
            outputs: [],
            writes: [{ key: 'state/of-an-agent', value: 1 }],
            timers: { set: [], cancel: [], done: [] },
          });
          resolve();
        },
        onError: reject,
      });
    });
    log.info('outside');
    await new Promise((resolve) => setTimeout(resolve, 20));
    await tracing.close();
    await fixture.remove();
    const sent = bodies.join('');
    for (const part of [
      'stepdown-detect',
      'process signals',
      'store get',
      'checkpoint',
      'messaging.consumer.group.name',
    ])
      expect(sent).toContain(part);
    expect(sent).not.toContain('of-an-agent');
    expect(sent).not.toContain('append');
    const [inBatch, outside] = lines
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(inBatch?.['traceId']).toMatch(/^[0-9a-f]{32}$/);
    expect(inBatch?.['instance']).toContain(String(process.pid));
    expect(outside).not.toHaveProperty('traceId');
  });

  it('go on from a caller’s trace, and name what failed by its code', async () => {
    const { url, bodies } = await collector();
    const tracing = await openTracing(configured(url), 'gateway');
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    await expect(
      tracing.span({ name: 'GET /v1/agents/:id', kind: 'server', headers: { traceparent } }, async () =>
        Promise.reject(new StepdownError('not-found', 'no agent called mallory')),
      ),
    ).rejects.toMatchObject({ code: 'not-found' });
    await tracing.close();
    const sent = bodies.join('');
    expect(sent).toContain(Buffer.from('0af7651916cd43dd8448eb211c80319c', 'hex').toString('latin1'));
    expect(sent).toContain('not-found');
    expect(sent).not.toContain('mallory');
  });

  it('are none without an endpoint, and never hold up a stop where nobody takes them', async () => {
    expect(await openTracing(loadConfig({ env: {} }), 'up')).toBe(NO_TRACING);
    const fixture = await openFixture();
    expect(tracedDrivers(fixture.drivers, NO_TRACING)).toBe(fixture.drivers);
    await fixture.remove();
    const away = await openTracing(configured('http://127.0.0.1:9/v1/traces'), 'up');
    expect(await away.span({ name: 'work' }, async () => 7)).toBe(7);
    const begunAt = Date.now();
    await away.close();
    expect(Date.now() - begunAt).toBeLessThan(4_000);
  });

  it('are not sent to the engine’s own receiver', () => {
    expect(() => configured('http://localhost:4318/v1/traces')).toThrow(ConfigError);
  });
});

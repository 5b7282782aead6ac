import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LOCAL_OPERATOR } from '../../services/gateway/principals.js';
import { asks, Rig } from './rig.js';

let rig: Rig;
beforeAll(async () => {
  rig = await Rig.start();
});
afterAll(() => rig.end());

const RUNS = Number(process.env.STEPDOWN_FUZZ_RUNS ?? 200);

const ROUTES = [
  ['POST', '/access/v1/evaluation'],
  ['POST', '/access/v1/evaluations'],
  ['POST', '/v1/events?wait=false'],
  ['POST', '/v1/contractions'],
  ['POST', '/v1/contractions/x/lift'],
  ['POST', '/v1/incidents/x/close'],
  ['POST', '/v1/approvals/x/approve'],
  ['POST', '/v1/principals'],
  ['GET', '/v1/contractions'],
  ['GET', '/v1/decisions'],
  ['GET', '/v1/risk'],
  ['DELETE', '/v1/principals/x'],
] as const;

const LENIENT = {
  type: fc.string(),
  id: fc.string(),
  name: fc.string(),
  properties: fc.jsonValue(),
  control: fc.constantFrom('tool.block', 'rate.limit', 'x'),
};
/** Near misses: right shapes with one thing replaced, and JSON of any shape. */
const body = fc.oneof(
  fc.jsonValue(),
  fc
    .tuple(fc.constantFrom('subject', 'action', 'resource', 'context'), fc.jsonValue())
    .map(([key, value]) => ({ ...asks('t'), [key]: value })),
  fc
    .tuple(
      fc.constantFrom(
        'agent',
        'session',
        'kind',
        'text',
        'timeMs',
        'tool',
        'trace',
        'id',
        'arguments',
        'tenant',
        'schemaVersion',
      ),
      fc.jsonValue(),
    )
    .map(([key, value]) => ({ kind: 'tool.result', agent: { id: 'a' }, tool: 't', text: 'x', [key]: value })),
  fc.array(fc.record(LENIENT, { requiredKeys: [] }), { maxLength: 5 }),
  fc.record(
    {
      target: fc.record(LENIENT, { requiredKeys: [] }),
      controls: fc.array(fc.record(LENIENT, { requiredKeys: [] })),
      forMs: fc.double(),
      reason: fc.string(),
    },
    { requiredKeys: [] },
  ),
);

describe('any input', () => {
  it('is answered: never a crash, never a 500, and a problem says its code', async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...ROUTES), body, fc.boolean(), async ([method, path], value, asText) => {
        const text = JSON.stringify(value) ?? '';
        const answer = await rig.gateway.handle({
          method,
          path,
          principal: LOCAL_OPERATOR,
          headers: { 'content-type': 'application/json' },
          ...(method === 'POST' ? { body: asText ? text.slice(0, Math.floor(text.length / 2)) : text } : {}),
        });
        expect(answer.status).toBeLessThan(500);
        const parsed = JSON.parse(answer.body) as { code?: string; status?: number };
        if (answer.status >= 400 && answer.status !== 422)
          expect(parsed).toMatchObject({ code: expect.any(String), status: answer.status });
      }),
      { numRuns: RUNS },
    );
  }, 120_000);

  it('of bytes, paths, queries and headers is answered too', async () => {
    const bytes = fc.uint8Array({ maxLength: 200 });
    const path = fc.oneof(
      fc.webPath(),
      fc.string().map((text) => `/v1/${text}`),
      fc.webQueryParameters().map((query) => `/v1/incidents?${query}`),
      fc.constantFrom(
        '',
        '/',
        '//',
        '/%',
        '/v1/%ff/',
        '/v1/incidents?cursor=%%%&limit=-1',
        '/__proto__',
        '/v1/agents/..%2f..%2fx',
      ),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('GET', 'POST', 'DELETE', 'PUT', 'TRACE', 'constructor'),
        path,
        bytes,
        fc.string(),
        async (method, where, raw, odd) => {
          const answer = await rig.gateway.handle({
            method,
            path: where,
            principal: LOCAL_OPERATOR,
            headers: { 'content-type': odd, 'x-request-id': odd, 'idempotency-key': odd },
            body: raw,
          });
          expect(answer.status).toBeLessThan(500);
          expect(answer.status).toBeGreaterThanOrEqual(200);
        },
      ),
      { numRuns: RUNS },
    );
  }, 120_000);

  it('leaves the engine as it was', async () => {
    expect((await rig.call('GET', '/v1/health')).body).toMatchObject({ status: 'ready', recordsLost: 0 });
  });
});

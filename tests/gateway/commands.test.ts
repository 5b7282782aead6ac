import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SignalOf } from '../../schemas/signal.js';
import { contraction, Rig } from './rig.js';

let rig: Rig;
const commands: SignalOf<'command'>[] = [];
beforeAll(async () => {
  rig = await Rig.start({
    onCommand: (signal) => {
      commands.push(signal);
      const { command } = signal;
      if (signal.reason === 'refuse me') return { records: [], outcome: { ok: false, message: 'over the limit' } };
      if (command.do === 'contain')
        return {
          records: [
            {
              kind: 'contraction',
              contraction: contraction(command.controls, { id: command.contractionId, target: command.target }),
            },
          ],
          outcome: { ok: true, message: 'contained' },
        };
      if (command.do === 'pause' || command.do === 'resume')
        return {
          records: [{ kind: 'paused', tenant: 'default', paused: command.do === 'pause', atMs: 1, by: signal.by }],
          outcome: { ok: true, message: command.do },
        };
      return { records: [], outcome: { ok: true, message: 'done' } };
    },
  });
});
afterAll(() => rig.end());

const contain = (change: Record<string, unknown> = {}) => ({
  target: { type: 'agent', id: 'mailer' },
  controls: [{ control: 'tool.block', tools: ['send_*'] }],
  forMs: 3_600_000,
  reason: 'suspicious',
  ...change,
});

describe('commands', () => {
  it('contain in one step, in force when the answer comes', async () => {
    const { status, body } = await rig.call<{ id: string; controls: unknown[] }>('POST', '/v1/contractions', contain());
    expect(status).toBe(201);
    expect(rig.gateway.decisionPoint.contractions.get(body.id)?.contraction.target).toEqual({
      tenant: 'default',
      type: 'agent',
      id: 'mailer',
    });
    expect(commands.at(-1)).toMatchObject({
      by: 'first admin',
      reason: 'suspicious',
      command: { do: 'contain', forMs: 3_600_000 },
    });
  });

  it('are the same command when they are sent again under the same key', async () => {
    const headers = { 'idempotency-key': 'k1' };
    const first = await rig.call<{ id: string }>('POST', '/v1/contractions', contain(), { headers });
    const again = await rig.call<{ id: string }>('POST', '/v1/contractions', contain(), { headers });
    expect(again.body.id).toBe(first.body.id);
    expect(commands.at(-1)?.id).toBe(commands.at(-2)?.id);
    const other = await rig.call<{ id: string }>('POST', '/v1/contractions', contain());
    expect(other.body.id).not.toBe(first.body.id);
  });

  it('lift and extend what there is', async () => {
    const known = contraction([{ control: 'tool.block' }]);
    await rig.contract(known);
    expect((await rig.call('POST', `/v1/contractions/${known.id}/extend`, { byMs: 60_000, reason: 'r' })).status).toBe(
      200,
    );
    expect(commands.at(-1)?.command).toEqual({ do: 'extend', contractionId: known.id, byMs: 60_000 });
    expect(
      (await rig.call('POST', `/v1/contractions/${known.id}/lift`, { reason: 'r', suppressMs: 1000 })).status,
    ).toBe(200);
    expect(commands.at(-1)?.command).toEqual({ do: 'lift', contractionId: known.id, suppressMs: 1000 });
    expect((await rig.call('POST', '/v1/contractions/none/lift', { reason: 'r' })).status).toBe(404);
  });

  it('close incidents', async () => {
    await rig.drivers.store.write([
      {
        key: 'incident/default/i1',
        value: { id: 'i1', tenant: 'default', status: 'new', updatedAtMs: 1, entities: [], severity: 'high' },
      },
    ]);
    expect((await rig.call('POST', '/v1/incidents/i1/close', { verdict: 'false', reason: 'test' })).status).toBe(200);
    expect(commands.at(-1)?.command).toEqual({ do: 'close-incident', incidentId: 'i1', verdict: 'false' });
    expect((await rig.call('POST', '/v1/incidents/i1/close', { verdict: 'maybe', reason: 'test' })).body).toMatchObject(
      { pointer: '/verdict' },
    );
  });

  it('pause and resume', async () => {
    expect((await rig.call('POST', '/v1/pause', { reason: 'fire drill' })).body).toEqual({ paused: true });
    expect(rig.gateway.decisionPoint.paused).toMatchObject({ by: 'first admin' });
    expect((await rig.call('POST', '/v1/resume', { reason: 'over' })).body).toEqual({ paused: false });
    expect(rig.gateway.decisionPoint.paused).toBeUndefined();
  });

  it('say what response refused', async () => {
    const { status, body } = await rig.call('POST', '/v1/contractions', contain({ reason: 'refuse me' }));
    expect(status).toBe(409);
    expect(body).toMatchObject({ code: 'conflict', detail: 'over the limit' });
  });

  it.each([
    [contain({ controls: [] }), '/controls'],
    [contain({ controls: [{ control: 'tool.explode' }] }), '/controls/0/control'],
    [contain({ controls: [{ control: 'tool.block', tools: 'x' }] }), '/controls/0/tools'],
    [contain({ target: { type: 'planet', id: 'x' } }), '/target/type'],
    [contain({ forMs: -1 }), '/forMs'],
    [contain({ reason: '' }), '/reason'],
    [contain({ extra: 1 }), '/extra'],
  ])('name the place of what is wrong: %j', async (body, pointer) => {
    expect((await rig.call('POST', '/v1/contractions', body)).body).toMatchObject({ code: 'input-malformed', pointer });
  });

  it('are not taken where nothing runs', async () => {
    const { gateway } = rig;
    await rig.close();
    const answer = await gateway.handle({
      method: 'POST',
      path: '/v1/pause',
      headers: { authorization: `Bearer ${rig.token()}`, 'content-type': 'application/json' },
      body: '{"reason":"x"}',
    });
    expect(answer.status).toBe(503);
    expect(JSON.parse(answer.body)).toMatchObject({ code: 'not-running' });
    await rig.open();
  });
});

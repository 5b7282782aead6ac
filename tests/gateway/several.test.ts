/** Several gateways over one store: what one is told, the others act on. */
import { afterEach, expect, it } from 'vitest';
import type { Approval } from '../../schemas/approval.js';
import { createGateway, type Gateway } from '../../services/gateway/service.js';
import { silentLog } from '../../services/runtime/log.js';
import { asks, contraction, type Evaluated, Rig } from './rig.js';

let rig: Rig | undefined;
let second: Gateway | undefined;
afterEach(async () => {
  await second?.stop();
  await rig?.end();
  [rig, second] = [undefined, undefined];
});

type At = 'here' | 'there';

async function two(...controls: Parameters<typeof contraction>[0]) {
  const first = (rig = await Rig.start({ gateway: { shared: true, point: 'here' } }));
  await first.contract(contraction(controls, { id: 'hold' }));
  await first.knows('hold', 1);
  const { config, clock } = first;
  const other = createGateway({
    config,
    drivers: first.drivers,
    log: silentLog(),
    clock,
    shared: true,
    point: 'there',
  });
  second = other;
  await other.start();
  const post = async <T>(at: At, path: string, body: unknown, token: string): Promise<{ status: number; body: T }> => {
    const base = at === 'here' ? first.url : (other.address()?.url ?? '');
    const answer = await fetch(`${base}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify(body),
    });
    return { status: answer.status, body: (await answer.json()) as T };
  };
  const ask = async (at: At, toolCallId = 'c1') =>
    (
      await post<Evaluated>(
        at,
        '/access/v1/evaluation',
        asks('send_mail', { toolCallId, arguments: { to: 'ann' } }),
        first.token('agent-token'),
      )
    ).body.context;
  const answer = async (at: At, id: string, what: 'approve' | 'deny', token = first.token()) =>
    post<Approval>(at, `/v1/approvals/${id}/${what}`, { reason: 'looked at it' }, token);
  /** Its request is in the store a moment after its answer went out. */
  const stored = async (id: string): Promise<void> => {
    await expect
      .poll(async () => (await first.call<Approval>('GET', `/v1/approvals/${id}`)).status, { interval: 5 })
      .toBe(200);
    await expect
      .poll(async () => (await first.drivers.store.get([`approval/default/${id}`]))[0] !== undefined, { interval: 5 })
      .toBe(true);
  };
  return { first, other, ask, answer, stored };
}

const HOLD = {
  control: 'tool.requireApproval',
  effects: ['send'],
  timeoutMs: 60_000,
  otherwise: 'block',
} as const;

it('an answer given at one gateway releases the call that waits at another, once', async () => {
  const { ask, answer, stored } = await two({ ...HOLD, effects: ['send'] });
  const waiting = await ask('here');
  expect(waiting.verdict).toBe('needs_approval');
  const id = waiting.approval?.id ?? '';
  await stored(id);
  // Asked there, it is the same request.
  await expect.poll(async () => (await ask('there')).approval?.id, { interval: 5 }).toBe(id);
  expect((await answer('there', id, 'approve')).body.state).toBe('approved');
  await expect.poll(async () => (await ask('here')).verdict, { interval: 5 }).toBe('allow');
  for (const at of ['there', 'here'] as const) expect((await ask(at)).verdict).toBe('needs_approval');
});

it('a leave is taken up once, also where it is asked for at both in one moment', async () => {
  const { ask, answer, stored } = await two({ ...HOLD, effects: ['send'] });
  for (let round = 0; round < 5; round++) {
    const id = (await ask('here')).approval?.id ?? '';
    await stored(id);
    await answer('here', id, 'approve');
    const verdicts = (await Promise.all([ask('here'), ask('there'), ask('here'), ask('there')])).map(
      ({ verdict }) => verdict,
    );
    expect(verdicts.filter((verdict) => verdict === 'allow')).toHaveLength(1);
    // What asked again in that moment asked anew; the next round begins with nothing open.
    for (const at of ['here', 'there'] as const) {
      const open = (await ask(at)).approval?.id;
      if (open === undefined) continue;
      await stored(open);
      await answer(at, open, 'approve');
      await expect.poll(async () => (await ask(at)).verdict, { interval: 5 }).toBe('allow');
    }
  }
});

it('two groups that agree at two gateways in one moment have both agreed; a refusal there holds here', async () => {
  const { first, other, ask, answer, stored } = await two(
    { ...HOLD, effects: ['send'], by: 'owner' },
    { ...HOLD, effects: ['send'], by: 'soc' },
  );
  const token = async (name: string, standing: Record<string, unknown>): Promise<string> =>
    (await first.call<{ token: string }>('POST', '/v1/principals', { name, role: 'responder', ...standing })).body
      .token;
  const [ann, sam] = [await token('ann', { owns: ['ma*'] }), await token('sam', { soc: true })];
  // Who may sign in is looked at once a second.
  const id = (await ask('here')).approval?.id ?? '';
  await stored(id);
  await expect
    .poll(
      async () =>
        (
          await fetch(`${other.address()?.url ?? ''}/v1/approvals/${id}`, {
            headers: { authorization: `Bearer ${sam}` },
          })
        ).status,
      { timeout: 5_000, interval: 20 },
    )
    .toBe(200);
  const answers = await Promise.all([answer('here', id, 'approve', ann), answer('there', id, 'approve', sam)]);
  expect(answers.map(({ status }) => status)).toEqual([200, 200]);
  await expect
    .poll(async () => (await first.call<Approval>('GET', `/v1/approvals/${id}`)).body, { interval: 5 })
    .toMatchObject({ state: 'approved', consents: [{}, {}] });
  const next = (await ask('here', 'c2')).approval?.id;
  if (next !== undefined) {
    await stored(next);
    expect((await answer('there', next, 'deny', sam)).body.state).toBe('denied');
    await expect.poll(async () => (await ask('here', 'c2')).verdict, { interval: 5 }).toBe('block');
    expect((await answer('here', next, 'approve', ann)).status).toBe(409);
  }
  expect(next).toBeDefined();
});

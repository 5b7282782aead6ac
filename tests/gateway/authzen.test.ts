import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asks, contraction, type Evaluated, Rig } from './rig.js';

let rig: Rig;
beforeAll(async () => {
  rig = await Rig.start();
});
afterAll(() => rig.end());

const evaluate = (body: unknown) =>
  rig.call<Evaluated>('POST', '/access/v1/evaluation', body, { token: rig.token('agent-token') });

describe('one evaluation', () => {
  it('allows where nothing is wrong, and says what was not checked', async () => {
    const { status, body } = await evaluate(asks('read_file'));
    expect(status).toBe(200);
    expect(body.decision).toBe(true);
    expect(body.context.verdict).toBe('allow');
    expect(body.context.effects).toEqual(['read']);
    expect(body.context.notChecked).toContainEqual({ check: 'analysis', reason: 'this decision point has none' });
  });

  it('blocks what a contraction blocks, with a refusal the agent can read, and only for its target', async () => {
    const blocking = contraction([{ control: 'tool.block', tools: ['send_*'] }]);
    await rig.contract(blocking);
    await rig.knows(blocking.id, 1);
    const { body } = await evaluate(asks('send_money'));
    expect(body.decision).toBe(false);
    expect(body.context.verdict).toBe('block');
    expect(body.context.contractions).toEqual([blocking.id]);
    expect(body.context.findings).toEqual(['finding-1']);
    expect(body.context.refusal).toContain('send_money');
    expect((await evaluate(asks('read_file'))).body.decision).toBe(true);
    expect((await evaluate(asks('send_money', { session: 'other' }))).body.decision).toBe(true);
    await rig.contract({ ...blocking, version: 2, state: 'ended', endReason: 'lifted' });
    await rig.knows(blocking.id, 0);
    expect((await evaluate(asks('send_money'))).body.decision).toBe(true);
  });

  it('says what an observed contraction would have done, and does not do it', async () => {
    const observed = contraction([{ control: 'tool.block' }], {
      mode: 'observe',
      target: { tenant: 'default', type: 'agent', id: 'watched' },
    });
    await rig.contract(observed);
    await rig.knows(observed.id, 1);
    const { body } = await evaluate(asks('send_money', { agent: 'watched' }));
    expect(body.decision).toBe(true);
    expect(body.context.wouldBe).toEqual({ verdict: 'block', contractions: [observed.id] });
  });

  it('counts calls against a limit', async () => {
    const limited = contraction([{ control: 'rate.limit', calls: 2, perMs: 60_000 }], {
      target: { tenant: 'default', type: 'agent', id: 'busy' },
    });
    await rig.contract(limited);
    await rig.knows(limited.id, 1);
    const verdicts: boolean[] = [];
    for (let at = 0; at < 4; at += 1)
      verdicts.push((await evaluate(asks('read_file', { agent: 'busy' }))).body.decision);
    expect(verdicts).toEqual([true, true, false, false]);
  });

  it.each([
    ['model', 'gpt-5', { control: 'model.deny', models: ['gpt-*'] }],
    ['tool', 'anything', { control: 'session.suspend' }],
    ['dataset', 'hr', { control: 'agent.disable' }],
    ['agent', 'peer', { control: 'agent.disable' }],
  ] as const)('knows resources of type %s', async (type, id, control) => {
    const blocking = contraction([control as never], {
      target: { tenant: 'default', type: 'agent', id: `for-${type}` },
    });
    await rig.contract(blocking);
    await rig.knows(blocking.id, 1);
    const question = { ...asks(id, { agent: `for-${type}` }), resource: { type, id } };
    expect((await evaluate(question)).body.decision).toBe(false);
  });

  it('takes a user as subject who acts through an agent', async () => {
    const forUser = contraction([{ control: 'tool.block' }], {
      target: { tenant: 'default', type: 'user', id: 'ann' },
    });
    await rig.contract(forUser);
    await rig.knows(forUser.id, 1);
    const question = asks('send_money', { session: 'users', context: { agent: 'mailer' } });
    expect((await evaluate({ ...question, subject: { type: 'user', id: 'ann' } })).body.decision).toBe(false);
    expect((await evaluate({ ...question, subject: { type: 'user', id: 'bob' } })).body.decision).toBe(true);
  });

  it.each([
    [{ context: { session: 'suspended-1' } }],
    [{ context: { conversation: 'suspended-1', session: 'other' } }],
  ])('knows the conversation by either word: %j', async (change) => {
    const suspended = contraction([{ control: 'session.suspend' }], {
      target: { tenant: 'default', type: 'session', id: 'suspended-1' },
    });
    await rig.contract(suspended);
    await rig.knows(suspended.id, 1);
    const { body } = await evaluate({ ...asks('read_file'), ...change });
    expect(body.context.contractions).toContain(suspended.id);
  });

  it.each([
    ['context', { context: { conversation: 'args', arguments: { url: 'https://evil.example/x' } } }],
    ['action', { action: { name: 'call', properties: { arguments: { url: 'https://evil.example/x' } } } }],
    [
      'resource',
      { resource: { type: 'tool', id: 'get', properties: { arguments: { url: 'https://evil.example/x' } } } },
    ],
  ])('finds the arguments in the %s', async (_where, change) => {
    const narrow = contraction([{ control: 'egress.allow', domains: ['contoso.example'] }], {
      target: { tenant: 'default', type: 'agent', id: 'narrow' },
    });
    await rig.contract(narrow);
    await rig.knows(narrow.id, 1);
    const { body } = await evaluate({ ...asks('get', { agent: 'narrow', session: 'args' }), ...change });
    expect(body.context.reason.code).toBe('egress');
  });

  it('gives the request id back', async () => {
    const { headers } = await rig.call('POST', '/access/v1/evaluation', asks('read_file'), {
      headers: { 'x-request-id': 'bfe9eb29-ab87' },
    });
    expect(headers.get('x-request-id')).toBe('bfe9eb29-ab87');
  });

  it.each([
    [{}, '/subject'],
    [{ ...asks('t'), subject: { type: 'robot', id: 'x' } }, '/subject/type'],
    [{ ...asks('t'), subject: { type: 'user', id: 'x' } }, '/context/agent'],
    [{ ...asks('t'), resource: { type: 'door', id: 'x' } }, '/resource/type'],
    [{ ...asks('t'), resource: { type: 'tool', id: '' } }, '/resource/id'],
    [asks('t', { context: { trace: { traceId: 'short' } } }), '/context/trace/traceId'],
    [asks('t', { properties: { effects: ['explode'] } }), '/resource/properties/effects/0'],
    [asks('t', { context: { toolCallId: 7 } }), '/context/toolCallId'],
    [asks('t', { context: { arguments: JSON.parse(`${'['.repeat(500)}${']'.repeat(500)}`) as unknown } }), ''],
  ])('names the place of what is wrong: %j', async (body, pointer) => {
    const answer = await rig.call('POST', '/access/v1/evaluation', body);
    expect(answer.status).toBe(400);
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    expect(answer.body).toMatchObject({ code: 'input-malformed', status: 400, pointer });
  });
});

describe('telemetry and audit', () => {
  it('records every evaluated tool call once, and every decision', async () => {
    await evaluate(asks('list_files', { toolCallId: 'call-1', session: 'audited', arguments: { path: '/' } }));
    await evaluate(asks('list_files', { toolCallId: 'call-1', session: 'audited', arguments: { path: '/' } }));
    await evaluate(asks('list_files', { toolCallId: 'call-2', session: 'audited', arguments: { path: '/' } }));
    await expect
      .poll(async () => (await rig.topic('decisions')).filter((decision) => decision.sessionId === 'audited').length)
      .toBe(3);
    const calls = (await rig.topic('telemetry')).filter((event) => (event.session as { id: string }).id === 'audited');
    expect(new Set(calls.map((event) => event.id)).size).toBe(2);
    expect(calls[0]).toMatchObject({
      kind: 'tool.call',
      tool: 'list_files',
      toolCallId: 'call-1',
      arguments: { path: '/' },
      source: { dialect: 'inline' },
      trust: 'claimed',
      decision: { verdict: 'allow', contractions: [] },
    });
  });
});

describe('several evaluations', () => {
  const many = (semantic: string | undefined, ...tools: string[]) =>
    rig.call<{ evaluations: Evaluated[] }>('POST', '/access/v1/evaluations', {
      subject: { type: 'agent', id: 'batcher' },
      action: { name: 'call' },
      context: { conversation: 'batch' },
      evaluations: tools.map((id) => ({ resource: { type: 'tool', id } })),
      ...(semantic === undefined ? {} : { options: { evaluations_semantic: semantic } }),
    });

  beforeAll(async () => {
    const blocking = contraction([{ control: 'tool.block', tools: ['bad*'] }], {
      target: { tenant: 'default', type: 'agent', id: 'batcher' },
    });
    await rig.contract(blocking);
    await rig.knows(blocking.id, 1);
  });

  it.each([
    [undefined, [true, false, true]],
    ['execute_all', [true, false, true]],
    ['deny_on_first_deny', [true, false]],
    ['permit_on_first_permit', [true]],
  ])('%s', async (semantic, expected) => {
    const { body } = await many(semantic, 'good', 'bad', 'good');
    expect(body.evaluations.map(({ decision }) => decision)).toEqual(expected);
  });

  it('answers a member that cannot be evaluated with a denial and its error, and the others all the same', async () => {
    const { body } = await rig.call<{ evaluations: Evaluated[] }>('POST', '/access/v1/evaluations', {
      ...asks('good', { agent: 'batcher' }),
      evaluations: [{}, { resource: { type: 'door', id: 'x' } }, {}],
    });
    expect(body.evaluations.map(({ decision }) => decision)).toEqual([true, false, true]);
    expect(body.evaluations[1]?.context.error).toMatchObject({ status: 400, pointer: '/evaluations/1/resource/type' });
  });

  it('is one evaluation without members', async () => {
    const { body } = await rig.call<Evaluated>('POST', '/access/v1/evaluations', asks('bad', { agent: 'batcher' }));
    expect(body.decision).toBe(false);
  });

  it('refuses a semantic it does not know', async () => {
    expect((await many('first_come', 'good')).body).toMatchObject({
      code: 'input-malformed',
      pointer: '/options/evaluations_semantic',
    });
  });
});

describe('metadata', () => {
  it('is published only where an https address is set', async () => {
    expect((await rig.call('GET', '/.well-known/authzen-configuration', undefined, { token: null })).status).toBe(404);
    const published = await Rig.start({ config: { publicUrl: 'https://stepdown.contoso.example' } });
    try {
      const { status, body } = await published.call('GET', '/.well-known/authzen-configuration', undefined, {
        token: null,
      });
      expect(status).toBe(200);
      expect(body).toEqual({
        policy_decision_point: 'https://stepdown.contoso.example',
        access_evaluation_endpoint: 'https://stepdown.contoso.example/access/v1/evaluation',
        access_evaluations_endpoint: 'https://stepdown.contoso.example/access/v1/evaluations',
      });
    } finally {
      await published.end();
    }
  });
});

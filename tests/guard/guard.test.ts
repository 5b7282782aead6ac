import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { guard, GuardRefusal, isRefusal, type Notice } from '../../services/guard/index.js';
import { contraction, Rig } from '../gateway/rig.js';

let rig: Rig | undefined;
let server: Server | undefined;
afterEach(async () => {
  await rig?.end();
  rig = undefined;
  server?.closeAllConnections();
  await new Promise<void>((resolve) => (server === undefined ? resolve() : server.close(() => resolve())));
  server = undefined;
});

const protect = (of: Rig, more: Record<string, unknown> = {}) =>
  guard({ agent: 'mailer', url: of.url, token: of.token('agent-token'), ...more });

/** A server that does as the test says, for what a real engine would do only when it is ill. */
async function ill(
  answer: (
    path: string,
    attempt: number,
  ) => { status: number; body?: unknown; headers?: Record<string, string> } | 'reset' | 'silence',
): Promise<string> {
  let attempt = 0;
  server = createServer((request, response) => {
    attempt += 1;
    request.resume();
    const what = answer(request.url ?? '', attempt);
    if (what === 'silence') return;
    if (what === 'reset') {
      request.socket.destroy();
      return;
    }
    response.writeHead(what.status, { 'content-type': 'application/json', ...what.headers });
    response.end(what.body === undefined ? '' : JSON.stringify(what.body));
  });
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('a wrapped function', () => {
  it('runs, and its call and result are told as one call', async () => {
    rig = await Rig.start();
    const add = protect(rig)
      .session('s1', { user: 'ann' })
      .wrap('add', (input: { a: number; b: number }) => input.a + input.b);
    expect(await add({ a: 1, b: 2 })).toBe(3);
    const events = await rig.topic('telemetry');
    expect(events.map(({ kind }) => kind)).toEqual(['tool.call', 'tool.result']);
    expect(events[0]).toMatchObject({
      tool: 'add',
      arguments: { a: 1, b: 2 },
      session: { id: 's1' },
      user: { id: 'ann' },
    });
    expect(events[1]).toMatchObject({ tool: 'add', text: '3', toolCallId: events[0]?.toolCallId });
  });

  it('throws a refusal where it is blocked, and does not run', async () => {
    rig = await Rig.start();
    const blocking = contraction([{ control: 'tool.block', tools: ['send_*'] }]);
    await rig.contract(blocking);
    await rig.knows(blocking.id, 1);
    let ran = 0;
    const send = protect(rig)
      .session('s1')
      .wrap('send_mail', () => (ran += 1));
    const error = await send().catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(GuardRefusal);
    expect((error as GuardRefusal).refusal).toMatchObject({ stepdown: 'blocked' });
    expect((error as Error).message).toContain('send_mail');
    expect(ran).toBe(0);
  });

  it('passes its own errors on, and they are told', async () => {
    rig = await Rig.start();
    const fails = protect(rig)
      .session('s1')
      .wrap('fails', () => {
        throw new RangeError('too far');
      });
    await expect(fails()).rejects.toThrow(RangeError);
    expect((await rig.topic('telemetry')).at(-1)).toMatchObject({
      kind: 'tool.result',
      errorType: 'RangeError',
      text: 'too far',
    });
  });

  it('waits for a person and then runs', async () => {
    rig = await Rig.start();
    const hold = contraction([{ control: 'tool.requireApproval', timeoutMs: 60_000, otherwise: 'block' }]);
    await rig.contract(hold);
    await rig.knows(hold.id, 1);
    const running = protect(rig)
      .session('s1')
      .wrap('send_mail', () => 'sent')();
    await expect.poll(() => rig?.gateway.decisionPoint.approvals.size).toBe(1);
    const { items } = (await rig.call<{ items: { id: string }[] }>('GET', '/v1/approvals')).body;
    await rig.call('POST', `/v1/approvals/${items[0]?.id ?? ''}/approve`, { reason: 'ok' });
    expect(await running).toBe('sent');
  });

  it('gives up waiting after its limit, or when it is aborted, with a refusal that says so', async () => {
    rig = await Rig.start();
    const hold = contraction([{ control: 'tool.requireApproval', timeoutMs: 60_000, otherwise: 'block' }]);
    await rig.contract(hold);
    await rig.knows(hold.id, 1);
    const session = protect(rig, { approvalWaitMs: 0 }).session('s1');
    const first = await session.call('send_mail', {}, () => 'sent');
    expect(first).toMatchObject({
      kind: 'refused',
      refusal: { stepdown: 'approval-pending', approvalId: expect.any(String) },
    });
    const abort = new AbortController();
    setTimeout(() => abort.abort(), 50);
    const began = performance.now();
    const second = await protect(rig)
      .session('s1')
      .call('send_mail', { to: 'b' }, () => 'sent', { signal: abort.signal });
    expect(second.kind).toBe('refused');
    expect(performance.now() - began).toBeLessThan(900);
  });

  it('gives what may be seen of a result', async () => {
    rig = await Rig.start({
      onEvent: (event) =>
        event.kind === 'tool.result'
          ? [{ kind: 'contraction', contraction: contraction([{ control: 'data.mask', what: ['pii'] }], { id: 'm' }) }]
          : [],
    });
    const session = protect(rig).session('s1');
    expect(await session.call('read', {}, () => ({ from: 'ann@contoso.example', n: 1 }))).toEqual({
      kind: 'masked',
      value: { from: '[removed: e-mail address]', n: 1 },
    });
    expect(await session.call('read', {}, () => 'write to ann@contoso.example')).toEqual({
      kind: 'masked',
      value: 'write to [removed: e-mail address]',
    });
  });

  it('withholds a result that may not be seen', async () => {
    rig = await Rig.start({
      onEvent: (event) =>
        event.kind === 'tool.result'
          ? [{ kind: 'contraction', contraction: contraction([{ control: 'session.suspend' }], { id: 'm' }) }]
          : [],
    });
    expect(
      await protect(rig)
        .session('s1')
        .call('read', {}, () => 'secret'),
    ).toMatchObject({ kind: 'refused', refusal: { stepdown: 'withheld' } });
  });

  it('belongs to the conversation it runs in', async () => {
    rig = await Rig.start();
    const protection = protect(rig);
    const wrapped = protection.wrap('add', () => 1);
    await Promise.all([
      protection.run('left', () => wrapped()),
      protection.run('right', async () => wrapped(), { user: 'ann' }),
    ]);
    const calls = (await rig.topic('telemetry')).filter(({ kind }) => kind === 'tool.call');
    expect(
      calls
        .map(({ session, user }) => [(session as { id: string }).id, (user as { id: string } | undefined)?.id])
        .sort(),
    ).toEqual([
      ['left', undefined],
      ['right', 'ann'],
    ]);
  });
});

describe('an engine that does not answer', () => {
  // No port that the system gives out, and none of those that fetch refuses to use.
  const closed = 'http://127.0.0.1:2';

  it('lets reads run and stops all else, unknown tools too', async () => {
    const notices: Notice[] = [];
    const session = guard({
      agent: 'a',
      url: closed,
      token: 't',
      effects: { look: ['read'] },
      onNotice: (notice) => notices.push(notice),
    }).session('s');
    expect(await session.call('look', {}, () => 'seen')).toEqual({ kind: 'done', value: 'seen' });
    expect(await session.call('send', {}, () => 'sent', { effects: ['send'] })).toMatchObject({
      kind: 'refused',
      refusal: { stepdown: 'unreachable' },
    });
    expect(await session.call('get_things', {}, () => 'x')).toMatchObject({ kind: 'refused' });
    expect(notices.filter(({ kind }) => kind === 'unreachable')).toHaveLength(1);
  });

  it('is met as configured', async () => {
    const session = guard({
      agent: 'a',
      url: closed,
      token: 't',
      whenUnreachable: { reads: 'block', sideEffects: 'allow' },
      effects: { look: ['read'] },
    }).session('s');
    expect((await session.call('look', {}, () => 'seen')).kind).toBe('refused');
    expect((await session.call('send', {}, () => 'sent')).kind).toBe('done');
    const withholding = guard({
      agent: 'a',
      url: closed,
      token: 't',
      whenUnreachable: { results: 'withhold' },
      effects: { look: ['read'] },
    }).session('s');
    expect(await withholding.call('look', {}, () => 'seen')).toMatchObject({
      kind: 'refused',
      refusal: { stepdown: 'unreachable' },
    });
  });

  it('is told afterwards what ran meanwhile, and the guard remembers what the engine said of a tool', async () => {
    rig = await Rig.start();
    const protection = protect(rig, { timeoutMs: 300, resultTimeoutMs: 300 });
    const session = protection.session('s1');
    expect((await session.call('read_file', { path: 'a' }, () => 'a')).kind).toBe('done');
    const { port } = rig.gateway.address() ?? { port: 0 };
    await rig.close();
    expect((await session.call('read_file', { path: 'b' }, () => 'b')).kind).toBe('done');
    expect((await session.call('send_mail', {}, () => 'sent')).kind).toBe('refused');
    expect(protection.reports()).toEqual({ dropped: 0, waiting: 2 });
    const again = await Rig.start({ dataDir: rig.dataDir, config: { port } });
    rig = again;
    expect((await session.call('read_file', { path: 'c' }, () => 'c')).kind).toBe('done');
    await protection.close();
    expect(protection.reports()).toEqual({ dropped: 0, waiting: 0 });
    const calls = (await again.topic('telemetry')).filter(({ kind }) => kind === 'tool.call');
    expect(calls.map((call) => (call.arguments as { path: string }).path).sort()).toEqual(['a', 'b', 'c']);
  });

  it('loses the oldest reports beyond the buffer, and says how many', async () => {
    const notices: Notice[] = [];
    const protection = guard({
      agent: 'a',
      url: closed,
      token: 't',
      bufferSize: 4,
      effects: { look: ['read'] },
      onNotice: (notice) => notices.push(notice),
    });
    for (let at = 0; at < 5; at += 1) await protection.session('s').call('look', {}, () => 'seen');
    expect(protection.reports()).toEqual({ dropped: 6, waiting: 4 });
    expect(notices.at(-1)).toMatchObject({ kind: 'dropped', dropped: 6 });
    await protection.close(50);
  });

  it.each([
    ['is silent', () => 'silence' as const],
    ['breaks connections', () => 'reset' as const],
    ['fails', () => ({ status: 500 })],
    ['is full', () => ({ status: 503, headers: { 'retry-after': '60' } })],
    ['speaks nonsense', () => ({ status: 200, body: { hello: 'world' } })],
    ['answers without JSON', () => ({ status: 200 })],
    ['sends elsewhere', () => ({ status: 302, headers: { location: 'http://evil.example/' } })],
    ['does not know the token', () => ({ status: 401, body: { detail: 'no' } })],
  ])('is met within the time given: it %s', async (_what, answer) => {
    const url = await ill(answer);
    const session = guard({ agent: 'a', url, token: 't', timeoutMs: 200, resultTimeoutMs: 200 }).session('s');
    const began = performance.now();
    const outcome = await session.call('send', {}, () => 'sent');
    expect(outcome).toMatchObject({ kind: 'refused', refusal: { stepdown: 'unreachable' } });
    expect(performance.now() - began).toBeLessThan(600);
  });

  it('is asked again within the deadline where a connection breaks', async () => {
    const url = await ill((_path, attempt) =>
      attempt === 1 ? 'reset' : { status: 200, body: { decision: true, context: {} } },
    );
    expect(await guard({ agent: 'a', url, token: 't' }).session('s').ask({ kind: 'tool', name: 't' })).toEqual({
      allowed: true,
    });
  });

  it('cannot be crashed into by arguments, results or listeners that are ill', async () => {
    rig = await Rig.start();
    const session = protect(rig, {
      onNotice: () => {
        throw new Error('listener');
      },
    }).session('s1');
    const loop: Record<string, unknown> = {};
    loop.self = loop;
    expect((await session.call('t', loop, () => 1)).kind).toBe('refused');
    expect((await session.call('t', {}, () => loop)).kind).toBe('done');
    expect((await session.call('t', {}, () => undefined)).kind).toBe('done');
    expect((await session.call('t', {}, () => 10n)).kind).toBe('done');
    expect((await session.call('t', { n: 10n }, () => 1)).kind).toBe('refused');
  });
});

describe('what nobody listens to', () => {
  it('is said once as a warning of the process, and a missing token with the file it was looked for in', async () => {
    rig = await Rig.start();
    const said: Error[] = [];
    const hear = (warning: Error) => said.push(warning);
    process.on('warning', hear);
    try {
      vi.stubEnv('STEPDOWN_TOKEN_FILE', '/nowhere/agent-token');
      const session = guard({ agent: 'a', url: rig.url }).session('s');
      const first = await session.call('send', {}, () => 'sent');
      await session.call('send', {}, () => 'sent');
      await new Promise((resolve) => setImmediate(resolve));
      expect(first).toMatchObject({ refusal: { reason: expect.stringContaining('/nowhere/agent-token') as string } });
      expect(said.filter(({ name }) => name === 'StepdownGuardWarning').map(({ message }) => message)).toEqual([
        expect.stringContaining('/nowhere/agent-token'),
      ]);
    } finally {
      vi.unstubAllEnvs();
      process.off('warning', hear);
    }
  });
});

describe('refusals', () => {
  it('are told from other values', () => {
    expect(isRefusal({ stepdown: 'blocked', message: 'm', reason: 'r' })).toBe(true);
    for (const other of [null, undefined, 'blocked', {}, { stepdown: 'blocked' }]) expect(isRefusal(other)).toBe(false);
  });
});

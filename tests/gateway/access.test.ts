import { existsSync, readFileSync, statSync, unlinkSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { refusalOf } from '../../services/gateway/http/hygiene.js';
import { LOCAL_OPERATOR, may, speaksFor, tokenHash, trustOf } from '../../services/gateway/principals.js';
import type { Principal } from '../../schemas/principal.js';
import { asks, type Evaluated, Rig } from './rig.js';

let rig: Rig;
beforeAll(async () => {
  rig = await Rig.start({ config: { maxBody: '64KiB' } });
});
afterAll(() => rig.end());

const add = (role: string, agents?: string[]) =>
  rig.call<{ id: string; token: string }>('POST', '/v1/principals', {
    name: `a ${role}`,
    role,
    ...(agents === undefined ? {} : { agents }),
  });

describe('principals', () => {
  it('begin with an admin and one for agents, their tokens in files only the owner reads, hashed in the store', async () => {
    for (const file of ['token', 'agent-token']) {
      const path = join(rig.dataDir, file);
      expect(statSync(path).mode & 0o777).toBe(0o600);
      const token = readFileSync(path, 'utf8').trim();
      expect(token).toMatch(/^sd_[A-Za-z0-9_-]{43}$/);
      const stored = JSON.stringify(await rig.drivers.store.scan('principal/'));
      expect(stored).not.toContain(token);
      expect(stored).toContain(tokenHash(token));
    }
    expect(rig.gateway.tokenFiles).toHaveLength(2);
  });

  it('are made once: a later start neither makes new ones nor writes a token again that was taken away', async () => {
    const again = await Rig.start();
    try {
      const token = again.token();
      unlinkSync(join(again.dataDir, 'token'));
      await again.close();
      await again.open();
      expect(existsSync(join(again.dataDir, 'token'))).toBe(false);
      expect((await again.call('GET', '/v1/health', undefined, { token })).status).toBe(200);
    } finally {
      await again.end();
    }
  });

  it('take up the token of a start that crashed before it could store its hash', async () => {
    const again = await Rig.start();
    try {
      const token = again.token();
      for (const document of await again.drivers.store.scan('principal/'))
        await again.drivers.store.write([{ key: document.key, value: undefined }]);
      await again.close();
      await again.open();
      expect(again.token()).toBe(token);
      expect((await again.call('GET', '/v1/principals')).status).toBe(200);
    } finally {
      await again.end();
    }
  });

  const READS = [
    '/v1/health',
    '/v1/contractions',
    '/v1/incidents',
    '/v1/findings',
    '/v1/agents',
    '/v1/risk',
    '/v1/approvals',
    '/v1/decisions',
    '/v1/deadletter',
    '/v1/audit',
  ];
  it.each([
    ['viewer', { read: 200, respond: 403, administer: 403, decide: 403 }],
    ['responder', { read: 200, respond: 200, administer: 403, decide: 403 }],
    ['author', { read: 200, respond: 200, administer: 403, decide: 403 }],
    ['admin', { read: 200, respond: 200, administer: 200, decide: 200 }],
  ] as const)('%s', async (role, expected) => {
    const { token } = (await add(role)).body;
    for (const path of READS)
      expect((await rig.call('GET', path, undefined, { token })).status, path).toBe(expected.read);
    expect((await rig.call('POST', '/v1/pause', { reason: 'x' }, { token })).status).toBe(expected.respond);
    expect((await rig.call('GET', '/v1/principals', undefined, { token })).status).toBe(expected.administer);
    expect((await rig.call('POST', '/access/v1/evaluation', asks('t'), { token })).status).toBe(expected.decide);
  });

  it('of agents ask and report for their agents, and nothing else', async () => {
    const { token } = (await add('agent', ['mail*'])).body;
    expect((await rig.call('POST', '/access/v1/evaluation', asks('t', { agent: 'mailer' }), { token })).status).toBe(
      200,
    );
    const other = await rig.call('POST', '/access/v1/evaluation', asks('t', { agent: 'banker' }), { token });
    expect(other.status).toBe(403);
    expect(other.body).toMatchObject({ code: 'forbidden', pointer: '/subject/id' });
    const events = await rig.call<{ events: unknown[] }>(
      'POST',
      '/v1/events',
      [{ kind: 'prompt', agent: { id: 'banker' }, text: 'x' }],
      { token },
    );
    expect(events.status).toBe(422);
    expect(events.body.events[0]).toMatchObject({ status: 'refused', code: 'forbidden', pointer: '/agent/id' });
    for (const path of READS) expect((await rig.call('GET', path, undefined, { token })).status, path).toBe(403);
    expect((await rig.call('POST', '/v1/pause', { reason: 'x' }, { token })).status).toBe(403);
  });

  it('of named agents authenticate them; of any agent, or none, they do not', () => {
    const of = (role: Principal['role'], agents: string[]): Principal => ({ ...LOCAL_OPERATOR, role, agents });
    expect(trustOf(of('agent', ['mailer']), 'mailer')).toBe('authenticated');
    expect(trustOf(of('agent', ['mail*']), 'mailer')).toBe('authenticated');
    expect(trustOf(of('agent', ['*']), 'mailer')).toBe('claimed');
    expect(trustOf(of('agent', ['**', 'banker']), 'mailer')).toBe('claimed');
    expect(speaksFor(of('viewer', ['*']), 'mailer')).toBe(false);
    expect(may(of('agent', ['*']), 'read')).toBe(false);
  });

  it('can be revoked at once, but not the last admin', async () => {
    const { id, token } = (await add('viewer')).body;
    expect((await rig.call('GET', '/v1/health', undefined, { token })).status).toBe(200);
    expect((await rig.call('DELETE', `/v1/principals/${id}`)).status).toBe(200);
    expect((await rig.call('GET', '/v1/health', undefined, { token })).status).toBe(401);
    const lone = await Rig.start();
    try {
      const { items } = (await lone.call<{ items: { id: string; role: string }[] }>('GET', '/v1/principals')).body;
      expect(JSON.stringify(items)).not.toContain('tokenHash');
      const admin = items.find(({ role }) => role === 'admin')?.id ?? '';
      expect((await lone.call('DELETE', `/v1/principals/${admin}`)).status).toBe(409);
    } finally {
      await lone.end();
    }
  });

  it.each([
    [{ name: 'x', role: 'king' }, '/role'],
    [{ name: '', role: 'viewer' }, '/name'],
    [{ name: 'x', role: 'agent' }, '/agents'],
    [{ name: 'x', role: 'admin', agents: ['a'] }, '/agents'],
  ])('are refused with the place: %j', async (body, pointer) => {
    expect((await rig.call('POST', '/v1/principals', body)).body).toMatchObject({ code: 'input-malformed', pointer });
  });
});

describe('tokens', () => {
  it.each([[null], ['wrong'], ['sd_' + 'A'.repeat(43)], ['sd_' + 'A'.repeat(5000)]])(
    '%s is not let in',
    async (token) => {
      const answer = await rig.call('GET', '/v1/incidents', undefined, { token });
      expect(answer.status).toBe(401);
      expect(answer.headers.get('www-authenticate')).toBe('Bearer');
      expect(JSON.stringify(answer.body)).not.toContain('AAAA');
    },
  );

  it('are not needed to see whether it lives and is ready', async () => {
    expect((await rig.call('GET', '/healthz', undefined, { token: null })).body).toEqual({ status: 'ok' });
    expect((await rig.call('GET', '/readyz', undefined, { token: null })).body).toEqual({ status: 'ready' });
  });
});

describe('callers inside the process', () => {
  it('read a stopped engine without socket or token', async () => {
    const { gateway } = rig;
    const answer = await gateway.handle({
      method: 'GET',
      path: '/v1/contractions?state=all',
      principal: LOCAL_OPERATOR,
    });
    expect(answer.status).toBe(200);
    expect(JSON.parse(answer.body)).toEqual({ items: [] });
  });
});

describe('browsers', () => {
  const loopback = { bind: '127.0.0.1' };
  it.each([
    [{ host: '127.0.0.1:4320' }, undefined],
    [{ host: 'localhost:4320' }, undefined],
    [{ host: '[::1]:4320' }, undefined],
    [{ host: 'localhost:4320', origin: 'http://localhost:4320' }, undefined],
    [{ host: 'localhost:4320', 'sec-fetch-site': 'none' }, undefined],
    [{ host: 'evil.example' }, 'another server'],
    [{ host: 'localhost.evil.example' }, 'another server'],
    [{ host: '127.0.0.1.evil.example' }, 'another server'],
    [{ host: 'localhost@evil.example' }, 'needed'],
    [{}, 'needed'],
    [{ host: 'localhost:4320', origin: 'http://evil.example' }, 'origins'],
    [{ host: 'localhost:4320', origin: 'null' }, 'origins'],
    [{ host: 'localhost:4320', 'sec-fetch-site': 'cross-site' }, 'sites'],
    [{ host: 'localhost:4320', 'sec-fetch-site': 'same-site' }, 'sites'],
  ])('%j', (headers, refusal) => {
    const said = refusalOf(headers, loopback);
    if (refusal === undefined) expect(said).toBeUndefined();
    else expect(said).toContain(refusal);
  });

  it('reach it under its public name only where one is set', () => {
    expect(refusalOf({ host: 'stepdown.contoso.example' }, loopback)).toBeDefined();
    expect(
      refusalOf({ host: 'stepdown.contoso.example' }, { ...loopback, publicUrl: 'https://stepdown.contoso.example' }),
    ).toBeUndefined();
  });

  it('cannot make a form post do anything', async () => {
    const answer = await rig.call('POST', '/v1/pause', '{"reason":"x"}', { headers: { 'content-type': 'text/plain' } });
    expect(answer.status).toBe(415);
  });

  it('get no CORS headers', async () => {
    const preflight = await fetch(`${rig.url}/v1/pause`, {
      method: 'OPTIONS',
      headers: { origin: rig.url, 'access-control-request-method': 'POST' },
    });
    expect(preflight.status).toBe(405);
    expect([...preflight.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
  });

  it('are refused on the socket too', async () => {
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const { port } = rig.gateway.address() ?? { port: 0 };
      httpRequest({ host: '127.0.0.1', port, path: '/healthz', headers: { host: 'evil.example' } }, (response) => {
        response.resume();
        resolve(response.statusCode);
      })
        .on('error', reject)
        .end();
    });
    expect(status).toBe(403);
  });
});

describe('sockets', () => {
  const raw = (text: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const { port } = rig.gateway.address() ?? { port: 0 };
      let answer = '';
      const socket = connect(port, '127.0.0.1', () => socket.write(text));
      socket.on('data', (chunk) => {
        answer += chunk.toString();
      });
      socket.on('close', () => resolve(answer));
      socket.on('error', reject);
      setTimeout(() => socket.end(), 300);
    });

  it.each([
    ['GARBAGE\r\n\r\n', 400],
    ['GET / HTTP/9.9\r\n\r\n', 400],
    [`GET / HTTP/1.1\r\nhost: localhost\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`, 431],
    ['POST /v1/events HTTP/1.1\r\nhost: localhost\r\ncontent-length: abc\r\n\r\n', 400],
    ['POST /v1/events HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\nZZ\r\n', 400],
  ])('answer what is no request: %j', async (text, status) => {
    expect(await raw(text)).toContain(`HTTP/1.1 ${status}`);
  });

  it('refuse bodies over the limit, declared or not', async () => {
    const declared = await rig.call('POST', '/v1/events', `"${'x'.repeat(70_000)}"`);
    expect(declared.status).toBe(413);
    const chunked = await fetch(`${rig.url}/v1/events`, {
      method: 'POST',
      headers: { authorization: `Bearer ${rig.token()}`, 'content-type': 'application/json' },
      body: new ReadableStream({
        start(controller) {
          for (let at = 0; at < 20; at += 1) controller.enqueue(new Uint8Array(8192).fill(32));
          controller.close();
        },
      }),
      duplex: 'half',
    }).then(
      (response) => response.status,
      () => 413,
    );
    expect(chunked).toBe(413);
    expect((await rig.call('GET', '/healthz')).status).toBe(200);
  });

  it('stop taking connections, and finish what is under way', async () => {
    const short = await Rig.start();
    const running = Array.from({ length: 20 }, (_, at) =>
      short.call<Evaluated>('POST', '/access/v1/evaluation', asks('t', { toolCallId: `c${at}` })),
    );
    await Promise.all(running);
    await short.gateway.stop();
    // Nothing that was answered is missing from what is stored.
    expect(await short.topic('telemetry')).toHaveLength(20);
    expect(await short.topic('decisions')).toHaveLength(20);
    await short.end();
  });
});

it('/readyz names everything that is missing, /v1/health also what services say of themselves', async () => {
  const missing: Record<string, string | undefined> = { detect: 'it reads its states', forward: 'not started' };
  const rig = await Rig.start({
    gateway: {
      others: () => [
        { name: 'detect', unready: () => missing['detect'] },
        { name: 'forward', unready: () => missing['forward'], facts: () => ({ sinks: [{ sink: 'soc', waiting: 2 }] }) },
        {
          name: 'gateway',
          unready: () => {
            throw new Error('it must not ask itself');
          },
        },
      ],
    },
  });
  try {
    const unready = await rig.call('GET', '/readyz', undefined, { token: null });
    expect(unready.status).toBe(503);
    expect(unready.body).toMatchObject({ detail: 'detect: it reads its states; forward: not started' });
    missing['detect'] = missing['forward'] = undefined;
    expect((await rig.call('GET', '/readyz', undefined, { token: null })).body).toEqual({ status: 'ready' });
    expect((await rig.call('GET', '/v1/health')).body).toMatchObject({
      services: [
        { name: 'detect', missing: null },
        { name: 'forward', missing: null, sinks: [{ sink: 'soc', waiting: 2 }] },
      ],
    });
  } finally {
    await rig.end();
  }
});

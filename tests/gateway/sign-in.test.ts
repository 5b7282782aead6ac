import { SignJWT, UnsecuredJWT } from 'jose';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { OidcIssuer, type TokenOptions } from '../peers/oidc-issuer.js';
import { asks, contraction, type Evaluated, Rig } from './rig.js';

let issuer: OidcIssuer;
let rig: Rig | undefined;
beforeEach(async () => {
  issuer = await OidcIssuer.start();
});
afterEach(async () => {
  await rig?.end();
  rig = undefined;
  await issuer.stop();
});

const ADMIN = { roles: ['Stepdown.Admin'], preferred_username: 'ann@contoso.example' };

async function start(more: Record<string, unknown> = {}): Promise<Rig> {
  rig = await Rig.start({
    config: { oidc: [{ issuer: issuer.issuer, audience: issuer.audience, ...more }] },
  });
  return rig;
}

/** The status of a read, once the issuer's keys are known. */
async function me(of: Rig, options: TokenOptions): Promise<{ status: number; body: Record<string, unknown> }> {
  const token = await issuer.token(options);
  const good = await issuer.token({ claims: ADMIN, subject: 'probe' });
  await expect
    .poll(async () => (await of.call('GET', '/v1/principals/me', undefined, { token: good })).status)
    .toBe(200);
  return of.call('GET', '/v1/principals/me', undefined, { token });
}

describe('sign-in by OpenID Connect', () => {
  it.each<[string, Record<string, unknown>, number, object]>([
    ['an admin', ADMIN, 200, { role: 'admin', name: 'ann@contoso.example' }],
    ['the strongest role', { roles: ['Stepdown.Viewer', 'Stepdown.Responder'] }, 200, { role: 'responder' }],
    ['roles in one text', { roles: 'other Stepdown.Viewer' }, 200, { role: 'viewer' }],
    ['the security team', { roles: ['Stepdown.Responder', 'Stepdown.Soc'] }, 200, { soc: true }],
    ['an owner', { roles: ['Stepdown.Responder'], stepdown_agents: ['mail-*'] }, 200, { owns: ['mail-*'], agents: [] }],
    ['no role of ours', { roles: ['Reader'] }, 401, { detail: expect.stringContaining('none of the roles') }],
    ['no roles', {}, 401, {}],
    ['roles of no list', { roles: { admin: true } }, 401, {}],
    ['an agent, which reads nothing', { roles: ['Stepdown.Agent'], azp: 'app-1' }, 403, {}],
    ['an agent that names none', { roles: ['Stepdown.Agent'] }, 401, { detail: expect.stringContaining('no agent') }],
  ])('takes %s for what the token says', async (_name, claims, status, body) => {
    expect(await me(await start(), { claims })).toMatchObject({ status, body });
  });

  it('reads roles from where the issuer puts them, and maps its names', async () => {
    const of = await start({
      rolesClaim: 'realm_access.roles',
      roles: { viewer: ['soc-read'], admin: ['Stepdown.Admin'] },
    });
    const token = await issuer.token({ claims: { realm_access: { roles: ['soc-read'] } } });
    await expect
      .poll(async () => (await of.call('GET', '/v1/principals/me', undefined, { token })).body)
      .toMatchObject({ role: 'viewer' });
  });

  it.each<[string, TokenOptions]>([
    ['is made out to someone else', { audience: 'api://other' }],
    ['has run out', { expiresIn: -120 }],
    ['is not valid yet', { notBefore: 600 }],
    ['is of another issuer', { issuer: 'https://elsewhere.example' }],
    ['is signed by someone else', { forged: true }],
  ])('refuses a token that %s', async (_name, options) => {
    expect((await me(await start(), { ...options, claims: ADMIN })).status).toBe(401);
  });

  it('refuses tokens without a signature, with a shared secret, and without an expiry', async () => {
    const of = await start();
    await me(of, { claims: ADMIN });
    const claims = {
      ...ADMIN,
      iss: issuer.issuer,
      aud: issuer.audience,
      sub: 's',
      exp: Math.floor(Date.now() / 1000) + 60,
    };
    const secret = new TextEncoder().encode('a shared secret of at least 32 bytes!');
    const bad = [
      new UnsecuredJWT(claims).encode(),
      await new SignJWT(claims).setProtectedHeader({ alg: 'HS256', kid: 'k1' }).sign(secret),
      'not.a.token',
    ];
    for (const token of bad) expect((await of.call('GET', '/v1/principals/me', undefined, { token })).status).toBe(401);
  });

  it('takes only the applications that may call', async () => {
    const of = await start({ clientIds: ['portal'] });
    const token = (azp: string) => issuer.token({ claims: { ...ADMIN, azp } });
    const portal = await token('portal');
    await expect
      .poll(async () => (await of.call('GET', '/v1/principals/me', undefined, { token: portal })).status)
      .toBe(200);
    expect((await of.call('GET', '/v1/principals/me', undefined, { token: await token('other') })).status).toBe(401);
  });

  it('follows a rotation of keys, and believes no discovery document of someone else', async () => {
    const of = await start();
    await me(of, { claims: ADMIN });
    await issuer.rotate();
    expect(
      (await of.call('GET', '/v1/principals/me', undefined, { token: await issuer.token({ claims: ADMIN }) })).status,
    ).toBe(401);
    expect(issuer.fetches).toBe(1); // The next fetch waits half a minute: a flood of unknown keys makes none of its own.
    await of.end();
    issuer.claimsToBe = 'https://elsewhere.example';
    rig = await Rig.start({ config: { oidc: [{ issuer: issuer.issuer, audience: issuer.audience }] } });
    const answer = await rig.call('GET', '/v1/principals/me', undefined, {
      token: await issuer.token({ claims: ADMIN }),
    });
    expect(answer).toMatchObject({ status: 401, body: { detail: expect.stringContaining('not known yet') as string } });
  });

  it('lets an application speak for itself, authenticated, and for no other', async () => {
    const of = await start();
    await me(of, { claims: ADMIN });
    await of.contract(contraction([{ control: 'tool.block', tools: ['send_mail'] }], { id: 'k' }));
    await of.knows('k', 1);
    const token = await issuer.token({ claims: { roles: ['Stepdown.Agent'], appid: 'mailer' } });
    const answer = await of.call<Evaluated>('POST', '/access/v1/evaluation', asks('send_mail'), { token });
    expect(answer.status === 200 || answer.status === 403).toBe(true);
    const own = { ...asks('send_mail'), subject: { type: 'agent', id: 'mailer' } };
    expect((await of.call<Evaluated>('POST', '/access/v1/evaluation', own, { token })).status).toBe(200);
    const other = { ...asks('send_mail'), subject: { type: 'agent', id: 'someone-else' } };
    expect((await of.call('POST', '/access/v1/evaluation', other, { token })).status).toBe(403);
  });

  it('answers approvals in the name that the token gives', async () => {
    const of = await start();
    await me(of, { claims: ADMIN });
    await of.contract(
      contraction([{ control: 'tool.requireApproval', by: 'soc', timeoutMs: 60_000, otherwise: 'block' }], { id: 'k' }),
    );
    await of.knows('k', 1);
    const asked = await of.call<Evaluated>('POST', '/access/v1/evaluation', asks('send_mail'), {
      token: of.token('agent-token'),
    });
    const id = asked.body.context.approval?.id ?? '';
    const approve = async (roles: string[]) =>
      of.call(
        'POST',
        `/v1/approvals/${id}/approve`,
        { reason: 'seen' },
        {
          token: await issuer.token({ claims: { roles, preferred_username: 'sam@contoso.example' } }),
        },
      );
    expect((await approve(['Stepdown.Viewer', 'Stepdown.Soc'])).status).toBe(403);
    expect((await approve(['Stepdown.Responder'])).status).toBe(403);
    expect(await approve(['Stepdown.Responder', 'Stepdown.Soc'])).toMatchObject({
      status: 200,
      body: { state: 'approved', decidedBy: 'sam@contoso.example' },
    });
  });
});

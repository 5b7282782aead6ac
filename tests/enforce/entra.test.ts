/** Entra as an enforcement point, against a Graph peer that keeps state and is edited by people. */
import { afterEach, describe, expect, it } from 'vitest';
import { Limiter, PACES } from '../../services/enforce/points/entra/limiter.js';
import type { Control } from '../../schemas/control.js';
import { API, EntraRig, GROUPS, guid, PLACEHOLDER, POLICY, soon } from './entra-rig.js';

let rig: EntraRig;
afterEach(() => rig.close());

const DISABLE: Control = { control: 'agent.disable' };
const agent = (n = 1) => ({ type: 'agent' as const, id: `a${n}` });
const user = (n = 1) => ({ type: 'user' as const, id: guid(100 + n) });
const included = () =>
  rig.directory.policies.get(POLICY)?.conditions.clientApplications?.includeServicePrincipals ?? [];
const apply = (id: string, control: Control, target: { type: 'agent' | 'user'; id: string }) =>
  rig.point.apply(rig.order(id, control, target), soon());
const revert = (id: string, control: Control, target: { type: 'agent' | 'user'; id: string }) =>
  rig.point.revert(rig.order(id, control, target), soon());
const look = async (id: string, control: Control, target: { type: 'agent' | 'user'; id: string }) =>
  (await rig.point.observe([rig.order(id, control, target)], soon()))[0];

describe('an agent that runs by itself is blocked', () => {
  it('by our own policy, in which it stands itself, and out again', async () => {
    rig = await EntraRig.open();
    const before = rig.directory.essence();
    expect(await apply('e1', DISABLE, agent())).toEqual({ kind: 'done', effectiveInMs: 900_000 });
    expect(included()).toEqual([PLACEHOLDER, guid(1)]);
    const policy = rig.directory.policies.get(POLICY);
    expect(policy).toMatchObject({ state: 'enabled', grantControls: { builtInControls: ['block'] } });
    expect(policy?.conditions['applications'], 'nothing else of it is touched').toEqual({
      includeApplications: ['All'],
    });
    expect(await look('e1', DISABLE, agent())).toEqual({ kind: 'in-place' });
    expect(await revert('e1', DISABLE, agent())).toEqual({ kind: 'done' });
    expect(await look('e1', DISABLE, agent())).toEqual({ kind: 'absent' });
    expect(rig.directory.essence()).toEqual(before);
    expect(rig.shelf.documents.size, 'the books are empty').toBe(0);
  });

  it('by fifty at once in a few requests, at the pace the directory allows', async () => {
    rig = await EntraRig.open({
      agents: Array.from({ length: 50 }, (_, n) => ({ agent: `a${n + 1}`, servicePrincipal: guid(n + 1) })),
    });
    const outcomes = await Promise.all(Array.from({ length: 50 }, (_, n) => apply(`e${n}`, DISABLE, agent(n + 1))));
    expect(outcomes.every(({ kind }) => kind === 'done')).toBe(true);
    expect(included()).toHaveLength(51);
    expect(rig.graph.writes.length).toBeLessThanOrEqual(3);
  });

  it('by accountEnabled, where that is configured', async () => {
    rig = await EntraRig.open({ disableBy: 'account' });
    await apply('e1', DISABLE, agent());
    expect(rig.directory.principals.get(guid(1))?.accountEnabled).toBe(false);
    await revert('e1', DISABLE, agent());
    expect(rig.directory.principals.get(guid(1))?.accountEnabled).toBe(true);
  });

  it('and marked as compromised, which is dismissed afterwards and does not count as undone', async () => {
    rig = await EntraRig.open({ confirmCompromised: true });
    const [declared] = rig.point.declaration.controls.filter(({ control }) => control === 'agent.disable');
    expect(declared).toMatchObject({ reversible: false, selfExpiring: false, engineGone: 'hold' });
    await apply('e1', DISABLE, agent());
    expect(rig.directory.risk.get(guid(1))).toBe('confirmedCompromised');
    await revert('e1', DISABLE, agent());
    expect(rig.directory.risk.get(guid(1))).toBe('dismissed');
  });

  it('two holds at once: the first to end lifts nothing of the other', async () => {
    rig = await EntraRig.open({ disableBy: 'account' });
    await apply('e1', DISABLE, agent());
    await apply('e2', DISABLE, agent());
    await revert('e1', DISABLE, agent());
    expect(rig.directory.principals.get(guid(1))?.accountEnabled).toBe(false);
    await revert('e2', DISABLE, agent());
    expect(rig.directory.principals.get(guid(1))?.accountEnabled).toBe(true);
  });

  it('one that a person had disabled before stays disabled afterwards', async () => {
    rig = await EntraRig.open({ disableBy: 'account' });
    rig.directory.principals.get(guid(1))!.accountEnabled = false;
    await apply('e1', DISABLE, agent());
    await revert('e1', DISABLE, agent());
    expect(rig.directory.principals.get(guid(1))?.accountEnabled).toBe(false);
    expect(rig.graph.writes).toEqual([]);
  });

  it('not by a policy that is not ours, nor by one that is switched off', async () => {
    rig = await EntraRig.open();
    rig.directory.policies.get(POLICY)!.displayName = 'Require MFA for admins';
    expect(await apply('e1', DISABLE, agent())).toMatchObject({
      kind: 'refused',
      reason: expect.stringContaining('not ours') as string,
    });
    rig.directory.policies.get(POLICY)!.displayName = 'Stepdown: block agents';
    rig.directory.policies.get(POLICY)!.state = 'disabled';
    expect(await apply('e2', DISABLE, agent())).toMatchObject({ kind: 'refused', reason: 'our policy is not enabled' });
  });

  it('an agent that nobody named is refused with what to write down', async () => {
    rig = await EntraRig.open();
    expect(await apply('e1', DISABLE, { type: 'agent', id: 'stranger' })).toMatchObject({
      kind: 'refused',
      reason: expect.stringContaining('name it under `agents`') as string,
    });
  });
});

describe('people are asked for more', () => {
  it.each([
    ['mfa', GROUPS.mfa],
    ['passwordless', GROUPS.passwordless],
    ['phishing-resistant', GROUPS.phishingResistant],
  ] as const)('%s, through membership of our own group', async (level, id) => {
    rig = await EntraRig.open();
    const control: Control = { control: 'auth.strength', level };
    expect((await apply('e1', control, user())).kind).toBe('done');
    expect([...rig.directory.groups.get(id)!.members]).toEqual([guid(101)]);
    expect((await revert('e1', control, user())).kind).toBe('done');
    expect([...rig.directory.groups.get(id)!.members]).toEqual([]);
  });

  it('of a strength that has no group the next stronger one is taken, never a weaker', async () => {
    rig = await EntraRig.open({
      groups: { mfa: GROUPS.mfa, phishingResistant: GROUPS.phishingResistant } as typeof GROUPS,
    });
    await apply('e1', { control: 'auth.strength', level: 'passwordless' }, user());
    expect(rig.directory.groups.get(GROUPS.phishingResistant)!.members.size).toBe(1);
    expect(rig.directory.groups.get(GROUPS.mfa)!.members.size).toBe(0);
  });

  it('to sign in again, found by their name, with their sessions revoked once', async () => {
    rig = await EntraRig.open({ revokeSessions: true });
    const control: Control = { control: 'auth.reauthenticate', withinMs: 0 };
    const named = { type: 'user' as const, id: 'u1@contoso.example' };
    expect((await apply('e1', control, named)).kind).toBe('done');
    expect((await apply('e1', control, named)).kind).toBe('done');
    expect(rig.directory.users.get(guid(101))?.sessionsRevoked).toBe(1);
    expect(await look('e1', control, named)).toEqual({ kind: 'in-place' });
    await revert('e1', control, named);
    expect(rig.directory.groups.get(GROUPS.reauthenticate)!.members.size).toBe(0);
    expect(rig.shelf.documents.size).toBe(0);
  });

  it('one who is not in the directory is refused, and the others of the same batch are not', async () => {
    rig = await EntraRig.open();
    const control: Control = { control: 'auth.strength', level: 'mfa' };
    const outcomes = await Promise.all([
      apply('e1', control, user(1)),
      apply('e2', control, { type: 'user', id: guid(777) }),
      apply('e3', control, user(2)),
    ]);
    const again = await Promise.all([apply('e1', control, user(1)), apply('e3', control, user(2))]);
    expect(outcomes[1]?.kind).toBe('refused');
    expect(again.map(({ kind }) => kind)).toEqual(['done', 'done']);
    expect([...rig.directory.groups.get(GROUPS.mfa)!.members].sort()).toEqual([guid(101), guid(102)]);
  });
});

describe('grants and app roles are narrowed', () => {
  const narrow = (...scopes: string[]): Control => ({ control: 'scope.narrow', scopes });
  const scope = () => [...rig.directory.grants.values()].find(({ clientId }) => clientId === guid(1))?.scope;
  const roles = () =>
    [...rig.directory.assignments.values()].filter(({ principalId }) => principalId === guid(1)).length;

  it('to what remains, and come back as they were', async () => {
    rig = await EntraRig.open();
    const before = rig.directory.essence();
    expect((await apply('e1', narrow('Mail.Read'), agent())).kind).toBe('done');
    expect(scope()).toBe('Mail.Read');
    expect(roles()).toBe(1);
    await revert('e1', narrow('Mail.Read'), agent());
    expect(rig.directory.essence()).toEqual(before);
  });

  it('to nothing: the grant goes, and comes back', async () => {
    rig = await EntraRig.open();
    const before = rig.directory.essence();
    await apply('e1', narrow(), agent());
    expect(scope()).toBeUndefined();
    expect(roles()).toBe(0);
    expect(await look('e1', narrow(), agent())).toEqual({ kind: 'in-place' });
    await revert('e1', narrow(), agent());
    expect(rig.directory.essence()).toEqual(before);
  });

  it('a person who adds a scope keeps it, and is not fought', async () => {
    rig = await EntraRig.open();
    await apply('e1', narrow('Mail.Read'), agent());
    rig.directory.grants.get('g1')!.scope = 'Mail.Read Calendars.Read';
    expect(await look('e1', narrow('Mail.Read'), agent())).toMatchObject({ kind: 'changed' });
    expect((await revert('e1', narrow('Mail.Read'), agent())).kind).toBe('drifted');
    expect(scope()?.split(' ').sort()).toEqual(['Calendars.Read', 'Files.Read', 'Mail.Read', 'Mail.Send']);
  });

  it('a grant that a person deletes meanwhile is not brought back', async () => {
    rig = await EntraRig.open();
    await apply('e1', narrow('Mail.Read'), agent());
    rig.directory.grants.delete('g1');
    await revert('e1', narrow('Mail.Read'), agent());
    expect(scope()).toBeUndefined();
    expect(roles()).toBe(2);
  });
});

describe('what a person changes in between', () => {
  it('is seen, marked, and left: an agent that was enabled again', async () => {
    rig = await EntraRig.open({ disableBy: 'account' });
    await apply('e1', DISABLE, agent());
    rig.directory.principals.get(guid(1))!.accountEnabled = true;
    expect(await look('e1', DISABLE, agent())).toMatchObject({ kind: 'changed', reason: 'a person changed enabled' });
    const writes = rig.graph.writes.length;
    expect((await apply('e1', DISABLE, agent())).kind).toBe('drifted');
    expect(rig.graph.writes.length).toBe(writes);
    expect((await revert('e1', DISABLE, agent())).kind).toBe('drifted');
    expect(rig.directory.principals.get(guid(1))?.accountEnabled).toBe(true);
  });

  it('our policy switched off, renamed or deleted', async () => {
    rig = await EntraRig.open();
    await apply('e1', DISABLE, agent());
    rig.directory.policies.get(POLICY)!.state = 'enabledForReportingButNotEnforced';
    expect(await look('e1', DISABLE, agent())).toMatchObject({ kind: 'changed' });
    rig.directory.policies.delete(POLICY);
    expect(await look('e1', DISABLE, agent())).toMatchObject({ kind: 'changed' });
    expect((await revert('e1', DISABLE, agent())).kind).toBe('done');
    expect(rig.shelf.documents.size).toBe(0);
  });

  it('a new attack may block anew what was freed during an older one', async () => {
    rig = await EntraRig.open({ disableBy: 'account' });
    await apply('e1', DISABLE, agent());
    rig.directory.principals.get(guid(1))!.accountEnabled = true;
    await look('e1', DISABLE, agent());
    expect((await apply('e2', DISABLE, agent())).kind).toBe('done');
    expect(rig.directory.principals.get(guid(1))?.accountEnabled).toBe(false);
    await revert('e1', DISABLE, agent());
    expect(rig.directory.principals.get(guid(1))?.accountEnabled).toBe(false);
    await revert('e2', DISABLE, agent());
    expect(rig.directory.principals.get(guid(1))?.accountEnabled).toBe(true);
  });
});

describe('what goes wrong on the way', () => {
  it('an answer that is lost after it was done: found, not done twice, and taken back', async () => {
    rig = await EntraRig.open({ disableBy: 'account' });
    rig.graph.peer.always = (request) => (request.method === 'PATCH' ? 'reset-afterwards' : undefined);
    expect((await apply('e1', DISABLE, agent())).kind).toBe('unknown');
    rig.graph.peer.always = undefined;
    rig.newPoint();
    expect((await apply('e1', DISABLE, agent())).kind).toBe('done');
    expect(rig.graph.writes).toHaveLength(1);
    expect((await revert('e1', DISABLE, agent())).kind).toBe('done');
    expect(rig.directory.principals.get(guid(1))?.accountEnabled).toBe(true);
  });

  it('a request that is worked off after it was taken back is met', async () => {
    rig = await EntraRig.open({ disableBy: 'account' });
    rig.graph.peer.always = (request) => (request.method === 'PATCH' ? 'reset' : undefined);
    expect((await apply('e1', DISABLE, agent())).kind).toBe('unknown');
    rig.graph.peer.always = undefined;
    const first = await revert('e1', DISABLE, agent());
    expect(first).toMatchObject({ kind: 'retry', afterMs: expect.any(Number) as number });
    rig.directory.principals.get(guid(1))!.accountEnabled = false; // The request lands only now.
    rig.aheadMs = 61_000;
    expect((await revert('e1', DISABLE, agent())).kind).toBe('done');
    expect(rig.directory.principals.get(guid(1))?.accountEnabled).toBe(true);
  });

  it('429 on Conditional Access without a time: we wait by ourselves, and slow down', async () => {
    rig = await EntraRig.open();
    rig.graph.policyPaceMs = 300;
    await apply('e0', DISABLE, agent(2));
    expect(rig.graph.throttled).toBeGreaterThan(0);
    rig.newPoint(new Limiter(rig.now, { ...PACES, policies: { everyMs: 900, burst: 1 } }));
    await new Promise((resolve) => setTimeout(resolve, 900));
    const before = rig.graph.throttled;
    expect((await apply('e1', DISABLE, agent())).kind).toBe('done');
    expect(rig.graph.throttled).toBe(before);
  });

  it('a permission that is missing is named', async () => {
    rig = await EntraRig.open({ disableBy: 'account' });
    rig.graph.permissions.delete('Application.ReadWrite.All');
    expect(await apply('e1', DISABLE, agent())).toMatchObject({
      kind: 'refused',
      reason: expect.stringMatching(/403.*Insufficient privileges: Application.ReadWrite.All.*entra check/) as string,
    });
  });

  it('no token, none in the error', async () => {
    rig = await EntraRig.open();
    rig.graph.peer.always = () => ({ status: 401, body: { error: { code: 'InvalidAuthenticationToken' } } });
    const outcome = await apply('e1', DISABLE, agent());
    expect(outcome.kind).toBe('retry');
    expect(JSON.stringify(outcome)).not.toContain('test-token');
  });

  it('every request is within the tenant that is asked: the token goes to no other server', async () => {
    rig = await EntraRig.open();
    rig.graph.peer.always = (request) =>
      request.path.endsWith('/members')
        ? { status: 200, body: { value: [], '@odata.nextLink': 'https://elsewhere.example/v1.0/groups/x/members' } }
        : undefined;
    expect(await apply('e1', { control: 'auth.strength', level: 'mfa' }, user())).toMatchObject({ kind: 'refused' });
    expect(API).toBeDefined();
  });
});

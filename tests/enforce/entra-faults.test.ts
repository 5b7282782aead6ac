/** Faults of Graph at each request (a slice; `npm run model` has them all), and a directory that shows late what it confirmed. */
import { afterEach, describe, expect, it } from 'vitest';
import type { Control } from '../../schemas/control.js';
import { CYCLES, everyFault, live } from './entra-faults.js';
import { EntraRig, GROUPS, guid, PLACEHOLDER, POLICY, soon } from './entra-rig.js';

describe('a fault at a request', () => {
  it.each(Object.entries(CYCLES))('%s', async (_name, cycle) => {
    expect(await everyFault(cycle, 71, 7)).toBeGreaterThan(0);
  });
});

describe('a directory that shows a write only after a minute', () => {
  let rig: EntraRig;
  afterEach(() => rig.close());
  const MINUTE = 60_000;
  const DISABLE: Control = { control: 'agent.disable' };
  const MFA: Control = { control: 'auth.strength', level: 'mfa' };
  const agent = (n: number) => ({ type: 'agent' as const, id: `a${n}` });
  const user = { type: 'user' as const, id: guid(101) };
  const included = () =>
    rig.directory.policies.get(POLICY)?.conditions.clientApplications?.includeServicePrincipals ?? [];

  async function lagging(
    config: Parameters<typeof EntraRig.open>[0],
    lags: () => boolean = () => true,
  ): Promise<EntraRig> {
    rig = await EntraRig.open(config);
    rig.settlingMs = 90_000;
    rig.graph.now = rig.now;
    rig.graph.lagMs = MINUTE;
    rig.graph.lags = lags;
    rig.newPoint();
    return rig;
  }
  const apply = (id: string, control: Control, target: { type: 'agent' | 'user'; id: string }) =>
    rig.point.apply(rig.order(id, control, target), soon());
  const revert = (id: string, control: Control, target: { type: 'agent' | 'user'; id: string }) =>
    rig.point.revert(rig.order(id, control, target), soon());
  const look = async (id: string, control: Control, target: { type: 'agent' | 'user'; id: string }) =>
    (await rig.point.observe([rig.order(id, control, target)], soon()))[0];

  it.each(Object.entries(CYCLES))('%s: in force, seen as such, and taken back', async (_name, cycle) => {
    await lagging(cycle.config);
    await live(rig, cycle, 'e1');
    // By copies of which some are behind, and with a new process in between.
    let reads = 0;
    rig.graph.lags = () => reads++ % 2 === 0;
    await live(rig, cycle, 'e2', () => rig.newPoint());
  });

  it('of the policy’s list loses none of those that were blocked a moment ago', async () => {
    await lagging({});
    for (const n of [1, 2, 3]) expect((await apply(`e${n}`, DISABLE, agent(n))).kind).toBe('done');
    expect(included()).toEqual([PLACEHOLDER, guid(1), guid(2), guid(3)]);
    expect((await revert('e2', DISABLE, agent(2))).kind).toBe('done');
    expect(included()).toEqual([PLACEHOLDER, guid(1), guid(3)]);
    for (const n of [1, 3]) expect(await look(`e${n}`, DISABLE, agent(n))).toEqual({ kind: 'in-place' });
  });

  it('contracts again right after it was taken back', async () => {
    await lagging({});
    await apply('e1', DISABLE, agent(1));
    await revert('e1', DISABLE, agent(1));
    expect((await apply('e2', DISABLE, agent(1))).kind).toBe('done');
    expect(included()).toContain(guid(1));
    rig.aheadMs += 5 * MINUTE;
    expect(await look('e2', DISABLE, agent(1))).toEqual({ kind: 'in-place' });
  });

  it('takes back what a copy says is not there, once it is: nothing comes after all', async () => {
    await lagging({});
    await apply('e1', MFA, user);
    let denied = 0;
    rig.graph.each = (method) =>
      method === 'DELETE' && denied++ === 0
        ? { status: 404, body: { error: { code: 'Request_ResourceNotFound' } } }
        : undefined;
    expect(await revert('e1', MFA, user)).toMatchObject({ kind: 'retry' });
    rig.aheadMs += 10_000;
    expect((await revert('e1', MFA, user)).kind).toBe('done');
    expect(rig.directory.groups.get(GROUPS.mfa)?.members.size).toBe(0);
  });

  it('an answer that was lost, and a copy that does not show it: ours all the same', async () => {
    await lagging({ disableBy: 'account' });
    rig.graph.peer.always = ({ method }) => (method === 'PATCH' ? 'reset-afterwards' : undefined);
    expect((await apply('e1', DISABLE, agent(1))).kind).toBe('unknown');
    rig.graph.peer.always = undefined;
    rig.newPoint();
    rig.aheadMs += MINUTE - 1_000;
    await look('e1', DISABLE, agent(1));
    rig.aheadMs += 2_000;
    expect((await apply('e1', DISABLE, agent(1))).kind).toBe('done');
    expect((await revert('e1', DISABLE, agent(1))).kind).toMatch(/done|retry/);
    rig.aheadMs += 3 * MINUTE;
    expect((await revert('e1', DISABLE, agent(1))).kind).toBe('done');
    expect(rig.directory.principals.get(guid(1))?.accountEnabled).toBe(true);
  });

  it('what a person changes meanwhile is seen, a little later, and left', async () => {
    await lagging({ disableBy: 'account' });
    await apply('e1', DISABLE, agent(1));
    rig.directory.principals.get(guid(1))!.accountEnabled = true;
    expect(await look('e1', DISABLE, agent(1))).toEqual({ kind: 'in-place' });
    rig.aheadMs += 91_000;
    expect(await look('e1', DISABLE, agent(1))).toMatchObject({ kind: 'changed' });
    expect((await revert('e1', DISABLE, agent(1))).kind).toBe('drifted');
    expect(rig.directory.principals.get(guid(1))?.accountEnabled).toBe(true);
  });

  it('a group that is gone is looked for again; deleted by a person, it stays so', async () => {
    await lagging({});
    await apply('e1', MFA, user);
    rig.aheadMs += 5 * MINUTE;
    let denied = 1;
    rig.graph.each = (method, path) =>
      method === 'GET' && path.endsWith(GROUPS.mfa) && denied-- > 0
        ? { status: 404, body: { error: { code: 'Request_ResourceNotFound' } } }
        : undefined;
    expect(await look('e1', MFA, user)).toMatchObject({ kind: 'unknown' });
    expect(await look('e1', MFA, user)).toEqual({ kind: 'in-place' });
    rig.directory.groups.delete(GROUPS.mfa);
    expect(await look('e1', MFA, user)).toMatchObject({ kind: 'unknown' });
    rig.aheadMs += 91_000;
    expect(await look('e1', MFA, user)).toMatchObject({
      kind: 'changed',
      reason: expect.stringContaining('not there') as string,
    });
    expect((await revert('e1', MFA, user)).kind).toBe('done');
    expect(rig.shelf.documents.size).toBe(0);
  });
});

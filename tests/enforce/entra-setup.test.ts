/** `stepdown entra` from nothing to an enforcement point that works: plan, bootstrap, check, with a token of a real issuer. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { stepdown } from '../cli/captured.js';
import { selfSigned } from '../peers/certificate.js';
import { GraphPeer } from '../peers/graph.js';
import { TokenAuthority } from '../peers/token-authority.js';
import { Graph } from '../../services/enforce/points/entra/graph.js';
import { Limiter } from '../../services/enforce/points/entra/limiter.js';
import { bootstrap } from '../../services/enforce/points/entra/setup.js';
import { directory, guid, soon, UNLIMITED } from './entra-rig.js';

let folder: string;
let authority: TokenAuthority;
let graph: GraphPeer;
const write = (more: Record<string, unknown> = {}): string => {
  const file = join(folder, 'stepdown.yaml');
  const point = {
    type: 'entra',
    tenantId: authority.tenantId,
    clientId: authority.clientId,
    credential: 'workload-identity',
    tokenFile: join(folder, 'assertion'),
    authority: authority.url,
    graph: graph.url,
    ca: join(folder, 'ca.pem'),
    agents: [{ agent: 'billing', servicePrincipal: guid(1) }],
    ...more,
  };
  writeFileSync(file, JSON.stringify({ dataDir: join(folder, 'data'), enforce: { points: [point] } }));
  return file;
};
/** The same directory without the pace of a real tenant, for what is not about the command. */
const unlimited = (): Graph =>
  new Graph({
    url: graph.url,
    credential: {
      getToken: async () => ({ token: authority.issue(graph.url), expiresOnTimestamp: Date.now() + 3_600_000 }),
    },
    ca: graph.peer.certificate.cert,
    now: () => Date.now(),
    limiter: new Limiter(() => Date.now(), UNLIMITED),
  });
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'stepdown-entra-'));
  const certificate = selfSigned();
  authority = await TokenAuthority.start(certificate);
  const tenant = directory();
  tenant.policies.clear();
  tenant.groups.clear();
  tenant.policies.set(guid(7), {
    id: guid(7),
    displayName: 'Require MFA for admins',
    state: 'enabled',
    conditions: {},
  });
  graph = await GraphPeer.start(tenant, certificate, authority);
  writeFileSync(join(folder, 'ca.pem'), certificate.cert);
  writeFileSync(join(folder, 'assertion'), 'signed-by-the-cluster');
});
afterEach(async () => {
  await graph.stop();
  await authority.stop();
  rmSync(folder, { recursive: true });
});

describe('stepdown entra', () => {
  it('plan says what would be created and what must be allowed, and sends nothing', async () => {
    const said = await stepdown(['entra', 'plan', '--config', write()]);
    expect(said.code).toBe(0);
    expect(said.out).toContain('policy      Stepdown: block agents');
    expect(said.out).toContain('nothing yet: put the ids');
    expect(graph.peer.requests).toEqual([]);
    expect(authority.issued).toBe(0);
  });

  it('bootstrap creates what is missing once, touches nothing else, and check is content afterwards', async () => {
    const before = structuredClone(graph.directory.policies.get(guid(7)));
    const made = await stepdown(['entra', 'bootstrap', '--config', write(), '--json', '--exclude-user', guid(103)]);
    expect(made.code, made.err).toBe(0);
    const { snippet } = parse(made.out) as { snippet: Record<string, unknown> };
    expect(graph.directory.policies.size).toBe(6);
    expect(graph.directory.policies.get(guid(7))).toEqual(before);
    for (const { displayName, conditions } of graph.directory.policies.values())
      if (displayName.startsWith('Stepdown') && 'users' in conditions)
        expect(conditions['users']).toMatchObject({ excludeUsers: [guid(103)] });

    const writes = graph.writes.length;
    const again = await stepdown(['entra', 'bootstrap', '--config', write(snippet), '--json']);
    expect((parse(again.out) as { snippet: unknown }).snippet).toEqual(snippet);
    expect(graph.writes.length).toBe(writes);

    const content = await stepdown(['entra', 'check', '--config', write(snippet)]);
    expect(content.out).not.toContain('✗');
    expect(content.code).toBe(0);

    const plan = await stepdown(['entra', 'plan', '--config', write({ ...snippet, confirmCompromised: true })]);
    expect(plan.out).toContain('agent.disable on agent; does not come back: what the risk');
    expect(plan.out).toContain('IdentityRiskyServicePrincipal.ReadWrite.All');
  });

  it('check names what is missing, not ours, switched off, or would block everyone', async () => {
    const { policies, groups } = await bootstrap(unlimited(), [], soon());
    const snippet = { policies, groups };
    const block = graph.directory.policies.get(snippet.policies.blockAgents)!;
    block.conditions.clientApplications = { includeServicePrincipals: ['ServicePrincipalsInMyTenant'] };
    graph.directory.groups.get(snippet.groups.mfa)!.displayName = 'Everyone';
    const file = write({ ...snippet, agents: [{ agent: 'billing', servicePrincipal: guid(77) }] });
    const said = await stepdown(['entra', 'check', '--config', file]);
    expect(said.code).toBe(1);
    expect(said.out).toContain('it blocks every service principal of the tenant');
    expect(said.out).toContain('it is not ours: Everyone');
    expect(said.out).toMatch(/✗\s+agent billing/);
  });

  it.each([0, 1, 2, 3, 5])(
    'bootstrap goes on where it stopped, after write %i was done and its answer lost',
    async (at) => {
      let left = at;
      graph.peer.always = ({ method }) => (method === 'POST' && left-- === 0 ? 'reset-afterwards' : undefined);
      await expect(bootstrap(unlimited(), [], soon())).rejects.toThrow();
      graph.peer.always = undefined;
      const { policies, groups } = await bootstrap(unlimited(), [], soon());
      const again = await bootstrap(unlimited(), [], soon());
      expect(again).toMatchObject({ policies, groups });
      expect(again.made.every(({ created }) => !created)).toBe(true);
      const names = (all: Iterable<{ displayName: string }>) =>
        [...all].map(({ displayName }) => displayName).filter((name) => name.startsWith('Stepdown'));
      for (const all of [
        names(graph.directory.policies.values()),
        names(graph.directory.groups.values()),
        names(graph.applications.values()),
        names(graph.directory.principals.values()),
      ])
        expect(new Set(all).size).toBe(all.length);
      expect(names(graph.applications.values())).toHaveLength(1);
    },
  );

  it('says which permission is missing, and holds no token in what it says', async () => {
    graph.permissions.delete('Group.ReadWrite.All');
    const said = await stepdown(['entra', 'bootstrap', '--config', write()]);
    expect(said.code).toBe(1);
    expect(said.err).toContain('Insufficient privileges: Group.ReadWrite.All');
    expect(said.err + said.out).not.toContain('peer-token');
  });

  it('needs an enforcement point of that kind', async () => {
    const file = join(folder, 'none.yaml');
    writeFileSync(file, JSON.stringify({ dataDir: join(folder, 'data') }));
    const said = await stepdown(['entra', 'check', '--config', file]);
    expect(said.code).toBe(2);
    expect(said.err).toContain('no enforcement point of the type entra is configured');
  });
});

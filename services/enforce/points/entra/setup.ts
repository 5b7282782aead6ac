/**
 * What is ours in a tenant: one policy for agents and a group with a policy for each strength. Created once, by a person; the
 * engine only ever changes who is in them. Creating is safe to repeat: what carries our name is used, nothing else is touched.
 */
import type { Graph } from './graph.js';
import { OWN_NAME } from './slots/policy.js';

export const PLACEHOLDER_NAME = `${OWN_NAME}: placeholder`;
export const BLOCK_NAME = `${OWN_NAME}: block agents`;

/** Built-in authentication strengths have the same ids in every tenant. */
const STRENGTHS = {
  mfa: '00000000-0000-0000-0000-000000000002',
  passwordless: '00000000-0000-0000-0000-000000000003',
  phishingResistant: '00000000-0000-0000-0000-000000000004',
} as const;
export const GROUP_NAMES = {
  mfa: `${OWN_NAME}: two factors`,
  passwordless: `${OWN_NAME}: passwordless`,
  phishingResistant: `${OWN_NAME}: phishing-resistant`,
  reauthenticate: `${OWN_NAME}: sign in again`,
} as const;
export type GroupName = keyof typeof GROUP_NAMES;
export const GROUP_KEYS = Object.keys(GROUP_NAMES) as GroupName[];

export function blockPolicy(placeholderId: string) {
  return {
    displayName: BLOCK_NAME,
    state: 'enabled',
    conditions: {
      clientApplications: { includeServicePrincipals: [placeholderId], excludeServicePrincipals: [] },
      applications: { includeApplications: ['All'] },
      clientAppTypes: ['all'],
    },
    grantControls: { operator: 'OR', builtInControls: ['block'] },
  };
}

/** @param excludeUsers emergency accounts, which no policy may lock out */
export function groupPolicy(name: GroupName, groupId: string, excludeUsers: readonly string[]) {
  const conditions = {
    users: { includeGroups: [groupId], excludeUsers: [...excludeUsers] },
    applications: { includeApplications: ['All'] },
    clientAppTypes: ['all'],
  };
  const base = { displayName: GROUP_NAMES[name], state: 'enabled', conditions };
  if (name !== 'reauthenticate')
    return { ...base, grantControls: { operator: 'OR', authenticationStrength: { id: STRENGTHS[name] } } };
  return {
    ...base,
    grantControls: { operator: 'OR', builtInControls: ['mfa'] },
    sessionControls: {
      signInFrequency: {
        isEnabled: true,
        frequencyInterval: 'everyTime',
        authenticationType: 'primaryAndSecondaryAuthentication',
      },
    },
  };
}

/** What `plan` shows: everything that `bootstrap` would create, where nothing of it is there yet. */
export function planned(excludeUsers: readonly string[]) {
  return [
    { kind: 'application', name: PLACEHOLDER_NAME, body: { displayName: PLACEHOLDER_NAME } },
    { kind: 'policy', name: BLOCK_NAME, body: blockPolicy('<the placeholder>') },
    ...GROUP_KEYS.flatMap((name) => [
      { kind: 'group', name: GROUP_NAMES[name], body: groupBody(name) },
      { kind: 'policy', name: GROUP_NAMES[name], body: groupPolicy(name, '<the group>', excludeUsers) },
    ]),
  ];
}

const groupBody = (name: GroupName) => ({
  displayName: GROUP_NAMES[name],
  description: 'Members are added and removed by Stepdown while an attack is on.',
  mailEnabled: false,
  mailNickname: `stepdown-${name.toLowerCase()}`,
  securityEnabled: true,
});

export interface Made {
  name: string;
  kind: string;
  id: string;
  created: boolean;
}
export interface Bootstrapped {
  made: Made[];
  policies: { blockAgents: string };
  groups: Record<GroupName, string>;
}

/** @throws Error with what Graph said, where it refuses; what was created until then is found again the next time. */
export async function bootstrap(
  graph: Graph,
  excludeUsers: readonly string[],
  signal: AbortSignal,
): Promise<Bootstrapped> {
  const made: Made[] = [];
  const policies = await listed(graph, '/identity/conditionalAccess/policies', signal);
  const groups = await listed(
    graph,
    `/groups?$filter=startswith(displayName,'${OWN_NAME}')&$select=id,displayName`,
    signal,
  );
  const ensure = async (
    kind: string,
    found: { id: string; displayName: string } | undefined,
    path: string,
    body: { displayName: string },
  ): Promise<string> => {
    const id = found?.id ?? (await created(graph, path, body, signal)).id;
    made.push({ name: body.displayName, kind, id, created: found === undefined });
    return id;
  };
  const byName = (items: readonly { id: string; displayName: string }[], name: string) =>
    items.find(({ displayName }) => displayName === name);

  const block = byName(policies, BLOCK_NAME);
  let blockAgents = block?.id;
  if (blockAgents === undefined) {
    const placeholder = await placeholderIn(graph, signal);
    made.push({ name: PLACEHOLDER_NAME, kind: 'application', ...placeholder });
    blockAgents = await ensure(
      'policy',
      undefined,
      '/identity/conditionalAccess/policies',
      blockPolicy(placeholder.id),
    );
  } else made.push({ name: BLOCK_NAME, kind: 'policy', id: blockAgents, created: false });

  const ids = {} as Record<GroupName, string>;
  for (const name of GROUP_KEYS) {
    ids[name] = await ensure('group', byName(groups, GROUP_NAMES[name]), '/groups', groupBody(name));
    await ensure(
      'policy',
      byName(policies, GROUP_NAMES[name]),
      '/identity/conditionalAccess/policies',
      groupPolicy(name, ids[name], excludeUsers),
    );
  }
  return { made, policies: { blockAgents }, groups: ids };
}

/** The principal that keeps the policy from being about nobody, or about everybody. What an interrupted run made is used. */
async function placeholderIn(graph: Graph, signal: AbortSignal): Promise<{ id: string; created: boolean }> {
  const named = `$filter=displayName eq '${PLACEHOLDER_NAME}'`;
  const [known] = await listed(graph, `/servicePrincipals?${named}&$select=id,displayName`, signal);
  if (known !== undefined) return { id: known.id, created: false };
  const [begun] = await listed(graph, `/applications?${named}&$select=id,appId,displayName`, signal);
  const { appId } = begun ?? (await created(graph, '/applications', { displayName: PLACEHOLDER_NAME }, signal));
  return { id: (await created(graph, '/servicePrincipals', { appId }, signal)).id, created: true };
}

async function listed(graph: Graph, path: string, signal: AbortSignal) {
  const answer = await graph.list(path, signal);
  if (answer.kind !== 'ok') throw new Error(answer.reason);
  return answer.items as { id: string; appId: string; displayName: string }[];
}

/** Asked again where the directory wants a pause; a person waits for it. */
async function created(graph: Graph, path: string, body: unknown, signal: AbortSignal) {
  for (;;) {
    const answer = await graph.ask({ method: 'POST', path, body }, signal);
    if (answer.kind === 'ok') return answer.body as { id: string; appId: string };
    if (answer.kind !== 'retry' || signal.aborted) throw new Error(answer.reason);
    await new Promise((resolve) => setTimeout(resolve, answer.afterMs ?? 1_000));
  }
}

/** Whether what is configured is there, is ours, and does what it is for. Reads only. */
import type { EntraConfig } from './declare.js';
import type { Graph } from './graph.js';
import { permissionsOf } from './permissions.js';
import { GROUP_KEYS } from './setup.js';
import { OWN_NAME } from './slots/policy.js';

export interface Finding {
  what: string;
  status: 'ok' | 'problem';
  detail: string;
}
interface Policy {
  id: string;
  displayName?: string;
  state?: string;
  conditions?: {
    users?: { includeGroups?: string[] };
    clientApplications?: { includeServicePrincipals?: string[] };
  };
  grantControls?: { builtInControls?: string[] } | null;
}

/** @param token of ours, to see what we may do; an access token of Graph carries its application permissions */
export async function check(config: EntraConfig, graph: Graph, token: string, signal: AbortSignal): Promise<Finding[]> {
  const found: Finding[] = [];
  const say = (what: string, fault: string | undefined, detail = 'as it should be') =>
    found.push({ what, status: fault === undefined ? 'ok' : 'problem', detail: fault ?? detail });

  const granted = rolesIn(token);
  for (const { anyOf, why } of permissionsOf(config)) {
    const held = anyOf.find((name) => granted?.has(name));
    // A token of a person carries scopes and no roles: then the requests themselves tell.
    if (granted !== undefined)
      say(`permission ${anyOf.join(' or ')}`, held === undefined ? `missing: ${why}` : undefined, why);
  }

  const listed = await graph.list('/identity/conditionalAccess/policies', signal);
  const policies = listed.kind === 'ok' ? (listed.items as Policy[]) : undefined;
  if (listed.kind !== 'ok') say('Conditional Access', listed.reason);

  const { blockAgents } = config.policies;
  if (blockAgents !== undefined && policies !== undefined)
    say('policies.blockAgents', faultOfBlock(policies.find(({ id }) => id === blockAgents)));
  for (const name of GROUP_KEYS) {
    const id = config.groups[name];
    if (id === undefined) continue;
    const group = await graph.ask({ method: 'GET', path: `/groups/${id}?$select=id,displayName` }, signal);
    if (group.kind !== 'ok') {
      say(`groups.${name}`, group.reason);
      continue;
    }
    const { displayName = '' } = group.body as { displayName?: string };
    const about = policies?.filter(
      ({ state, conditions }) => state === 'enabled' && conditions?.users?.includeGroups?.includes(id) === true,
    );
    say(
      `groups.${name}`,
      !displayName.startsWith(OWN_NAME)
        ? `it is not ours: ${displayName} does not begin with ${OWN_NAME}`
        : about?.length === 0
          ? 'no enabled policy is about its members'
          : undefined,
    );
  }
  for (const { agent, servicePrincipal } of config.agents) {
    const answer = await graph.ask(
      { method: 'GET', path: `/servicePrincipals/${servicePrincipal}?$select=id,displayName` },
      signal,
    );
    say(`agent ${agent}`, answer.kind === 'ok' ? undefined : answer.reason);
  }
  return found;
}

function faultOfBlock(policy: Policy | undefined): string | undefined {
  if (policy === undefined) return 'there is no such policy: run `stepdown entra bootstrap`';
  if (policy.displayName?.startsWith(OWN_NAME) !== true)
    return `it is not ours: its name does not begin with ${OWN_NAME}`;
  if (policy.state !== 'enabled') return `it is ${policy.state ?? 'in no state'}: nobody in it is blocked`;
  if (policy.grantControls?.builtInControls?.includes('block') !== true) return 'it does not block';
  const included = policy.conditions?.clientApplications?.includeServicePrincipals ?? [];
  if (included.includes('ServicePrincipalsInMyTenant')) return 'it blocks every service principal of the tenant';
  if (included.length === 0) return 'it has nobody in it: the placeholder is missing';
  return undefined;
}

/** `undefined` where the token says nothing of application permissions. Not verified: it is our own, and only for show. */
function rolesIn(token: string): ReadonlySet<string> | undefined {
  try {
    const [, payload = ''] = token.split('.');
    const { roles } = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')) as { roles?: unknown };
    return Array.isArray(roles) ? new Set(roles.filter((role) => typeof role === 'string')) : undefined;
  } catch {
    return undefined;
  }
}

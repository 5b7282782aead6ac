/** What a control comes to in the directory: which places, and what is claimed there. */
import type { Control, ControlOf } from '../../../../schemas/control.js';
import type { Order } from '../../point.js';
import type { EntraConfig } from './declare.js';
import type { Failure, Graph } from './graph.js';
import { type Claim, EXISTS } from './holding.js';
import { ACCOUNT_ENABLED } from './slots/account.js';
import { type Grant, grantKey } from './slots/grant.js';
import { ENABLED } from './slots/policy.js';
import { COMPROMISED } from './slots/risk.js';
import { type Assignment, roleElement } from './slots/roles.js';
import { revokedFor } from './slots/sessions.js';

export interface Want {
  slot: string;
  claim: Claim;
}
export type Wants = { kind: 'ok'; wants: Want[] } | Failure;

const claim = (more: Partial<Claim>): Claim => ({ add: [], remove: [], require: [], dropped: [], ...more });
const ok = (...wants: Want[]): Wants => ({ kind: 'ok', wants });
const refused = (reason: string): Wants => ({ kind: 'refused', reason });

export async function wantsOf(
  order: Order,
  subject: string,
  config: EntraConfig,
  graph: Graph,
  signal: AbortSignal,
): Promise<Wants> {
  const { control } = order;
  switch (control.control) {
    case 'agent.disable':
      return disabling(subject, config);
    case 'auth.strength':
      return strength(subject, control, config);
    case 'auth.reauthenticate': {
      const { reauthenticate } = config.groups;
      if (reauthenticate === undefined) return refused('no group for re-authentication is configured');
      const wants: Want[] = [{ slot: `group/${reauthenticate}`, claim: claim({ add: [subject] }) }];
      if (config.revokeSessions)
        wants.push({ slot: `sessions/${subject}`, claim: claim({ add: [revokedFor(order.effectId)] }) });
      return ok(...wants);
    }
    case 'scope.narrow':
      return narrowing(subject, control, graph, signal);
    default:
      return refused(`Entra does not carry out ${(control satisfies Control).control}`);
  }
}

function disabling(subject: string, config: EntraConfig): Wants {
  const { blockAgents } = config.policies;
  if (config.disableBy === 'policy' && blockAgents === undefined)
    return refused('no policy that blocks agents is configured');
  const block: Want =
    config.disableBy === 'policy'
      ? { slot: `policy/${blockAgents ?? ''}`, claim: claim({ add: [subject], require: [ENABLED] }) }
      : { slot: `account/${subject}`, claim: claim({ remove: [ACCOUNT_ENABLED] }) };
  return config.confirmCompromised
    ? ok(block, { slot: `risk/${subject}`, claim: claim({ add: [COMPROMISED] }) })
    : ok(block);
}

const GROUPS = ['mfa', 'passwordless', 'phishingResistant'] as const;
const LEVELS: Readonly<Record<ControlOf<'auth.strength'>['level'], number>> = {
  mfa: 0,
  passwordless: 1,
  'phishing-resistant': 2,
};

/** The group of that strength, else of the next stronger one: never of a weaker. */
function strength(subject: string, { level }: ControlOf<'auth.strength'>, config: EntraConfig): Wants {
  const group = GROUPS.slice(LEVELS[level])
    .map((name) => config.groups[name])
    .find((id) => id !== undefined);
  return group === undefined
    ? refused(`no group for the strength ${level}, or a stronger one, is configured`)
    : ok({ slot: `group/${group}`, claim: claim({ add: [subject] }) });
}

async function narrowing(
  subject: string,
  { scopes }: ControlOf<'scope.narrow'>,
  graph: Graph,
  signal: AbortSignal,
): Promise<Wants> {
  const grants = await graph.list(`/servicePrincipals/${subject}/oauth2PermissionGrants`, signal);
  if (grants.kind === 'missing') return refused(grants.reason);
  if (grants.kind !== 'ok') return grants;
  const assignments = await graph.list(`/servicePrincipals/${subject}/appRoleAssignments`, signal);
  if (assignments.kind === 'missing') return refused(assignments.reason);
  if (assignments.kind !== 'ok') return assignments;
  const kept = await keptRoles(assignments.items as Assignment[], scopes, graph, signal);
  if (kept.kind !== 'ok') return kept;
  return ok(
    ...(grants.items as Grant[]).map((grant) => ({
      slot: grantKey(grant),
      claim: claim({ keep: [EXISTS, ...scopes] }),
    })),
    { slot: `roles/${subject}`, claim: claim({ keep: kept.elements }) },
  );
}

/** Assignments whose role goes by one of the names. */
async function keptRoles(
  assignments: readonly Assignment[],
  scopes: readonly string[],
  graph: Graph,
  signal: AbortSignal,
): Promise<{ kind: 'ok'; elements: string[] } | Failure> {
  const elements: string[] = [];
  for (const resourceId of new Set(assignments.map((each) => each.resourceId))) {
    const answer = await graph.ask(
      { method: 'GET', path: `/servicePrincipals/${resourceId}?$select=id,appRoles` },
      signal,
    );
    if (answer.kind === 'missing') continue;
    if (answer.kind !== 'ok') return answer;
    const { appRoles = [] } = answer.body as { appRoles?: { id: string; value?: string | null }[] };
    for (const { id, value } of appRoles)
      if (value != null && scopes.includes(value)) elements.push(roleElement({ resourceId, appRoleId: id }));
  }
  return { kind: 'ok', elements };
}

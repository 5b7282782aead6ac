/**
 * Our own Conditional Access policy that blocks the service principals in it. Groups do not reach service principals, so they
 * stand in the policy itself. Its other settings are nobody's business here: a policy that somebody switched off is a person's
 * change, and one that does not carry our name is never touched.
 */
import { isPlain } from '../holding.js';
import type { Graph } from '../graph.js';
import type { Read, Slot, Written } from '../slot.js';

export const OWN_NAME = 'Stepdown';
export const ENABLED = '[enabled]';

interface Policy {
  displayName?: string;
  state?: string;
  conditions?: { clientApplications?: { includeServicePrincipals?: string[] } } & Record<string, unknown>;
}

export function policySlot(graph: Graph, id: string, key: string): Slot {
  const path = `/identity/conditionalAccess/policies/${id}`;
  return {
    key,
    removable: false,
    async read(_holding, signal): Promise<Read> {
      const answer = await graph.ask({ method: 'GET', path }, signal);
      if (answer.kind === 'missing') return { kind: 'gone', reason: `our policy ${id} is not there any more` };
      if (answer.kind !== 'ok') return answer;
      const policy = answer.body as Policy;
      if (policy.displayName?.startsWith(OWN_NAME) !== true)
        return { kind: 'refused', reason: `the policy ${id} is not ours: its name does not begin with ${OWN_NAME}` };
      const included = policy.conditions?.clientApplications?.includeServicePrincipals ?? [];
      return {
        kind: 'found',
        elements: new Set([...included, ...(policy.state === 'enabled' ? [ENABLED] : [])]),
        raw: policy,
      };
    },
    async write({ add, remove }, found, signal): Promise<Written> {
      const { conditions } = found.raw as Policy;
      const shown = conditions?.clientApplications?.includeServicePrincipals ?? [];
      // The list is written whole: what was confirmed and is not shown yet must stand in it too.
      const unseen = [...found.elements].filter((element) => isPlain(element) && !shown.includes(element));
      const included = [...shown.filter((element) => found.elements.has(element)), ...unseen];
      const left = [...included.filter((element) => !remove.includes(element)), ...add];
      if (left.length === 0)
        return {
          kind: 'refused',
          reason:
            'a policy without anyone in it is none: keep the placeholder that `stepdown entra bootstrap` put there',
        };
      const answer = await graph.ask(
        {
          method: 'PATCH',
          path,
          body: {
            conditions: {
              ...conditions,
              clientApplications: { ...conditions?.clientApplications, includeServicePrincipals: left },
            },
          },
        },
        signal,
      );
      if (answer.kind === 'missing') return { kind: 'retry', reason: answer.reason };
      return answer.kind === 'ok' ? { kind: 'done' } : answer;
    },
  };
}

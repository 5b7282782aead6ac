/**
 * A delegated permission grant, named by whom it is for (client, resource, consent type, principal) and not by its id: one that
 * is narrowed to nothing is deleted and comes back with another id. The scope is one text that is written whole, so what a
 * person writes between our reading and our writing, a moment apart, would be lost; Graph offers no condition against that.
 */
import { EXISTS, isPlain } from '../holding.js';
import type { Graph } from '../graph.js';
import type { Read, Slot, Written } from '../slot.js';
import { NOT_SHOWN } from './group.js';

export interface Grant {
  id: string;
  clientId: string;
  resourceId: string;
  consentType: string;
  principalId?: string | null;
  scope?: string;
}

export const grantKey = ({ clientId, resourceId, consentType, principalId }: Omit<Grant, 'id'>): string =>
  `grant/${clientId}/${resourceId}/${consentType}/${principalId ?? '-'}`;

export const scopesOf = ({ scope = '' }: Pick<Grant, 'scope'>): string[] =>
  scope.split(' ').filter((each) => each !== '');

export function grantSlot(graph: Graph, id: string, key: string): Slot {
  const [clientId = '', resourceId = '', consentType = '', principal = '-'] = id.split('/');
  return {
    key,
    removable: true,
    async read(_holding, signal): Promise<Read> {
      const answer = await graph.list(`/servicePrincipals/${clientId}/oauth2PermissionGrants`, signal);
      if (answer.kind === 'missing')
        return { kind: 'gone', reason: `the service principal ${clientId} is not there any more` };
      if (answer.kind !== 'ok') return answer;
      const grant = (answer.items as Grant[]).find((each) => grantKey(each) === key);
      if (grant === undefined) return { kind: 'found', elements: new Set() };
      return { kind: 'found', elements: new Set([EXISTS, ...scopesOf(grant)]), raw: grant };
    },
    async write({ add, remove }, found, signal): Promise<Written> {
      const shown = found.raw as Grant | undefined;
      // Made anew by us and not shown yet: its id is not known.
      if (shown === undefined && found.elements.has(EXISTS)) return NOT_SHOWN;
      const grant = found.elements.has(EXISTS) ? shown : undefined;
      const before = grant === undefined ? [] : scopesOf(grant).filter((scope) => found.elements.has(scope));
      const unseen = [...found.elements].filter((element) => isPlain(element) && !before.includes(element));
      const kept = [...before, ...(grant === undefined ? [] : unseen)].filter((scope) => !remove.includes(scope));
      const scope = [...new Set([...kept, ...add.filter(isPlain)])].join(' ');
      const path = `/oauth2PermissionGrants/${grant?.id ?? ''}`;
      const answer =
        grant === undefined
          ? await graph.ask(
              {
                method: 'POST',
                path: '/oauth2PermissionGrants',
                body: {
                  clientId,
                  resourceId,
                  consentType,
                  scope,
                  ...(principal === '-' ? {} : { principalId: principal }),
                },
              },
              signal,
            )
          : remove.includes(EXISTS)
            ? await graph.ask({ method: 'DELETE', path }, signal)
            : await graph.ask({ method: 'PATCH', path, body: { scope } }, signal);
      if (answer.kind === 'missing') return { kind: 'retry', reason: answer.reason };
      return answer.kind === 'ok' ? { kind: 'done' } : answer;
    },
  };
}

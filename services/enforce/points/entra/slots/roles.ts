/** The app roles of a service principal. An assignment has no other content than who, where and what, so it comes back whole, under a new id. */
import type { Graph } from '../graph.js';
import type { Read, Slot, Written } from '../slot.js';
import { eachOf, NOT_SHOWN } from './group.js';

export interface Assignment {
  id: string;
  resourceId: string;
  appRoleId: string;
}
export const roleElement = ({ resourceId, appRoleId }: Omit<Assignment, 'id'>): string => `${resourceId}/${appRoleId}`;

export function rolesSlot(graph: Graph, id: string, key: string): Slot {
  const path = `/servicePrincipals/${id}/appRoleAssignments`;
  return {
    key,
    removable: false,
    async read(_holding, signal): Promise<Read> {
      const answer = await graph.list(path, signal);
      if (answer.kind === 'missing')
        return { kind: 'gone', reason: `the service principal ${id} is not there any more` };
      if (answer.kind !== 'ok') return answer;
      const items = answer.items as Assignment[];
      return { kind: 'found', elements: new Set(items.map(roleElement)), raw: items };
    },
    async write({ add, remove }, found, signal): Promise<Written> {
      const items = found.raw as Assignment[];
      const gone = items.filter((item) => remove.includes(roleElement(item)));
      // Given anew by us and not shown yet: its id is not known.
      if (remove.some((element) => !gone.some((item) => roleElement(item) === element))) return NOT_SHOWN;
      const parts = [
        ...add.map((element) => {
          const [resourceId = '', appRoleId = ''] = element.split('/');
          return {
            element,
            gone: false,
            ask: { method: 'POST' as const, path, body: { principalId: id, resourceId, appRoleId } },
          };
        }),
        ...gone.map((item) => ({
          element: roleElement(item),
          gone: true,
          ask: { method: 'DELETE' as const, path: `${path}/${item.id}` },
        })),
      ];
      const answers = await graph.batch(
        parts.map(({ ask }) => ask),
        signal,
      );
      return eachOf(
        parts.map(({ element, gone: isGone }, index) => ({ element, answer: answers[index], gone: isGone })),
        found.settling,
      );
    },
  };
}

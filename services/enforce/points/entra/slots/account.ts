/** Whether a service principal may sign in at all. */
import type { Graph } from '../graph.js';
import type { Read, Slot, Written } from '../slot.js';

export const ACCOUNT_ENABLED = 'enabled';

export function accountSlot(graph: Graph, id: string, key: string): Slot {
  const path = `/servicePrincipals/${id}`;
  return {
    key,
    removable: false,
    async read(_holding, signal): Promise<Read> {
      const answer = await graph.ask({ method: 'GET', path: `${path}?$select=id,accountEnabled` }, signal);
      if (answer.kind === 'missing')
        return { kind: 'gone', reason: `the service principal ${id} is not there any more` };
      if (answer.kind !== 'ok') return answer;
      const { accountEnabled } = answer.body as { accountEnabled?: boolean };
      return { kind: 'found', elements: new Set(accountEnabled === true ? [ACCOUNT_ENABLED] : []) };
    },
    async write({ add }, _found, signal): Promise<Written> {
      const body = { accountEnabled: add.includes(ACCOUNT_ENABLED) };
      const answer = await graph.ask({ method: 'PATCH', path, body }, signal);
      if (answer.kind === 'missing') return { kind: 'retry', reason: answer.reason };
      return answer.kind === 'ok' ? { kind: 'done' } : answer;
    },
  };
}

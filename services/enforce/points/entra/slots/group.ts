/** Our own group, whose members one of our own policies is about. Members are added and removed one by one, in batches. */
import type { Answer, Ask, Graph } from '../graph.js';
import type { Read, Slot, Written } from '../slot.js';
import { OWN_NAME } from './policy.js';

export function groupSlot(graph: Graph, id: string, key: string): Slot {
  return {
    key,
    removable: false,
    async read(_holding, signal): Promise<Read> {
      const group = await graph.ask({ method: 'GET', path: `/groups/${id}?$select=id,displayName` }, signal);
      if (group.kind === 'missing') return { kind: 'gone', reason: `our group ${id} is not there any more` };
      if (group.kind !== 'ok') return group;
      const { displayName } = group.body as { displayName?: string };
      if (displayName?.startsWith(OWN_NAME) !== true)
        return { kind: 'refused', reason: `the group ${id} is not ours: its name does not begin with ${OWN_NAME}` };
      const members = await graph.list(`/groups/${id}/members?$select=id&$top=999`, signal);
      if (members.kind === 'missing') return { kind: 'gone', reason: members.reason };
      if (members.kind !== 'ok') return members;
      return { kind: 'found', elements: new Set(members.items.map((item) => (item as { id: string }).id)) };
    },
    async write({ add, remove }, found, signal): Promise<Written> {
      const asks: (Ask & { element: string })[] = [
        ...add.map((element) => ({
          element,
          method: 'POST' as const,
          path: `/groups/${id}/members/$ref`,
          body: { '@odata.id': `${graph.url}/v1.0/directoryObjects/${element}` },
        })),
        ...remove.map((element) => ({
          element,
          method: 'DELETE' as const,
          path: `/groups/${id}/members/${element}/$ref`,
        })),
      ];
      const answers = await graph.batch(
        asks.map(({ element: _, ...ask }) => ask),
        signal,
      );
      return eachOf(
        asks.map(({ element, method }, index) => ({ element, answer: answers[index], gone: method === 'DELETE' })),
        found.settling,
      );
    },
  };
}

/** What was confirmed before is not shown yet, and what is asked now rests on it. */
export const NOT_SHOWN: Extract<Written, { kind: 'retry' }> = {
  kind: 'retry',
  reason: 'the directory does not show yet what it confirmed',
  afterMs: 10_000,
};

/** One verdict over many answers: what failed for good is named; where anything is unsure, all is looked at again. */
export function eachOf(
  parts: readonly { element: string; answer: Answer | undefined; /** Not there is as good as done. */ gone: boolean }[],
  settling: ReadonlySet<string> = new Set(),
): Written {
  const refused = new Map<string, string>();
  let again: Extract<Answer, { kind: 'retry' | 'unknown' }> | undefined;
  for (const { element, answer, gone } of parts) {
    if (answer === undefined || answer.kind === 'ok') continue;
    if (answer.kind === 'missing') {
      if (!gone) refused.set(element, answer.reason);
      // Put there by us a moment ago, and a copy that lags behind does not know it: it would come after all.
      else if (settling.has(element)) again = NOT_SHOWN;
    } else if (answer.kind === 'refused') {
      if (!/already exist/i.test(answer.reason)) refused.set(element, answer.reason);
      // Taken away by us a moment ago. Else somebody put it there in between.
      else if (settling.has(element)) again = NOT_SHOWN;
    } else again = answer;
  }
  // Some of it may be done: only reading it again tells.
  if (again !== undefined) return parts.length === 1 ? again : { kind: 'unknown', reason: again.reason };
  return refused.size === 0 ? { kind: 'done' } : { kind: 'done', refused };
}

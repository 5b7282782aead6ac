/** The sessions of a user, revoked once for each effect that asks for it. They do not come back, and nothing is there to be seen. */
import type { Graph } from '../graph.js';
import type { Read, Slot, Written } from '../slot.js';

export const revokedFor = (effectId: string): string => `revoked for ${effectId}`;

export function sessionsSlot(graph: Graph, id: string, key: string): Slot {
  return {
    key,
    removable: false,
    // What was done is known from our own books alone.
    async read(holding): Promise<Read> {
      return { kind: 'found', elements: new Set(holding.given) };
    },
    async write({ add }, _found, signal): Promise<Written> {
      if (add.length === 0) return { kind: 'done' };
      const answer = await graph.ask({ method: 'POST', path: `/users/${id}/revokeSignInSessions` }, signal);
      if (answer.kind === 'missing') return { kind: 'refused', reason: answer.reason };
      return answer.kind === 'ok' ? { kind: 'done' } : answer;
    },
  };
}

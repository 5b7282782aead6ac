/** Whether a service principal counts as compromised. What its risk was before is not brought back by dismissing it. */
import type { Graph } from '../graph.js';
import type { Read, Slot, Written } from '../slot.js';

export const COMPROMISED = 'compromised';

export function riskSlot(graph: Graph, id: string, key: string): Slot {
  const root = '/identityProtection/riskyServicePrincipals';
  return {
    key,
    removable: false,
    async read(_holding, signal): Promise<Read> {
      const answer = await graph.ask({ method: 'GET', path: `${root}/${id}` }, signal);
      // Whoever was never at risk is not listed.
      if (answer.kind === 'missing') return { kind: 'found', elements: new Set() };
      if (answer.kind !== 'ok') return answer;
      const { riskState } = answer.body as { riskState?: string };
      return { kind: 'found', elements: new Set(riskState === 'confirmedCompromised' ? [COMPROMISED] : []) };
    },
    async write({ add }, _found, signal): Promise<Written> {
      const act = add.includes(COMPROMISED) ? 'confirmCompromised' : 'dismiss';
      const answer = await graph.ask(
        { method: 'POST', path: `${root}/${act}`, body: { servicePrincipalIds: [id] } },
        signal,
      );
      if (answer.kind === 'missing') return { kind: 'refused', reason: answer.reason };
      return answer.kind === 'ok' ? { kind: 'done' } : answer;
    },
  };
}

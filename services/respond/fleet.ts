/**
 * How many different agents there are, from bounded memory: keep the k smallest of their hashes (spread evenly over 0…1);
 * with the k-th smallest at v there are about (k − 1) / v (Bar-Yossef et al. 2002). Exact below k; about 1/√k off above.
 */
import { shortHash } from '../runtime/hash.js';
import type { FleetState } from './states.js';

const K = 256;

/** The state with the agent counted; the same object where that changes nothing. */
export function withAgent(state: FleetState | undefined, agentId: string): FleetState {
  const smallest = state?.smallest ?? [];
  const hash = Number.parseInt(shortHash(agentId).slice(0, 12), 16) / 2 ** 48;
  if (smallest.includes(hash) || (smallest.length >= K && hash >= (smallest[K - 1] ?? 1))) return state ?? { smallest };
  return { smallest: [...smallest, hash].sort((a, b) => a - b).slice(0, K) };
}

export function fleetSize(state: FleetState | undefined): number {
  const smallest = state?.smallest ?? [];
  const last = smallest[K - 1];
  return last === undefined ? smallest.length : Math.round((K - 1) / last);
}

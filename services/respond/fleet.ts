/**
 * How many different agents there are, from bounded memory: keep the k smallest of their hashes (spread evenly over 0…1);
 * with the k-th smallest at v there are about (k − 1) / v (Bar-Yossef et al. 2002). Exact below k; about 1/√k off above.
 */
import { shortHash } from '../runtime/hash.js';
import type { FleetState } from './states.js';

const K = 256;

/** Where agents' hashes lie between 0 and 1: each conversation counts its agent again. Bounded, then begun anew. */
const hashes = new Map<string, number>();
const MOST_HASHES = 10_000;

function hashOf(agentId: string): number {
  let hash = hashes.get(agentId);
  if (hash === undefined) {
    hash = Number.parseInt(shortHash(agentId).slice(0, 12), 16) / 2 ** 48;
    if (hashes.size >= MOST_HASHES) hashes.clear();
    hashes.set(agentId, hash);
  }
  return hash;
}

/** The state with the agent counted; the same object where that changes nothing. */
export function withAgent(state: FleetState | undefined, agentId: string): FleetState {
  const smallest = state?.smallest ?? [];
  const hash = hashOf(agentId);
  if (smallest.includes(hash) || (smallest.length >= K && hash >= (smallest[K - 1] ?? 1))) return state ?? { smallest };
  return { smallest: [...smallest, hash].sort((a, b) => a - b).slice(0, K) };
}

export function fleetSize(state: FleetState | undefined): number {
  const smallest = state?.smallest ?? [];
  const last = smallest[K - 1];
  return last === undefined ? smallest.length : Math.round((K - 1) / last);
}

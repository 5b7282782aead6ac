/**
 * A playbook's limits: how many targets, what share of the fleet, how many in a time. Counted before any effect, in the
 * playbook's own state, which has one writer: a cap cannot be overrun.
 */
import { type EntityRef, entityKey } from '../../schemas/entity.js';
import type { Cause } from './cause.js';
import { fleetSize } from './fleet.js';
import { fleetKey, playbookKey } from './keys.js';
import { note, type Notes } from './notes.js';
import type { CompiledLimits, CompiledPlaybook } from './playbook/types.js';
import { type FleetState, NO_PLAYBOOK, type PlaybookState, type Reservation } from './states.js';
import type { Workspace } from './workspace.js';

const agentOf = (reserved: string | Reservation): string => (typeof reserved === 'string' ? reserved : reserved.agent);

/** How many targets besides this one are contracted. */
function otherTargets(live: NonNullable<PlaybookState['live']>, own: string): number {
  const targets = new Set(Object.entries(live).map(([id, each]) => (typeof each === 'string' ? id : each.target)));
  targets.delete(own);
  return targets.size;
}

/** Which limit one more enforced contraction on this target would go beyond, in words; `undefined`: none. */
export function beyondLimits(
  work: Workspace,
  playbook: CompiledPlaybook,
  limits: CompiledLimits,
  target: EntityRef,
  cause: Cause,
  notes?: Notes,
): string | undefined {
  const { targets, fleetPercent, contractions } = limits;
  if (targets === undefined && fleetPercent === undefined && contractions === undefined) return undefined;
  const key = playbookKey(cause.tenant, playbook.id);
  const state = work.get<PlaybookState>(key) ?? NO_PLAYBOOK;
  const live = state.live ?? {};
  // From here on every enforced contraction of it is counted.
  if (state.live === undefined) work.put(key, { ...state, live });
  const reserved = Object.keys(live).length;
  const made = madeLately(state, limits, work.nowMs).length;
  const known = fleetPercent === undefined ? 0 : fleetSize(work.get<FleetState>(fleetKey(cause.tenant)));
  const allowed = Math.max(1, Math.floor((known * (fleetPercent ?? 100)) / 100));
  // There are no more targets and agents than contractions: they are told apart only where that decides, or is told.
  const near = notes !== undefined || (targets !== undefined && reserved >= targets);
  const others = near ? otherTargets(live, entityKey(target)) : reserved;
  const nearAgents = fleetPercent !== undefined && (notes !== undefined || reserved + 1 > allowed);
  const agents = nearAgents ? new Set([...Object.values(live).map(agentOf), cause.agentId]).size : reserved + 1;
  const beyond =
    targets !== undefined && others >= targets
      ? `${others} of ${targets} targets are contracted`
      : contractions !== undefined && made >= contractions.most
        ? `${made} of ${contractions.most} contractions were made in the time`
        : fleetPercent !== undefined && agents > allowed
          ? `${agents} of ${known} agents would be contracted, ${fleetPercent}% are allowed`
          : undefined;
  note(notes, 'limits', beyond === undefined, beyond ?? 'it stays within its limits', {
    targets: others,
    ...(targets === undefined ? {} : { 'targets allowed': targets }),
    ...(contractions === undefined ? {} : { 'made lately': made, 'made allowed': contractions.most }),
    ...(fleetPercent === undefined ? {} : { agents, 'agents allowed': allowed }),
  });
  return beyond;
}

function madeLately({ madeAtMs = [] }: PlaybookState, { contractions }: CompiledLimits, nowMs: number): number[] {
  return contractions === undefined ? [] : madeAtMs.filter((atMs) => atMs > nowMs - contractions.perMs);
}

/** Counts one contraction into the limit per time. */
export function countMade(work: Workspace, playbook: CompiledPlaybook, limits: CompiledLimits, tenant: string): void {
  if (limits.contractions === undefined) return;
  const key = playbookKey(tenant, playbook.id);
  const state = work.get<PlaybookState>(key) ?? NO_PLAYBOOK;
  const madeAtMs = [...madeLately(state, limits, work.nowMs), work.nowMs].slice(-limits.contractions.most);
  work.put(key, { ...state, madeAtMs });
}

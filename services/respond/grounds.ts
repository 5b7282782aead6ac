/** What a live contraction stands on, so that an exception or an allowance written later can be held against it. */
import type { Contraction } from '../../schemas/contraction.js';
import { excuseFor } from './judgement.js';
import { groundsKey } from './keys.js';
import type { CompiledPlaybook, ConditionContext } from './playbook/types.js';
import { type GroundsState, MAX_GROUNDS, NO_GROUNDS } from './states.js';
import type { Workspace } from './workspace.js';

export function addGround(work: Workspace, { tenant, id }: Contraction, ground: ConditionContext): void {
  const before = work.get<GroundsState>(groundsKey(tenant, id)) ?? NO_GROUNDS;
  work.put(groundsKey(tenant, id), {
    grounds: [...before.grounds, ground].slice(-MAX_GROUNDS),
    dropped: before.dropped + Math.max(0, before.grounds.length + 1 - MAX_GROUNDS),
  });
}

/**
 * Why a live contraction may go: all it stands on is excused as exceptions and allowlist are now. `undefined`: it stays,
 * also where not all it stands on is known any more.
 */
export function exceptedBy(work: Workspace, contraction: Contraction, playbook: CompiledPlaybook): string | undefined {
  const { grounds, dropped } = work.get<GroundsState>(groundsKey(contraction.tenant, contraction.id)) ?? NO_GROUNDS;
  if (grounds.length === 0 || dropped > 0) return undefined;
  if (playbook.exceptions.length === 0 && playbook.allowed.length === 0) return undefined;
  const reasons = grounds.map((ground) => excuseFor(playbook, ground, work.nowMs));
  return reasons.every((reason) => reason !== undefined) ? reasons[0] : undefined;
}

/**
 * When a contraction must be looked at again, and what is to be done then. One timer per contraction, set from its first
 * write on: at the earliest of lease renewal, quiet and `max`. Looked at late (the engine was down) it is judged by what
 * stands in the ledger, never ended because its lease ran out meanwhile.
 */
import type { Contraction } from '../../schemas/contraction.js';
import type { Risk } from '../../schemas/risk.js';
import { isOver } from './ledger.js';
import { lastAboveMs, scoreOf } from './risk.js';

/** An attack counts as going on for so long after its last signal where the playbook names no quiet time. */
export const ATTACK_WINDOW_MS = 15 * 60_000;
const ATTACK_BELOW = 30;
/** A lease ends at `max`: what then stays under attack is decided so much earlier that points hear of it in time. */
export const HANDOVER_MS = 5_000;
/** Where nothing says when to look again. */
const LOOK_AGAIN_MS = 60_000;

export type LeaseAct = 'renew' | 'quiet' | 'max' | 'page' | 'not-approved' | 'wait';

/** When it will have been quiet for long enough, if nothing more comes. `undefined`: quiet does not end it. */
export function quietAtMs(contraction: Contraction, risk: Risk | undefined, halfLifeMs: number): number | undefined {
  const { until } = contraction;
  if (until.kind !== 'quiet') return undefined;
  const above = risk === undefined ? -Infinity : lastAboveMs(risk.contributions, until.below, halfLifeMs);
  return Math.max(above, contraction.lastSignalAtMs) + until.forMs;
}

export function isUnderAttack(
  contraction: Contraction,
  risk: Risk | undefined,
  nowMs: number,
  halfLifeMs: number,
): boolean {
  const { until } = contraction;
  const window = until.kind === 'quiet' ? until.forMs : ATTACK_WINDOW_MS;
  const below = until.kind === 'quiet' ? until.below : ATTACK_BELOW;
  return nowMs - contraction.lastSignalAtMs < window || scoreOf(risk, nowMs, halfLifeMs) >= below;
}

/** Renewed when half of it is left, so that a short stall of the engine loses nothing; not where it lasts until `max`. */
export function renewAtMs(contraction: Contraction): number {
  const { mode, state, leaseUntilMs, leaseMs, maxAtMs, paged } = contraction;
  const goesOn = paged === true || leaseUntilMs < maxAtMs;
  return mode === 'enforce' && state === 'active' && goesOn ? leaseUntilMs - leaseMs / 2 : Infinity;
}

/** When it is asked whether it stays beyond `max`. */
function pageAtMs({ atMax, createdAtMs, maxAtMs }: Contraction): number {
  return atMax.active === 'page' ? maxAtMs - Math.min(HANDOVER_MS, (maxAtMs - createdAtMs) / 10) : Infinity;
}

/** Until when one that waits for a person may be approved. */
export const approveByMs = (contraction: Pick<Contraction, 'approveByMs' | 'maxAtMs'>): number =>
  contraction.approveByMs ?? contraction.maxAtMs;

/** What is due now; `wait`: nothing yet. */
export function dueAct(contraction: Contraction, risk: Risk | undefined, nowMs: number, halfLifeMs: number): LeaseAct {
  if (isOver(contraction)) return 'wait';
  if (contraction.state === 'awaiting_approval' || contraction.state === 'proposed')
    return nowMs >= approveByMs(contraction) ? 'not-approved' : 'wait';
  if (nowMs < (contraction.frozenUntilMs ?? 0)) return nowMs >= renewAtMs(contraction) ? 'renew' : 'wait';
  const quietAt = quietAtMs(contraction, risk, halfLifeMs);
  if (quietAt !== undefined && nowMs >= quietAt) return 'quiet';
  const stays = nowMs >= pageAtMs(contraction) && isUnderAttack(contraction, risk, nowMs, halfLifeMs);
  if (stays && contraction.paged !== true) return 'page';
  if (nowMs >= contraction.maxAtMs && !stays) return 'max';
  return nowMs >= renewAtMs(contraction) ? 'renew' : 'wait';
}

/** When to look again; always later than `nowMs`. */
export function nextLookMs(
  contraction: Contraction,
  risk: Risk | undefined,
  nowMs: number,
  halfLifeMs: number,
): number {
  if (contraction.state === 'awaiting_approval') return Math.max(nowMs + 1, approveByMs(contraction));
  const candidates = [
    renewAtMs(contraction),
    quietAtMs(contraction, risk, halfLifeMs) ?? Infinity,
    contraction.frozenUntilMs ?? Infinity,
  ];
  // After a page nothing but quiet ends it: look as often as an attack may fall silent.
  if (contraction.paged === true) candidates.push(contraction.lastSignalAtMs + ATTACK_WINDOW_MS);
  else candidates.push(Math.ceil(pageAtMs(contraction)), contraction.maxAtMs);
  const next = Math.min(...candidates.filter((atMs) => atMs > nowMs));
  return Number.isFinite(next) ? next : nowMs + LOOK_AGAIN_MS;
}

/** The latest time at which a look is due, whatever its risk is; `undefined`: nobody here looks at it any more. */
export function latestLookMs(contraction: Contraction): number | undefined {
  if (isOver(contraction)) return undefined;
  const silent = contraction.paged === true ? contraction.lastSignalAtMs + ATTACK_WINDOW_MS : contraction.maxAtMs;
  return Math.min(renewAtMs(contraction), silent);
}

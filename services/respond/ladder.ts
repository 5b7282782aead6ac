/**
 * The ladder of repeat offenders: each time a playbook contracts the same target again, its lengths grow by a multiplier,
 * up to a maximum, and vary a little so that an end cannot be timed. A step comes down for every `decay` without a new
 * contraction: a ladder that only goes up turns every old mistake into a life sentence.
 */
import type { EntityRef } from '../../schemas/entity.js';
import { entityKey } from '../../schemas/entity.js';
import { shortHash } from '../runtime/hash.js';
import { isForgettable } from './contraction-book.js';
import { targetKey } from './keys.js';
import type { CompiledEscalation, CompiledPlaybook } from './playbook/types.js';
import { type LadderStep, NO_TARGET, type TargetState } from './states.js';
import type { Workspace } from './workspace.js';

/** On which step it stands after decay; 0: the first time. */
export function levelAt(step: LadderStep | undefined, nowMs: number): number {
  if (step === undefined) return 0;
  const down = step.decayMs > 0 ? Math.floor(Math.max(0, nowMs - step.atMs) / step.decayMs) : 0;
  return Math.max(0, step.level - down);
}

/** A length on a step: `base · multiplier^level`, jittered, at most `maximum`, and never below what the playbook says. */
export function lengthAt(baseMs: number, level: number, escalation: CompiledEscalation, seed: string): number {
  if (level === 0) return baseMs;
  const { multiplier, maximumMs, jitter } = escalation;
  // From the contraction's own id, so that a step done again gives the same length. 0 to 1.
  const random = Number.parseInt(shortHash('jitter', seed).slice(0, 8), 16) / 0xffff_ffff;
  const varied = baseMs * multiplier ** level * (1 + jitter * (2 * random - 1));
  return Math.max(baseMs, Math.min(Math.round(varied), maximumMs));
}

/** Notes that the playbook contracted the target once more. */
export function climb(work: Workspace, playbook: CompiledPlaybook, target: EntityRef): void {
  const { escalation } = playbook;
  if (!escalation) return;
  const key = targetKey(target);
  const state = work.get<TargetState>(key) ?? NO_TARGET;
  const level = levelAt(state.ladder?.[playbook.id], work.nowMs) + 1;
  const ladder = { ...state.ladder, [playbook.id]: { level, atMs: work.nowMs, decayMs: escalation.decayMs } };
  work.put(key, { ...state, ladder });
  lookAgain(work, target, ladder);
}

function lookAgain(work: Workspace, target: EntityRef, ladder: Readonly<Record<string, LadderStep>>): void {
  const groundMs = Math.max(...Object.values(ladder).map(({ level, atMs, decayMs }) => atMs + level * decayMs));
  work.timer(`ladder:${entityKey(target)}`, groundMs, { about: 'ladder', target });
}

/** Forgets the steps that have come down to the ground. */
export function descend(work: Workspace, target: EntityRef): void {
  const key = targetKey(target);
  const state = work.get<TargetState>(key);
  if (!state?.ladder) return;
  const ladder = Object.fromEntries(Object.entries(state.ladder).filter(([, step]) => levelAt(step, work.nowMs) > 0));
  const { ladder: _, ...rest } = state;
  const left: TargetState = Object.keys(ladder).length === 0 ? rest : { ...rest, ladder };
  work.put(key, isForgettable(left) ? undefined : left);
  if (left.ladder) lookAgain(work, target, left.ladder);
}

/**
 * The two state machines of enforcement, as tables: what may follow what. docs/enforcement.md draws them; the ledger, the
 * reconciler and the model check all read them here.
 */
import type { ContractionState, EffectState } from '../../schemas/contraction.js';

/** A contraction restricts in `active` only. `ending`: some enforcement point outside has not taken it back yet. */
export const CONTRACTION_MOVES: Readonly<Record<ContractionState, readonly ContractionState[]>> = {
  proposed: ['awaiting_approval', 'active'],
  awaiting_approval: ['active', 'ended'],
  active: ['ending', 'ended'],
  ending: ['ended'],
  ended: [],
};

/**
 * - `pending`: wanted, and not known to be in place. `failed`: refused, or not done within its deadline; tried on, slowly.
 * - `applied`: the point has it. Lost there (it forgot) it is `pending` again.
 * - `drifted`: a person changed it. Nothing is done about it while the contraction lives; at its end what is still ours
 *   is taken back, and what is not stays as the person left it.
 * - `reverting` → `reverted`; `revert_failed` is tried on until it is.
 */
export const EFFECT_MOVES: Readonly<Record<EffectState, readonly EffectState[]>> = {
  pending: ['applied', 'failed', 'drifted', 'reverting', 'reverted'],
  applied: ['pending', 'failed', 'drifted', 'reverting'],
  failed: ['pending', 'applied', 'drifted', 'reverting', 'reverted'],
  drifted: ['reverting'],
  reverting: ['reverted', 'revert_failed', 'drifted'],
  revert_failed: ['reverting', 'reverted', 'drifted'],
  reverted: [],
};

export const mayMove = (from: EffectState, to: EffectState): boolean => EFFECT_MOVES[from].includes(to);

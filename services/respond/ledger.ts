/**
 * The life of a contraction as pure transitions; docs/policy.md draws it. Each returns a new record. `version` is raised
 * once per step by whoever writes it.
 *
 *   proposed → active → (ending →) ended(reason)
 *   proposed → awaiting_approval → active | ended(not-approved)
 *
 * What may follow what stands in policy/lifecycle.ts. `ending`: it restricts nothing any more here, and is not ended while an
 * enforcement point outside has not taken it back.
 *
 * Nothing widens: controls are only ever added, and an end takes the whole contraction away.
 */
import { type Trust, TRUSTS } from '../../schemas/common.js';
import type { Contraction, ContractionState, EffectState, EndReason, Transition } from '../../schemas/contraction.js';
import type { Control } from '../../schemas/control.js';
import { DECISION_POINT_NAME } from '../policy/enforcement-points.js';
import { CONTRACTION_MOVES } from '../policy/lifecycle.js';

export const MAX_HISTORY = 50;
const MAX_CONTROLS = 50;
const MAX_SESSIONS = 50;
const MAX_FINDINGS = 200;
export const DECISION_POINT = DECISION_POINT_NAME;

export interface Actor {
  by: string;
  reason: string;
}
export const ENGINE = 'engine';

function noted(contraction: Contraction, ...entries: Transition[]): readonly Transition[] {
  return [...contraction.history, ...entries].slice(-MAX_HISTORY);
}

function moved(contraction: Contraction, to: ContractionState, atMs: number, actor: Actor): Contraction {
  if (!CONTRACTION_MOVES[contraction.state].includes(to))
    throw new Error(`a contraction does not go from ${contraction.state} to ${to}`);
  return { ...contraction, state: to, history: [...noted(contraction, { atMs, to, ...actor })] };
}

/** How many live contractions an entity may have counted; see {@link Contraction}. */
export type Opening = Omit<
  Contraction,
  'schemaVersion' | 'version' | 'state' | 'leaseUntilMs' | 'lastSignalAtMs' | 'attempts' | 'effects' | 'history'
>;

/**
 * How long a point that hears of it now may keep it: a lease, and never beyond `max`, since points count it from when they
 * hear. Once a person was called it has outlived its `max`, and goes on lease by lease.
 */
function leaseFrom({ maxAtMs, paged }: Pick<Contraction, 'maxAtMs' | 'paged'>, nowMs: number, leaseMs: number): number {
  return paged === true ? leaseMs : Math.max(0, Math.min(leaseMs, maxAtMs - nowMs));
}

/** The lease is carried on, by `leaseMs` at most; not worth a line in the history. */
export function renew(contraction: Contraction, nowMs: number, leaseMs: number): Contraction {
  const given = leaseFrom(contraction, nowMs, leaseMs);
  return { ...contraction, leaseMs: given, leaseUntilMs: nowMs + given };
}

/** Active at once, or waiting for a person. Its end is registered in the same write by the timer that is set with it. */
export function open(opening: Opening, nowMs: number, actor: Actor, waits: boolean): Contraction {
  const leaseMs = leaseFrom(opening, nowMs, opening.leaseMs);
  const proposed: Contraction = {
    ...opening,
    leaseMs,
    schemaVersion: 1,
    version: 0,
    state: 'proposed',
    leaseUntilMs: nowMs + leaseMs,
    lastSignalAtMs: nowMs,
    attempts: 0,
    effects: [],
    history: [{ atMs: nowMs, to: 'proposed', ...actor }],
  };
  if (waits)
    return moved(proposed, 'awaiting_approval', nowMs, { by: ENGINE, reason: 'beyond the limits of its playbook' });
  return activate(proposed, nowMs, opening.leaseMs, actor);
}

/** A person agreed: its longest time counts from now, not from when it was proposed. */
export function approve(contraction: Contraction, nowMs: number, leaseMs: number, actor: Actor): Contraction {
  const { approveByMs: _, createdAtMs, maxAtMs, ...rest } = contraction;
  const waited = nowMs - createdAtMs;
  return activate({ ...rest, createdAtMs, maxAtMs: maxAtMs + waited, lastSignalAtMs: nowMs }, nowMs, leaseMs, actor);
}

export function activate(contraction: Contraction, nowMs: number, leaseMs: number, actor: Actor): Contraction {
  const effects =
    contraction.mode === 'observe'
      ? []
      : contraction.controls.map((_, index) => effectAt(contraction.id, index, nowMs));
  return { ...renew(moved(contraction, 'active', nowMs, actor), nowMs, leaseMs), effects };
}

function effectAt(id: string, control: number, nowMs: number): Contraction['effects'][number] {
  return {
    id: `${id}/${control}/${DECISION_POINT}`,
    control,
    point: DECISION_POINT,
    state: 'applied',
    selfExpiring: true,
    reversible: true,
    updatedAtMs: nowMs,
  };
}

const stronger = (a: Trust, b: Trust): Trust => (TRUSTS.indexOf(a) >= TRUSTS.indexOf(b) ? a : b);
const spelled = (control: Control) => JSON.stringify(control);

/** Another signal of the same attack: it lives on, and what is newly predicted is restricted too. `max` stays. */
export function repeat(
  contraction: Contraction,
  more: { findingId: string; sessionId: string; trust: Trust; controls: readonly Control[] },
  nowMs: number,
  leaseMs: number,
  actor: Actor,
): Contraction {
  const known = new Set(contraction.controls.map(spelled));
  const added = more.controls
    .filter((control) => !known.has(spelled(control)))
    .slice(0, Math.max(0, MAX_CONTROLS - contraction.controls.length));
  const controls = added.length === 0 ? contraction.controls : [...contraction.controls, ...added];
  const effects =
    contraction.mode === 'observe' || contraction.state !== 'active'
      ? contraction.effects
      : [
          ...contraction.effects,
          ...added.map((_, index) => effectAt(contraction.id, contraction.controls.length + index, nowMs)),
        ];
  return {
    ...renew(contraction, nowMs, leaseMs),
    controls,
    effects,
    findingIds: [...contraction.findingIds, more.findingId].slice(-MAX_FINDINGS),
    sessionIds: contraction.sessionIds.includes(more.sessionId)
      ? contraction.sessionIds
      : [...contraction.sessionIds, more.sessionId].slice(-MAX_SESSIONS),
    trust: stronger(contraction.trust, more.trust),
    lastSignalAtMs: nowMs,
    history: [...noted(contraction, { atMs: nowMs, to: 'renewed', ...actor })],
  };
}

/** Something tried what it blocks or holds: the attack stands, however quiet the detectors are (invariant 5). */
export function attempted(contraction: Contraction, action: string, nowMs: number, leaseMs: number): Contraction {
  return {
    ...renew(contraction, nowMs, leaseMs),
    attempts: contraction.attempts + 1,
    lastSignalAtMs: nowMs,
    history: [...noted(contraction, { atMs: nowMs, to: 'attempted', by: ENGINE, reason: action })],
  };
}

/** A person gives it more time. */
export function extend(
  contraction: Contraction,
  byMs: number,
  nowMs: number,
  leaseMs: number,
  actor: Actor,
): Contraction {
  const { paged: _, ...rest } = contraction;
  return {
    ...renew({ ...rest, maxAtMs: Math.max(contraction.maxAtMs, nowMs) + byMs }, nowMs, leaseMs),
    history: [...noted(contraction, { atMs: nowMs, to: 'extended', ...actor })],
  };
}

/** A person keeps it as it is: until then only a person ends it. */
export function freeze(
  contraction: Contraction,
  untilMs: number,
  nowMs: number,
  leaseMs: number,
  actor: Actor,
): Contraction {
  const held = { ...contraction, frozenUntilMs: untilMs, maxAtMs: Math.max(contraction.maxAtMs, untilMs) };
  return {
    ...renew(held, nowMs, leaseMs),
    history: [...noted(contraction, { atMs: nowMs, to: 'frozen', ...actor })],
  };
}

export function isFrozen({ frozenUntilMs = 0 }: Contraction, nowMs: number): boolean {
  return nowMs < frozenUntilMs;
}

/** Its `max` came while the attack goes on: a person is called, it stays. */
export function page(contraction: Contraction, nowMs: number, leaseMs: number): Contraction {
  return {
    ...renew({ ...contraction, paged: true }, nowMs, leaseMs),
    history: [
      ...noted(contraction, { atMs: nowMs, to: 'paged', by: ENGINE, reason: 'max is reached and the attack goes on' }),
    ],
  };
}

export function end(contraction: Contraction, endReason: EndReason, nowMs: number, actor: Actor): Contraction {
  const waits = contraction.effects.some(({ point, state }) => point !== DECISION_POINT && state !== 'reverted');
  // Publishing the end is the revert: the decision point takes this one contraction out and computes again.
  const effects = contraction.effects.map((effect) => ({
    ...effect,
    state: effect.point === DECISION_POINT ? ('reverted' as const) : effectAtEnd(effect.state),
    updatedAtMs: nowMs,
  }));
  if (waits) return { ...moved(contraction, 'ending', nowMs, actor), endReason, effects };
  if (contraction.state !== 'active')
    return { ...moved(contraction, 'ended', nowMs, actor), endedAtMs: nowMs, endReason, effects };
  // Nothing waits: it is ending and ended at once.
  const history = noted(contraction, { atMs: nowMs, to: 'ending', ...actor }, { atMs: nowMs, to: 'ended', ...actor });
  return { ...contraction, state: 'ended', history: [...history], endedAtMs: nowMs, endReason, effects };
}

/** The revert is registered in the write that ends the contraction. */
const effectAtEnd = (state: EffectState): EffectState => (state === 'reverted' ? state : 'reverting');

/** Every enforcement point has taken it back. */
export function finish(contraction: Contraction, nowMs: number): Contraction {
  const actor = { by: ENGINE, reason: 'every enforcement point has taken it back' };
  return { ...moved(contraction, 'ended', nowMs, actor), endedAtMs: nowMs };
}

/** Nothing more is to be done to it by whoever restricts: it has ended, or only waits to be taken back outside. */
export function isOver({ state }: Pick<Contraction, 'state'>): boolean {
  return state === 'ending' || state === 'ended';
}
export function isLive(contraction: Contraction): boolean {
  return contraction.state !== 'ended';
}
export function isEnforced(contraction: Contraction): boolean {
  return contraction.mode === 'enforce' && contraction.state === 'active';
}

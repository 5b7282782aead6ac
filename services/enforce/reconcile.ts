/**
 * Desired against actual, for one effect: pure transitions of its journal entry. What may follow what stands in
 * policy/lifecycle.ts; docs/enforcement.md draws it.
 *
 * - Before the point is asked, the entry says durably that it may have been (`begin`).
 * - An apply is looked at again soon after it is said to be done, and then every `reconcileEveryMs`. What the point lost is
 *   applied again, `maxRounds` times; then a person is called: an endless loop helps nobody.
 * - What a person changed is marked and left alone while the contraction lives.
 * - A revert counts once the point was seen without it, and not before a request without an answer can no longer land.
 *   It is tried for ever, with growing pauses; after `revertAttempts` it is told as failed, and tried on.
 */
import type { Contraction, EffectState } from '../../schemas/contraction.js';
import { HOLD_GRACE_MS } from '../policy/contraction-index.js';
import { mayMove } from '../policy/lifecycle.js';
import { backoffMs } from '../runtime/backoff.js';
import { type EffectEntry, type External, reasonOf, type Step } from './entry.js';
import type { Observation, Outcome } from './point.js';

export interface ReconcileOptions {
  /** How often what is in place is looked at. */
  reconcileEveryMs: number;
  /** After how long a request that was not answered is given up. */
  actionTimeoutMs: number;
  /** What could not be applied for so long is told as failed, and tried on. */
  applyDeadlineMs: number;
  revertAttempts: number;
  maxRounds: number;
  backoff: { baseMs: number; capMs: number };
  /** How much longer than its lease a point keeps what says `hold`. */
  holdGraceMs: number;
}
export const RECONCILE: ReconcileOptions = {
  reconcileEveryMs: 60_000,
  actionTimeoutMs: 20_000,
  applyDeadlineMs: 120_000,
  revertAttempts: 3,
  maxRounds: 5,
  backoff: { baseMs: 500, capMs: 300_000 },
  holdGraceMs: HOLD_GRACE_MS,
};

/** How soon after an action it is looked whether it is true. */
const VERIFY_MS = 1_000;
/** What was refused wants a person; it is asked again so seldom. */
const REFUSED_AGAIN_MS = 600_000;
/** Held for so long, losses of before are forgotten. */
const ROUNDS_FORGOTTEN_MS = 3_600_000;

const at = (step: Step, dueMs: number): { next: NonNullable<EffectEntry['next']> } => ({ next: { step, dueMs } });

/** A change of state worth telling; the same entry's other fields as given. */
function moved(entry: EffectEntry, state: EffectState, error: string | undefined): EffectEntry {
  const { error: _, ...rest } = entry;
  const said = error === undefined ? {} : { error };
  if (entry.state === state) return entry.error === error ? entry : { ...rest, ...said, revision: entry.revision + 1 };
  if (!mayMove(entry.state, state)) throw new Error(`an effect does not go from ${entry.state} to ${state}`);
  return { ...rest, ...said, state, revision: entry.revision + 1 };
}

function without<K extends 'next' | 'askingUntilMs'>(entry: EffectEntry, key: K): EffectEntry {
  if (entry[key] === undefined) return entry;
  const { [key]: _, ...rest } = entry;
  return rest as EffectEntry;
}

const fresh = (nowMs: number) => ({ attempts: 0, sinceMs: nowMs });

/** With the engine gone: at the end of the lease, or a bounded grace later where the contraction says `hold`. */
function expiryOf(contraction: Contraction, { holdGraceMs }: Pick<ReconcileOptions, 'holdGraceMs'>): number {
  return contraction.leaseUntilMs + (contraction.engineGone === 'hold' ? holdGraceMs : 0);
}

/** What the ledger wants now; the same object where that changes nothing. */
export function desire(
  known: EffectEntry | undefined,
  contraction: Contraction,
  effect: External,
  nowMs: number,
  options: Pick<ReconcileOptions, 'holdGraceMs'>,
): EffectEntry | undefined {
  const wanted = contraction.mode === 'enforce' && contraction.state === 'active';
  if (known === undefined) {
    const control = contraction.controls[effect.control];
    if (control === undefined) return undefined;
    // Of an effect that is over, or was never asked for, nothing is to be remembered.
    if (effect.state === 'reverted' || contraction.state === 'ended') return undefined;
    // Marked by a person's change after its end: what was ours is taken back, and told.
    if (!wanted && effect.state === 'drifted') return undefined;
    const entry: EffectEntry = {
      schemaVersion: 1,
      id: effect.id,
      tenant: contraction.tenant,
      contractionId: contraction.id,
      contractionVersion: contraction.version,
      point: effect.point,
      target: contraction.target,
      control,
      reason: reasonOf(contraction),
      want: 'in-place',
      state: wanted ? effect.state : 'pending',
      revision: effect.revision ?? 0,
      // Told of before and not in the journal: the journal was lost. What may be out there is looked after all the same.
      touched: effect.revision !== undefined,
      sequence: nowMs,
      ...fresh(nowMs),
      rounds: 0,
      expiresAtMs: expiryOf(contraction, options),
      grantedUntilMs: 0,
      ...at(wanted && effect.state === 'applied' ? 'observe' : 'apply', nowMs),
    };
    if (wanted) return effect.state === 'drifted' ? without(entry, 'next') : entry;
    return release(entry, nowMs);
  }
  if (contraction.version <= known.contractionVersion) return known;
  const entry = { ...known, contractionVersion: contraction.version };
  if (!wanted) return known.want === 'gone' ? known : release(entry, nowMs);
  if (known.want === 'gone') return known;
  const expiresAtMs = expiryOf(contraction, options);
  const renews =
    effect.selfExpiring &&
    entry.state === 'applied' &&
    expiresAtMs > entry.grantedUntilMs &&
    entry.grantedUntilMs - nowMs < 0.75 * contraction.leaseMs;
  if (expiresAtMs === known.expiresAtMs && !renews) return known;
  return { ...entry, expiresAtMs, ...(renews ? at('apply', nowMs) : {}) };
}

/** It is wanted no more. */
export function release(entry: EffectEntry, nowMs: number): EffectEntry {
  const gone: EffectEntry = { ...without(entry, 'next'), want: 'gone', ...fresh(nowMs) };
  if (!gone.touched) return { ...moved(moved(gone, 'reverting', undefined), 'reverted', undefined), settled: true };
  return { ...moved(gone, 'reverting', undefined), ...at('revert', nowMs) };
}

/** The entry as it must be durable before the point is asked. */
export function begin(entry: EffectEntry, step: Step, nowMs: number, options: ReconcileOptions): EffectEntry {
  if (step === 'observe') return entry;
  // A request that was given up may be worked off behind our back for as long again.
  const askingUntilMs = nowMs + 2 * options.actionTimeoutMs;
  // What is lost or has expired there is made anew: what it was like before is no mark of it, and should the answer be lost,
  // our own work would look like a person's.
  const anew = step === 'apply' && (entry.state !== 'applied' || nowMs >= entry.grantedUntilMs);
  const { hash, ...rest } = entry;
  return {
    ...rest,
    ...(hash === undefined || anew ? {} : { hash }),
    touched: true,
    sequence: entry.sequence + 1,
    askingUntilMs,
  };
}

/** The request is over without a clear answer: given up, or its process ended. */
export function unanswered(entry: EffectEntry): EffectEntry {
  const { askingUntilMs } = entry;
  if (askingUntilMs === undefined) return entry;
  return { ...without(entry, 'askingUntilMs'), unsureUntilMs: Math.max(entry.unsureUntilMs ?? 0, askingUntilMs) };
}

function failedOnce(
  entry: EffectEntry,
  step: Step,
  nowMs: number,
  options: ReconcileOptions,
  random: number,
  afterMs?: number,
): EffectEntry {
  const wait = Math.max(afterMs ?? 0, backoffMs(options.backoff, entry.attempts, random));
  return { ...entry, attempts: entry.attempts + 1, ...at(step, nowMs + wait) };
}

/** After `apply` or `revert`; `entry` as it is now, which may have changed its mind in between. */
export function acted(
  given: EffectEntry,
  step: 'apply' | 'revert',
  outcome: Outcome,
  nowMs: number,
  options: ReconcileOptions,
  random: number,
): EffectEntry {
  const entry = outcome.kind === 'unknown' ? unanswered(given) : without(given, 'askingUntilMs');
  if (step === 'apply') return entry.want === 'gone' ? entry : applied(entry, outcome, nowMs, options, random);
  return reverted(entry, outcome, nowMs, options, random);
}

function applied(
  entry: EffectEntry,
  outcome: Outcome,
  nowMs: number,
  options: ReconcileOptions,
  random: number,
): EffectEntry {
  switch (outcome.kind) {
    case 'done': {
      const { hash, note, effectiveInMs } = outcome;
      const held: EffectEntry = {
        ...(entry.state === 'applied' ? entry : moved(entry, 'applied', undefined)),
        ...fresh(nowMs),
        grantedUntilMs: entry.expiresAtMs,
        ...(hash === undefined ? {} : { hash }),
        ...(note === undefined ? {} : { note }),
        ...(effectiveInMs === undefined || entry.state === 'applied' ? {} : { effectiveByMs: nowMs + effectiveInMs }),
        ...at('observe', nowMs + VERIFY_MS),
      };
      return held.error === undefined ? held : moved(held, 'applied', undefined);
    }
    case 'retry':
    case 'unknown': {
      const again = failedOnce(
        entry,
        'apply',
        nowMs,
        options,
        random,
        'afterMs' in outcome ? outcome.afterMs : undefined,
      );
      // A renewal that fails leaves in place what is there until the point drops it.
      if (entry.state === 'applied' && nowMs < entry.grantedUntilMs) return moved(again, 'applied', outcome.reason);
      const late = nowMs - entry.sinceMs >= options.applyDeadlineMs || entry.state === 'failed';
      return moved(again, late ? 'failed' : entry.state, outcome.reason);
    }
    case 'refused':
      return moved({ ...entry, ...at('apply', nowMs + REFUSED_AGAIN_MS) }, 'failed', outcome.reason);
    case 'drifted':
      return moved(without(entry, 'next'), 'drifted', outcome.reason);
  }
}

function reverted(
  entry: EffectEntry,
  outcome: Outcome,
  nowMs: number,
  options: ReconcileOptions,
  random: number,
): EffectEntry {
  switch (outcome.kind) {
    case 'done':
      // Seen gone before it counts, and not before what was never answered can no longer land.
      return { ...entry, ...at('observe', Math.max(nowMs, entry.unsureUntilMs ?? 0)) };
    case 'retry':
    case 'unknown': {
      const again = failedOnce(
        entry,
        'revert',
        nowMs,
        options,
        random,
        'afterMs' in outcome ? outcome.afterMs : undefined,
      );
      return notReverted(again, outcome.reason, options);
    }
    case 'refused':
      return moved(failedOnce(entry, 'revert', nowMs, options, random), 'revert_failed', outcome.reason);
    case 'drifted':
      return { ...moved(without(entry, 'next'), 'drifted', outcome.reason), settled: true };
  }
}

function notReverted(entry: EffectEntry, reason: string, options: ReconcileOptions): EffectEntry {
  const failed = entry.attempts >= options.revertAttempts || entry.state === 'revert_failed';
  return moved(entry, failed ? 'revert_failed' : entry.state, reason);
}

export function observed(
  entry: EffectEntry,
  observation: Observation,
  nowMs: number,
  options: ReconcileOptions,
  random: number,
): EffectEntry {
  if (entry.want === 'gone') return observedGone(entry, observation, nowMs, options, random);
  switch (observation.kind) {
    case 'in-place': {
      const rounds = nowMs - (entry.lostAtMs ?? nowMs) > ROUNDS_FORGOTTEN_MS ? 0 : entry.rounds;
      const held: EffectEntry = { ...entry, ...fresh(nowMs), rounds };
      const next = at('observe', nowMs + options.reconcileEveryMs * (0.9 + 0.2 * random));
      return entry.state === 'applied' ? { ...held, ...next } : { ...moved(held, 'applied', undefined), ...next };
    }
    case 'absent': {
      // It dropped it at its expiry, as it should: the engine was away.
      if (entry.state === 'applied' && nowMs >= entry.grantedUntilMs)
        return { ...moved(entry, 'pending', 'it had expired there'), ...fresh(nowMs), ...at('apply', nowMs) };
      const lost: EffectEntry = { ...entry, rounds: entry.rounds + 1, lostAtMs: nowMs, ...fresh(nowMs) };
      if (lost.rounds > options.maxRounds)
        return moved(without(lost, 'next'), 'failed', `it was lost there ${lost.rounds} times; a person has to look`);
      const wait = backoffMs(options.backoff, entry.rounds, random);
      return { ...moved(lost, 'pending', 'the enforcement point had lost it'), ...at('apply', nowMs + wait) };
    }
    case 'changed':
      return moved(without(entry, 'next'), 'drifted', observation.reason);
    case 'unknown': {
      const again = failedOnce(entry, 'observe', nowMs, options, random, observation.afterMs);
      const soon = Math.min(
        again.next?.dueMs ?? nowMs,
        nowMs + Math.max(options.reconcileEveryMs, observation.afterMs ?? 0),
      );
      return { ...again, ...at('observe', soon) };
    }
  }
}

function observedGone(
  entry: EffectEntry,
  observation: Observation,
  nowMs: number,
  options: ReconcileOptions,
  random: number,
): EffectEntry {
  switch (observation.kind) {
    case 'absent':
      return { ...moved(without(entry, 'next'), 'reverted', undefined), settled: true };
    case 'changed':
      return { ...moved(without(entry, 'next'), 'drifted', observation.reason), settled: true };
    case 'in-place':
      return notReverted(
        failedOnce(entry, 'revert', nowMs, options, random),
        'it is still there after it was said to be taken back',
        options,
      );
    case 'unknown':
      return notReverted(
        failedOnce(entry, 'observe', nowMs, options, random, observation.afterMs),
        `it cannot be seen whether it is taken back: ${observation.reason}`,
        options,
      );
  }
}

/** The journal's noun: one effect, what is wanted of it, what is known of it, and what is to be done next. Plain JSON. */
import type { Contraction, Effect, EffectState } from '../../schemas/contraction.js';
import type { Control } from '../../schemas/control.js';
import { type EntityRef, keyPart } from '../../schemas/entity.js';
import type { SignalOf } from '../../schemas/signal.js';
import type { Order } from './point.js';

export type Step = 'apply' | 'revert' | 'observe';

export interface EffectEntry {
  schemaVersion: 1;
  /** The effect's id: contraction, control, point. */
  id: string;
  tenant: string;
  contractionId: string;
  /** The newest version of the contraction that was taken in. */
  contractionVersion: number;
  point: string;
  target: EntityRef;
  control: Control;
  reason: string;
  want: 'in-place' | 'gone';
  state: EffectState;
  /** Of what response is told; rises with every change worth telling. */
  revision: number;
  /** The point was asked to apply it at some time, or may have been: it must be taken back. */
  touched: boolean;
  /** Of requests to the point. */
  sequence: number;
  /** A request is under way, or was when the process ended; it may take effect until then. */
  askingUntilMs?: number;
  /** A request that got no clear answer may still take effect until then. */
  unsureUntilMs?: number;
  /** What is to be done next, and not before when; absent: nothing. */
  next?: { step: Step; dueMs: number };
  /** Since the present step was first tried, and how often it did not work. */
  sinceMs: number;
  attempts: number;
  /** How often the point lost it and it was applied again, and when last. */
  rounds: number;
  lostAtMs?: number;
  /** Until when the ledger wants it kept with the engine gone, and until when the point was told to. */
  expiresAtMs: number;
  grantedUntilMs: number;
  hash?: string;
  effectiveByMs?: number;
  note?: string;
  error?: string;
  /** Nothing is left to do but to tell: then it leaves the journal. */
  settled?: true;
}

/** `effect/<tenant>/<contraction>/<control>/<point>`, each part percent-encoded. */
export const JOURNAL_PREFIX = 'effect/';
export function journalKey({ tenant, id }: Pick<EffectEntry, 'tenant' | 'id'>): string {
  return `${JOURNAL_PREFIX}${keyPart(tenant)}/${keyPart(id)}`;
}

export function orderOf(entry: EffectEntry, nowMs: number): Order {
  return {
    effectId: entry.id,
    contractionId: entry.contractionId,
    sequence: entry.sequence,
    target: entry.target,
    control: entry.control,
    reason: entry.reason,
    expiresAtMs: entry.expiresAtMs,
    expiresInMs: Math.max(0, entry.expiresAtMs - nowMs),
    ...(entry.hash === undefined ? {} : { hash: entry.hash }),
  };
}

/** What response is told. */
export function reportOf(entry: EffectEntry, nowMs: number): SignalOf<'effect'> {
  const { tenant, contractionId, id, revision, state, target, error, note, effectiveByMs } = entry;
  return {
    kind: 'effect',
    tenant,
    timeMs: nowMs,
    contractionId,
    effectId: id,
    revision,
    state,
    target,
    ...(error === undefined ? {} : { error: error.slice(0, 500) }),
    ...(note === undefined ? {} : { note: note.slice(0, 500) }),
    ...(effectiveByMs === undefined ? {} : { effectiveByMs }),
  };
}

/** What a person at the other side reads. */
export function reasonOf({ playbook, manual, target }: Contraction): string {
  return `${playbook?.title ?? manual?.reason ?? 'Contraction'} (${target.type} ${target.id})`;
}

export type External = Pick<Effect, 'id' | 'control' | 'point' | 'state' | 'revision' | 'selfExpiring'>;

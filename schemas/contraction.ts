/** A lease of controls on a target, and what became of each of them at each enforcement point. */
import { type Static, Type } from '@sinclair/typebox';
import { DurationMs, Id, OneOf, SchemaVersion, Strict, Tenant, TimeMs, Trust } from './common.js';
import { Control } from './control.js';
import { EntityRef } from './entity.js';

/** What may follow what: services/policy/lifecycle.ts. */
export const EFFECT_STATES = [
  'pending',
  'applied',
  'failed',
  'reverting',
  'reverted',
  'revert_failed',
  'drifted',
] as const;
export type EffectState = (typeof EFFECT_STATES)[number];
/** One control of one contraction at one enforcement point. */
export const Effect = Strict({
  id: Id,
  control: Type.Integer({ minimum: 0, description: "Index into the contraction's controls." }),
  point: Id,
  state: OneOf(EFFECT_STATES, 'What is true at the enforcement point.'),
  selfExpiring: Type.Boolean(),
  reversible: Type.Boolean(),
  updatedAtMs: TimeMs,
  error: Type.Optional(Type.String()),
  /** Of the report this state comes from; an older report changes nothing. Absent until the point was asked. */
  revision: Type.Optional(Type.Integer({ minimum: 1 })),
  /** What will not come back when this is reverted, in words for a person. */
  irreversible: Type.Optional(Type.String()),
  /** By when it is in force everywhere, at the latest: until then only the decision point holds. */
  effectiveByMs: Type.Optional(TimeMs),
  /** What a person should know about it beyond its state. */
  note: Type.Optional(Type.String()),
});
export type Effect = Static<typeof Effect>;

export const CONTRACTION_STATES = ['proposed', 'awaiting_approval', 'active', 'ending', 'ended'] as const;
export type ContractionState = (typeof CONTRACTION_STATES)[number];

export const END_REASONS = [
  'quiet',
  'session-end',
  'alert-resolved',
  'verdict',
  'lifted',
  'max',
  'not-approved',
  'denied',
  'superseded',
  'target-forgotten',
  'excepted',
] as const;
export type EndReason = (typeof END_REASONS)[number];

/** What ends a contraction. `max` always stands beside it. */
export const Until = Type.Union([
  Strict({ kind: Type.Literal('quiet'), below: Type.Number({ minimum: 0, maximum: 100 }), forMs: DurationMs }),
  Strict({ kind: Type.Literal('session-end') }),
  Strict({ kind: Type.Literal('alert-resolved'), alertId: Id }),
  Strict({ kind: Type.Literal('verdict') }),
  Strict({ kind: Type.Literal('time') }),
]);
export type Until = Static<typeof Until>;

export const Transition = Strict({
  atMs: TimeMs,
  to: OneOf(
    [...CONTRACTION_STATES, 'renewed', 'extended', 'attempted', 'paged', 'frozen'],
    'The state entered, or what happened within it.',
  ),
  by: Type.String({ description: '`engine`, or the principal who did it.' }),
  reason: Type.String(),
});
export type Transition = Static<typeof Transition>;

export const Contraction = Strict(
  {
    schemaVersion: SchemaVersion,
    id: Id,
    tenant: Tenant,
    /** Rises with every write; a reader keeps the highest. */
    version: Type.Integer({ minimum: 1 }),
    state: OneOf(CONTRACTION_STATES, 'proposed → awaiting_approval → active → ending → ended'),
    mode: OneOf(['observe', 'enforce'], 'In `observe` it is recorded and touches nothing.'),
    target: EntityRef,
    controls: Type.Array(Control, { minItems: 1 }),
    playbook: Type.Optional(Strict({ id: Id, name: Type.String(), version: Type.Integer(), title: Type.String() })),
    manual: Type.Optional(Strict({ by: Type.String(), reason: Type.String() })),
    /** Of the stages its playbook steps back in, which one this is, from 0; the last ends as `until` says. */
    stage: Type.Optional(Type.Integer({ minimum: 0 })),
    /** How often this playbook had contracted the target before, decay counted: lengths grew accordingly. */
    level: Type.Optional(Type.Integer({ minimum: 1 })),
    /** How long its playbook leaves the target alone afterwards. */
    cooldownMs: Type.Optional(DurationMs),
    /** Who is told of it: names of recipients. */
    notify: Type.Optional(Type.Array(Type.String())),
    findingIds: Type.Array(Id),
    /** The agent whose finding made it. */
    agentId: Type.Optional(Id),
    incidentId: Type.Optional(Id),
    sessionIds: Type.Array(Id),
    trust: Trust,
    createdAtMs: TimeMs,
    /** Of one that waits for a person: by when one must agree. Its own time begins when one does. */
    approveByMs: Type.Optional(TimeMs),
    /** Who set its playbook to act: of one that waits, not who may agree to it. */
    author: Type.Optional(Type.String()),
    /** Enforcement points drop it after this unless it is renewed. */
    leaseUntilMs: TimeMs,
    leaseMs: DurationMs,
    /** It never lasts beyond this without a person. */
    maxAtMs: TimeMs,
    until: Until,
    atMax: Strict({ quiet: OneOf(['revert'], ''), active: OneOf(['revert', 'page'], '') }),
    /** With the engine gone: drop at lease end, or keep for a bounded grace. */
    engineGone: OneOf(['lapse', 'hold'], ''),
    /** When something happened last that keeps it alive: a finding or an attempt at what it blocks. */
    lastSignalAtMs: TimeMs,
    attempts: Type.Integer({ minimum: 0 }),
    paged: Type.Optional(Type.Boolean()),
    /** Until then nothing but a person ends it. */
    frozenUntilMs: Type.Optional(TimeMs),
    endedAtMs: Type.Optional(TimeMs),
    endReason: Type.Optional(OneOf(END_REASONS, 'Why it ended.')),
    effects: Type.Array(Effect),
    /** The newest 50; older ones are in the audit stream. */
    history: Type.Array(Transition),
  },
  'A time-limited restriction, from a playbook at a version or from a person.',
);
export type Contraction = Static<typeof Contraction>;

/** What flows from detection (and from people) to response, in one ordered stream. */
import { type Static, Type } from '@sinclair/typebox';
import { DurationMs, Id, OneOf, Severity, Strict, Tenant, TimeMs, Trust } from './common.js';
import { EFFECT_STATES } from './contraction.js';
import { Control } from './control.js';
import { EntityRef } from './entity.js';
import { Finding } from './finding.js';
import { VerdictOnIncident } from './incident.js';

const base = { tenant: Tenant, timeMs: TimeMs };

export const FindingSignal = Strict({ ...base, kind: Type.Literal('finding'), finding: Finding });
/** A conversation ended (said so, or idle) or came back after it had ended. */
export const SessionSignal = Strict({
  ...base,
  kind: Type.Literal('session'),
  state: OneOf(['ended', 'resumed', 'alias'], 'What became of the session.'),
  sessionId: Id,
  agentId: Id,
  /** For `alias`: the session that this one turned out to belong to. */
  canonicalId: Type.Optional(Id),
  reason: Type.Optional(Type.String()),
  /** Of `ended`: nobody said so, nothing came for the idle time. */
  idle: Type.Optional(Type.Boolean()),
});
/** A call that contractions blocked or held: it renews them and feeds no detector. */
export const AttemptSignal = Strict({
  ...base,
  kind: Type.Literal('attempt'),
  contractionIds: Type.Array(Id),
  agentId: Id,
  sessionId: Id,
  action: Type.String(),
  eventId: Id,
  decisionId: Id,
});
export const AlertSignal = Strict({
  ...base,
  kind: Type.Literal('alert'),
  alertId: Id,
  state: OneOf(['new', 'active', 'resolved'], ''),
  agentId: Id,
  sessionId: Id,
  title: Type.String(),
  /** How far the sender's word goes; absent: `claimed`. */
  trust: Type.Optional(Trust),
  severity: Type.Optional(Severity),
  userId: Type.Optional(Id),
  product: Type.Optional(Type.String()),
  unnamed: Type.Optional(
    Type.Boolean({ description: 'It names no agent, so nothing but its user can be contracted for it.' }),
  ),
});
/**
 * The back-flow `effects`: what became of a control at an enforcement point outside. Of two reports on one effect the
 * higher revision counts.
 */
export const EffectSignal = Strict({
  ...base,
  kind: Type.Literal('effect'),
  contractionId: Id,
  effectId: Id,
  revision: Type.Integer({ minimum: 1 }),
  state: OneOf(EFFECT_STATES, 'What is true at the enforcement point.'),
  /** Of all contractions of a target one order holds: signals about it go one way. */
  target: EntityRef,
  error: Type.Optional(Type.String()),
  note: Type.Optional(Type.String()),
  effectiveByMs: Type.Optional(TimeMs),
});
/** Time passed (event-time runs only, where nothing else would move the clock). */
export const TickSignal = Strict({ ...base, kind: Type.Literal('tick') });
/** Passes through response to the contractions topic: all that came before it has been acted on. */
export const BarrierSignal = Strict({ ...base, kind: Type.Literal('barrier'), eventId: Id, replyTo: Type.String() });

/** What a person (or a program in their name) asked for. Audited, always. */
export const Command = Type.Union([
  Strict({
    do: Type.Literal('contain'),
    target: EntityRef,
    controls: Type.Array(Control, { minItems: 1 }),
    forMs: DurationMs,
    contractionId: Id,
  }),
  Strict({ do: Type.Literal('lift'), contractionId: Id, suppressMs: Type.Optional(DurationMs) }),
  Strict({ do: Type.Literal('extend'), contractionId: Id, byMs: DurationMs }),
  /** Nothing but a person ends it for so long: evidence is being taken, or nobody is sure yet. */
  Strict({ do: Type.Literal('freeze'), contractionId: Id, forMs: DurationMs }),
  /** Lets a contraction run that waits because it would go beyond a playbook's limits. */
  Strict({ do: Type.Literal('approve'), contractionId: Id }),
  /** Refuses it; its playbook then leaves the target alone for a while. */
  Strict({ do: Type.Literal('deny'), contractionId: Id }),
  Strict({ do: Type.Literal('pause') }),
  Strict({ do: Type.Literal('resume') }),
  /** Somebody has seen it; `assignee`: who works on it. */
  Strict({
    do: Type.Literal('take-incident'),
    incidentId: Id,
    assignee: Type.Optional(Type.String({ maxLength: 200 })),
  }),
  Strict({ do: Type.Literal('close-incident'), incidentId: Id, verdict: VerdictOnIncident }),
]);
export type Command = Static<typeof Command>;
export const CommandSignal = Strict({
  ...base,
  kind: Type.Literal('command'),
  id: Id,
  by: Type.String(),
  reason: Type.String(),
  command: Command,
  replyTo: Type.Optional(Type.String()),
});

export const Signal = Type.Union(
  [FindingSignal, SessionSignal, AttemptSignal, AlertSignal, EffectSignal, TickSignal, BarrierSignal, CommandSignal],
  { $id: 'Signal', title: 'Signal' },
);
export type Signal = Static<typeof Signal>;
export type SignalOf<K extends Signal['kind']> = Extract<Signal, { kind: K }>;

/** What the contractions topic carries to decision points. */
export type ContractionRecord =
  | { kind: 'contraction'; contraction: import('./contraction.js').Contraction }
  | { kind: 'barrier'; tenant: string; eventId: string; replyTo: string; outcome?: { ok: boolean; message: string } }
  | { kind: 'paused'; tenant: string; paused: boolean; atMs: number; by: string };

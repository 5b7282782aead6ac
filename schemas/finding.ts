/** A detector's statement, with evidence a person can check. */
import { type Static, Type } from '@sinclair/typebox';
import {
  DurationMs,
  Id,
  Pillar,
  Probability,
  SchemaVersion,
  Severity,
  Strict,
  Tenant,
  TimeMs,
  Trust,
} from './common.js';
import { EntityRef } from './entity.js';

/** A call the attacker wants next, derived from a suspicious span. */
export const PredictedCall = Strict({
  tool: Type.String(),
  destination: Type.Optional(Type.String()),
  probability: Probability,
});
export type PredictedCall = Static<typeof PredictedCall>;

export const Evidence = Strict({
  observed: Type.Union([Type.String(), Type.Number()]),
  expected: Type.Optional(Type.Union([Type.String(), Type.Number()])),
  unit: Type.Optional(Type.String()),
  sampleSize: Type.Optional(Type.Number({ minimum: 0 })),
  baselineAgeMs: Type.Optional(DurationMs),
  eventIds: Type.Array(Id),
  contentHash: Type.Optional(Id),
  /** Offsets into the text with that hash. */
  span: Type.Optional(
    Strict({ start: Type.Integer(), end: Type.Integer(), text: Type.Optional(Type.String({ maxLength: 2000 })) }),
  ),
  facts: Type.Optional(Type.Record(Type.String(), Type.Union([Type.String(), Type.Number(), Type.Boolean()]))),
});
export type Evidence = Static<typeof Evidence>;

export const Finding = Strict(
  {
    schemaVersion: SchemaVersion,
    /** hash(tenant, detector, type, event, entity): the same statement always has the same id. */
    id: Id,
    tenant: Tenant,
    detector: Id,
    codeVersion: Type.String(),
    type: Type.String({ description: 'Dotted name, e.g. `injection.indirect`; see docs/findings.md.' }),
    title: Type.String(),
    /** The entity this copy is about. A finding is copied once per entity; `primary` marks the one people are shown. */
    entity: EntityRef,
    primary: Type.Boolean(),
    eventId: Id,
    agentId: Id,
    blueprint: Type.Optional(Id),
    sessionId: Id,
    userId: Type.Optional(Id),
    tool: Type.Optional(Type.String()),
    model: Type.Optional(Type.String()),
    traceId: Type.Optional(Type.String()),
    /** Another agent or session that the same attack reached, for joining incidents. */
    peers: Type.Optional(Type.Array(EntityRef)),
    /** Agents this one exchanges messages with, the newest first: whom it could carry an attack to. */
    neighbours: Type.Optional(Type.Array(Id, { maxItems: 20 })),
    trust: Trust,
    timeMs: TimeMs,
    confidence: Probability,
    severity: Severity,
    evidence: Evidence,
    origin: Type.Optional(
      Type.String({ description: 'Where the suspicious content came from: a domain, dataset or tool.' }),
    ),
    predicted: Type.Optional(Type.Array(PredictedCall)),
    atlas: Type.Array(Type.String()),
    owasp: Type.Array(Type.String()),
    pillar: Pillar,
    /** Raised while the agent's baseline was still being learned. */
    learning: Type.Optional(Type.Boolean()),
  },
  "A detector's statement about one entity.",
);
export type Finding = Static<typeof Finding>;

/** What a person sees: one attack as one story. */
import { type Static, Type } from '@sinclair/typebox';
import { Id, OneOf, Pillar, Probability, SchemaVersion, Severity, Strict, Tenant, TimeMs } from './common.js';
import { EntityRef } from './entity.js';

export const TimelineEntry = Strict({
  atMs: TimeMs,
  kind: OneOf(['finding', 'contraction', 'attempt', 'revert', 'decision', 'verdict', 'note', 'page'], 'What happened.'),
  text: Type.String(),
  ref: Type.Optional(Id),
});
export type TimelineEntry = Static<typeof TimelineEntry>;

export const VerdictOnIncident = OneOf(
  ['true', 'false', 'benign'],
  'What a person judged: a real attack, a false alarm, or real but harmless.',
);

export const Incident = Strict(
  {
    schemaVersion: SchemaVersion,
    id: Id,
    tenant: Tenant,
    version: Type.Integer({ minimum: 1 }),
    title: Type.String(),
    status: OneOf(['new', 'active', 'closed'], 'new → active → closed'),
    severity: Severity,
    openedAtMs: TimeMs,
    updatedAtMs: TimeMs,
    closedAtMs: Type.Optional(TimeMs),
    /** What joined the findings: sessions, traces, agents. */
    entities: Type.Array(EntityRef),
    traceIds: Type.Array(Type.String()),
    findings: Type.Array(
      Strict({
        id: Id,
        type: Type.String(),
        title: Type.String(),
        severity: Severity,
        confidence: Probability,
        timeMs: TimeMs,
        agentId: Id,
        sessionId: Id,
      }),
    ),
    contractionIds: Type.Array(Id),
    playbooks: Type.Array(Strict({ id: Id, name: Type.String(), version: Type.Integer() })),
    mode: OneOf(['observe', 'enforce'], '`observe`: nothing was restricted.'),
    atlas: Type.Array(Type.String()),
    owasp: Type.Array(Type.String()),
    pillars: Type.Array(Pillar),
    timeline: Type.Array(TimelineEntry),
    /** Entries left out of the timeline once it is full. */
    timelineDropped: Type.Integer({ minimum: 0 }),
    /** Who saw it first, and who works on it. */
    acknowledged: Type.Optional(Strict({ by: Type.String(), atMs: TimeMs })),
    assignee: Type.Optional(Type.String()),
    /** Recipients that its playbooks name, `owner` resolved. */
    notify: Type.Optional(Type.Array(Type.String())),
    verdict: Type.Optional(
      Strict({ value: VerdictOnIncident, by: Type.String(), reason: Type.String(), atMs: TimeMs }),
    ),
    /** Proposed after a false or benign verdict; takes effect only when a person adopts it, and expires. */
    exception: Type.Optional(Strict({ playbookId: Id, when: Type.String(), expiresAtMs: TimeMs })),
    /** Closed because an edge showed that it belongs to another incident. */
    mergedInto: Type.Optional(Id),
    /** Set on a digest: how many incidents the cap held back, by playbook. */
    digestOf: Type.Optional(Strict({ playbookId: Id, heldBack: Type.Integer({ minimum: 1 }), sinceMs: TimeMs })),
  },
  'One attack as one story.',
);
export type Incident = Static<typeof Incident>;

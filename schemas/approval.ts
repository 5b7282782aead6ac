/** A person's leave for one call that would otherwise wait. */
import { type Static, Type } from '@sinclair/typebox';
import { Id, OneOf, SchemaVersion, Strict, Tenant, TimeMs } from './common.js';

/** The groups a control can ask for; whoever may respond and stands in one may agree for it. */
export const APPROVER_GROUPS = ['owner', 'soc'] as const;
export const ApproverGroup = OneOf(APPROVER_GROUPS, "The agent's owner, or the security team.");
export type ApproverGroup = (typeof APPROVER_GROUPS)[number];

export const Approval = Strict({
  schemaVersion: SchemaVersion,
  id: Id,
  tenant: Tenant,
  state: OneOf(['pending', 'approved', 'denied', 'expired'], 'pending → approved | denied | expired'),
  agentId: Id,
  sessionId: Id,
  tool: Type.String(),
  toolCallId: Type.Optional(Id),
  /** The leave is for these arguments only. */
  argumentsHash: Id,
  argumentsPreview: Type.Optional(Type.String({ maxLength: 500 })),
  contractionIds: Type.Array(Id),
  /** Each of these groups must agree; left out: anyone who may respond. */
  by: Type.Optional(Type.Array(ApproverGroup)),
  /** Who has agreed so far, where groups must. */
  consents: Type.Optional(
    Type.Array(Strict({ as: ApproverGroup, by: Type.String(), atMs: TimeMs, note: Type.Optional(Type.String()) })),
  ),
  reason: Type.String(),
  requestedAtMs: TimeMs,
  /** An unanswered request becomes a block here. */
  expiresAtMs: TimeMs,
  /** A given leave is good for one run until here. */
  validUntilMs: Type.Optional(TimeMs),
  /** The leave was taken up by a call and is spent. */
  usedAtMs: Type.Optional(TimeMs),
  /** The principal in whose name the call was asked for; it cannot answer its own request. */
  requestedBy: Type.Optional(Type.String()),
  decidedAtMs: Type.Optional(TimeMs),
  decidedBy: Type.Optional(Type.String()),
  note: Type.Optional(Type.String()),
});
export type Approval = Static<typeof Approval>;

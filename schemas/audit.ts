/** Who did what, and why: every manual act and every change of what is enforced. */
import { type Static, Type } from '@sinclair/typebox';
import { Id, SchemaVersion, Strict, Tenant, TimeMs } from './common.js';

export const AuditEntry = Strict({
  schemaVersion: SchemaVersion,
  id: Id,
  tenant: Tenant,
  atMs: TimeMs,
  by: Type.String(),
  act: Type.String({ description: 'Dotted name, e.g. `contraction.lift`.' }),
  subject: Type.String(),
  reason: Type.String(),
  outcome: Type.String(),
});
export type AuditEntry = Static<typeof AuditEntry>;

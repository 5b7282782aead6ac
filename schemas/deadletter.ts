/** What could not be read, kept with the reason. */
import { type Static, Type } from '@sinclair/typebox';
import { Id, SchemaVersion, Strict, Tenant, TimeMs } from './common.js';

export const DeadLetter = Strict({
  schemaVersion: SchemaVersion,
  id: Id,
  tenant: Tenant,
  atMs: TimeMs,
  source: Type.String({ description: 'Where it came from: file:line, request and JSON pointer, or topic and offset.' }),
  reason: Strict({ code: Type.String(), text: Type.String(), pointer: Type.Optional(Type.String()) }),
  /** What arrived, with content redacted unless the configuration keeps it; enough to try again where it is kept. */
  format: Type.String(),
  payload: Type.Optional(Type.Unknown()),
  redacted: Type.Boolean(),
});
export type DeadLetter = Static<typeof DeadLetter>;

/** Who may call the API: a person, a program in their name, or the agents that ask before they act. */
import { type Static, Type } from '@sinclair/typebox';
import { Id, OneOf, SchemaVersion, Strict, TimeMs } from './common.js';

/** Weakest first. `agent` is no rung of that ladder: it asks for decisions and reports events, and reads nothing. */
export const PRINCIPAL_ROLES = ['agent', 'viewer', 'responder', 'author', 'admin'] as const;
export const PrincipalRole = OneOf(PRINCIPAL_ROLES, 'What a principal may do; see docs/gateway.md.');
export type PrincipalRole = (typeof PRINCIPAL_ROLES)[number];

export const Principal = Strict({
  schemaVersion: SchemaVersion,
  id: Id,
  name: Type.String({ minLength: 1, maxLength: 128 }),
  role: PrincipalRole,
  agents: Type.Array(Type.String({ minLength: 1 }), {
    description: 'For `agent`: the agents it speaks for; `*` stands for any run of characters.',
  }),
  soc: Type.Optional(
    Type.Boolean({ description: 'Belongs to the security team: may approve where `by: soc` is asked.' }),
  ),
  owns: Type.Optional(
    Type.Array(Type.String({ minLength: 1 }), {
      description: 'Agents it answers for, `*` as above: may approve their calls where `by: owner` is asked.',
    }),
  ),
  tokenHash: Type.String({
    description: 'SHA-256 of its token, hex. A token has 256 random bits, so no slow hash is needed.',
  }),
  createdAtMs: TimeMs,
  createdBy: Type.String(),
  revokedAtMs: Type.Optional(TimeMs),
});
export type Principal = Static<typeof Principal>;

/** Why a playbook did something on a finding, or did nothing: each check with the values it looked at, as they were then. */
import { type Static, Type } from '@sinclair/typebox';
import { Id, OneOf, SchemaVersion, Strict, Tenant, TimeMs } from './common.js';

export const CHECKS = [
  'trigger',
  'mode',
  'hours',
  'suppression',
  'when',
  'all',
  'any',
  'not',
  'exception',
  'allowlist',
  'pause',
  'target',
  'lift',
  'cooldown',
  'trust',
  'controls',
  'repeat',
  'limits',
] as const;

export const Check = Type.Recursive(
  (Self) =>
    Strict({
      check: OneOf(CHECKS, 'What was asked.'),
      pass: Type.Boolean(),
      text: Type.String({ description: 'The question, with the answer in words.' }),
      /** What the question looked at, as it was then. */
      values: Type.Optional(Type.Record(Type.String(), Type.Union([Type.String(), Type.Number(), Type.Boolean()]))),
      parts: Type.Optional(Type.Array(Self)),
    }),
  { $id: 'Check' },
);
export type Check = Static<typeof Check>;

export const PlaybookExplanation = Strict({
  id: Id,
  title: Type.String(),
  version: Type.Integer({ minimum: 1 }),
  mode: OneOf(['observe', 'enforce', 'off'], 'In which it ran.'),
  outcome: OneOf(['contracted', 'repeated', 'waits', 'incident', 'nothing'], 'What came of it.'),
  contractionIds: Type.Array(Id),
  checks: Type.Array(Check),
});
export type PlaybookExplanation = Static<typeof PlaybookExplanation>;

export const Explanation = Strict(
  {
    schemaVersion: SchemaVersion,
    /** The finding's (or alert's). */
    id: Id,
    tenant: Tenant,
    eventId: Id,
    type: Type.String(),
    title: Type.String(),
    agentId: Id,
    sessionId: Id,
    atMs: TimeMs,
    playbooks: Type.Array(PlaybookExplanation),
  },
  'What every playbook that listens made of one finding.',
);
export type Explanation = Static<typeof Explanation>;

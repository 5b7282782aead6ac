/** The answer to "may this run now?". */
import { type Static, Type } from '@sinclair/typebox';
import { DurationMs, Id, OneOf, SchemaVersion, Skip, Strict, Tenant, TimeMs } from './common.js';

/** Widest first: the meet of two verdicts is the one further right. */
export const VERDICTS = ['allow', 'needs_approval', 'block'] as const;
export const Verdict = OneOf(VERDICTS, 'May it run now?');
export type Verdict = (typeof VERDICTS)[number];

export const ACTION_KINDS = ['tool', 'model', 'retrieval', 'message', 'result'] as const;
/** `result` asks whether the model may see what a tool returned. */
export const ActionKind = OneOf(ACTION_KINDS, 'What is about to happen.');

/** The part of a decision that travels with a tool call's event. */
export const DecisionSummary = Strict({
  id: Id,
  verdict: Verdict,
  /** Active, enforced contractions that made the verdict what it is; an attempt renews them. */
  contractions: Type.Array(Id),
  /**
   * Those of them that were not in force yet: this call's own findings make them. A call that is stopped by these alone is
   * no attempt at anything, and is what they stand on.
   */
  fresh: Type.Optional(Type.Array(Id)),
});
export type DecisionSummary = Static<typeof DecisionSummary>;

export const Decision = Strict(
  {
    schemaVersion: SchemaVersion,
    id: Id,
    tenant: Tenant,
    timeMs: TimeMs,
    verdict: Verdict,
    action: Strict({ kind: ActionKind, name: Type.String(), toolCallId: Type.Optional(Id) }),
    agentId: Id,
    sessionId: Id,
    userId: Type.Optional(Id),
    trace: Type.Optional(Strict({ traceId: Type.String(), spanId: Type.Optional(Type.String()) })),
    contractions: Type.Array(Id),
    /** Contractions in observe mode that would have made the verdict stricter. */
    wouldBe: Type.Optional(Strict({ verdict: Verdict, contractions: Type.Array(Id) })),
    playbooks: Type.Array(Id),
    findings: Type.Array(Id),
    reason: Strict({ code: Type.String(), text: Type.String() }),
    refusal: Type.Optional(
      Type.String({ description: 'What the agent is told, so that it can go on with the rest of its work.' }),
    ),
    notChecked: Type.Array(Skip),
    approval: Type.Optional(Strict({ id: Id, retryAfterMs: DurationMs })),
    /** Age of the newest contraction data this decision point had. */
    staleMs: DurationMs,
    point: Id,
  },
  'The answer to "may this run now?", with its reason and what was not checked.',
);
export type Decision = Static<typeof Decision>;

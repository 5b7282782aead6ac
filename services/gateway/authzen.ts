/**
 * AuthZEN Authorization API 1.0 (OpenID Foundation): its words for our questions and answers. Pure.
 *
 * | AuthZEN | here |
 * |---|---|
 * | `subject` `agent` | the agent; `properties.name`, `version`, `blueprint` |
 * | `subject` `user` | the user; the agent is named in `context.agent` |
 * | `resource` `tool`, `model`, `dataset`, `agent` | a tool call, a model invocation, a retrieval, a message to an agent |
 * | `resource.properties` | of a tool: `description`, `server`, `effects` |
 * | `action` | its name is free: the resource's type says what is asked |
 * | `context` | see {@link Context} |
 *
 * `decision` is boolean, so leave that has still to be given is `false` with `context.approval`.
 */
import { own } from '../runtime/own-key.js';
import { type Static, Type } from '@sinclair/typebox';
import { EffectClass, Id } from '../../schemas/common.js';
import { AuthStrength, SandboxRequire } from '../../schemas/control.js';
import type { Decision } from '../../schemas/decision.js';
import { StepdownError } from '../runtime/errors.js';
import type { Asked } from './asked.js';

const Properties = Type.Record(Type.String(), Type.Unknown());
const Name = Type.String({ minLength: 1, maxLength: 512 });

/** Extra keys are allowed everywhere, as the specification asks. */
export const Subject = Type.Object({ type: Name, id: Id, properties: Type.Optional(Properties) });
export const Action = Type.Object({ name: Name, properties: Type.Optional(Properties) });
export const Resource = Type.Object({ type: Name, id: Id, properties: Type.Optional(Properties) });
export const Evaluation = Type.Object({
  subject: Subject,
  action: Action,
  resource: Resource,
  context: Type.Optional(Properties),
});
export type Evaluation = Static<typeof Evaluation>;

const Named = Type.Union([
  Id,
  Type.Object({
    id: Id,
    name: Type.Optional(Type.String()),
    version: Type.Optional(Type.String()),
    blueprint: Type.Optional(Id),
  }),
]);

/** What we read of a context; the rest is the caller's. */
export const Context = Type.Object({
  conversation: Type.Optional(Id),
  /** Another word for `conversation`, which counts where both are given. */
  session: Type.Optional(Id),
  toolCallId: Type.Optional(Id),
  arguments: Type.Optional(Type.Unknown()),
  user: Type.Optional(Named),
  agent: Type.Optional(Named),
  trace: Type.Optional(
    Type.Object({
      traceId: Type.String({ pattern: '^[0-9a-f]{32}$' }),
      spanId: Type.Optional(Type.String({ pattern: '^[0-9a-f]{16}$' })),
    }),
  ),
  service: Type.Optional(Id),
  timeMs: Type.Optional(Type.Number({ minimum: 0 })),
  auth: Type.Optional(
    Type.Object({
      level: Type.Optional(AuthStrength.properties.level),
      authenticatedAtMs: Type.Optional(Type.Number({ minimum: 0 })),
    }),
  ),
  scopes: Type.Optional(Type.Array(Type.String(), { maxItems: 1000 })),
  sandbox: Type.Optional(SandboxRequire.properties.level),
  model: Type.Optional(Id),
  maxOutputTokens: Type.Optional(Type.Integer({ minimum: 1 })),
  offersTools: Type.Optional(Type.Boolean()),
});
export const ToolProperties = Type.Object({
  description: Type.Optional(Type.String()),
  server: Type.Optional(Type.String()),
  effects: Type.Optional(Type.Array(EffectClass, { maxItems: 9 })),
});
export const AgentProperties = Type.Object({
  name: Type.Optional(Type.String()),
  version: Type.Optional(Type.String()),
  blueprint: Type.Optional(Id),
});

export const SEMANTICS = ['execute_all', 'deny_on_first_deny', 'permit_on_first_permit'] as const;
export type Semantic = (typeof SEMANTICS)[number];
export const MAX_EVALUATIONS = 100;

/** Members of the batch; each may leave out what the top level gives. */
export const Evaluations = Type.Object({
  subject: Type.Optional(Type.Unknown()),
  action: Type.Optional(Type.Unknown()),
  resource: Type.Optional(Type.Unknown()),
  context: Type.Optional(Type.Unknown()),
  evaluations: Type.Optional(Type.Array(Type.Record(Type.String(), Type.Unknown()), { maxItems: MAX_EVALUATIONS })),
  options: Type.Optional(Type.Object({ evaluations_semantic: Type.Optional(Type.String()) })),
});

const KINDS: Record<string, Asked['kind'] | undefined> = {
  tool: 'tool',
  model: 'model',
  dataset: 'retrieval',
  agent: 'message',
};

/** `shaped` checks a value against a schema and throws `input-malformed` with the pointer below `base`. */
export type Shaped = <S extends import('@sinclair/typebox').TSchema>(
  schema: S,
  value: unknown,
  base: string,
) => Static<S>;

/** Reads one evaluation; throws `input-malformed` with the pointer of what is wrong. `base`: where it stands in the body. */
export function askedOf(input: unknown, shaped: Shaped, base = ''): Asked {
  const evaluation = shaped(Evaluation, input, base);
  const context = shaped(Context, evaluation.context ?? {}, `${base}/context`);
  const { subject, resource } = evaluation;
  const kind = own(KINDS, resource.type);
  if (kind === undefined)
    throw malformed(`${base}/resource/type`, `Known resource types: ${Object.keys(KINDS).join(', ')}`);

  let agent: Asked['agent'];
  let userId = typeof context.user === 'string' ? context.user : context.user?.id;
  if (subject.type === 'agent') {
    agent = {
      id: subject.id,
      ...picked(shaped(AgentProperties, subject.properties ?? {}, `${base}/subject/properties`)),
    };
  } else if (subject.type === 'user') {
    if (context.agent === undefined)
      throw malformed(`${base}/context/agent`, 'A user acts through an agent: name it here');
    agent =
      typeof context.agent === 'string' ? { id: context.agent } : { id: context.agent.id, ...picked(context.agent) };
    userId = subject.id;
  } else {
    throw malformed(`${base}/subject/type`, 'Known subject types: agent, user');
  }

  const properties =
    kind === 'tool' ? shaped(ToolProperties, resource.properties ?? {}, `${base}/resource/properties`) : {};
  const session = context.conversation ?? context.session;
  const args = context.arguments ?? evaluation.action.properties?.['arguments'] ?? resource.properties?.['arguments'];
  return {
    kind,
    name: resource.id,
    agent,
    ...(session === undefined ? {} : { sessionId: session }),
    ...(userId === undefined ? {} : { userId }),
    ...(context.toolCallId === undefined ? {} : { toolCallId: context.toolCallId }),
    ...(args === undefined ? {} : { arguments: args }),
    ...(properties.description === undefined ? {} : { description: properties.description }),
    ...(properties.server === undefined ? {} : { server: properties.server }),
    ...(properties.effects === undefined || properties.effects.length === 0 ? {} : { effects: properties.effects }),
    ...(context.trace === undefined
      ? {}
      : {
          trace: {
            traceId: context.trace.traceId,
            ...(context.trace.spanId === undefined ? {} : { spanId: context.trace.spanId }),
          },
        }),
    ...(context.service === undefined ? {} : { service: context.service }),
    ...(context.timeMs === undefined ? {} : { timeMs: context.timeMs }),
    about: {
      ...(context.auth === undefined
        ? {}
        : {
            auth: {
              ...(context.auth.level === undefined ? {} : { level: context.auth.level }),
              ...(context.auth.authenticatedAtMs === undefined
                ? {}
                : { authenticatedAtMs: context.auth.authenticatedAtMs }),
            },
          }),
      ...(context.scopes === undefined ? {} : { scopes: context.scopes }),
      ...(context.sandbox === undefined ? {} : { sandbox: context.sandbox }),
      ...(context.model === undefined ? {} : { model: context.model }),
      ...(context.maxOutputTokens === undefined ? {} : { maxOutputTokens: context.maxOutputTokens }),
      ...(context.offersTools === undefined ? {} : { offersTools: context.offersTools }),
    },
  };
}

/** The members of a batch with the top level's values where they have none of their own; a member's value replaces the whole. */
export function membersOf(
  body: Static<typeof Evaluations>,
): { member: Record<string, unknown>; base: string }[] | undefined {
  if (body.evaluations === undefined || body.evaluations.length === 0) return undefined;
  const { subject, action, resource, context } = body;
  const defaults = Object.fromEntries(
    Object.entries({ subject, action, resource, context }).filter(([, value]) => value !== undefined),
  );
  return body.evaluations.map((member, at) => ({ member: { ...defaults, ...member }, base: `/evaluations/${at}` }));
}

export function semanticOf(body: Static<typeof Evaluations>): Semantic {
  const asked = body.options?.evaluations_semantic ?? 'execute_all';
  if ((SEMANTICS as readonly string[]).includes(asked)) return asked as Semantic;
  throw malformed('/options/evaluations_semantic', `Known semantics: ${SEMANTICS.join(', ')}`);
}

/** Does this answer end the batch? */
export function ends(semantic: Semantic, decision: boolean): boolean {
  return (semantic === 'deny_on_first_deny' && !decision) || (semantic === 'permit_on_first_permit' && decision);
}

/** What a caller needs beside the decision: what the tool was taken to do, and what has to be done to an allowed action. */
export interface Beside {
  effects?: readonly EffectClass[];
  obligations?: object | undefined;
}

/** Our decision in AuthZEN's words. `reason_admin` is for logs, `reason_user` for who is refused. */
export function answerOf(
  decision: Decision,
  beside: Beside = {},
): { decision: boolean; context: Record<string, unknown> } {
  return {
    decision: decision.verdict === 'allow',
    context: {
      id: decision.id,
      verdict: decision.verdict,
      reason: decision.reason,
      reason_admin: { en: decision.reason.text },
      ...(decision.refusal === undefined ? {} : { reason_user: { en: decision.refusal }, refusal: decision.refusal }),
      ...(decision.approval === undefined ? {} : { approval: decision.approval }),
      ...(beside.obligations === undefined ? {} : { obligations: beside.obligations }),
      ...(beside.effects === undefined || beside.effects.length === 0 ? {} : { effects: beside.effects }),
      contractions: decision.contractions,
      ...(decision.wouldBe === undefined ? {} : { wouldBe: decision.wouldBe }),
      findings: decision.findings,
      notChecked: decision.notChecked,
      staleMs: decision.staleMs,
    },
  };
}

/** PDP metadata (section 9 of the specification); only where the public address is https, as it demands. */
export function metadata(publicUrl: string): Record<string, unknown> {
  const base = publicUrl.replace(/\/+$/, '');
  return {
    policy_decision_point: base,
    access_evaluation_endpoint: `${base}/access/v1/evaluation`,
    access_evaluations_endpoint: `${base}/access/v1/evaluations`,
  };
}

function picked(of: { name?: string; version?: string; blueprint?: string }): {
  name?: string;
  version?: string;
  blueprint?: string;
} {
  return {
    ...(of.name === undefined ? {} : { name: of.name }),
    ...(of.version === undefined ? {} : { version: of.version }),
    ...(of.blueprint === undefined ? {} : { blueprint: of.blueprint }),
  };
}

const malformed = (pointer: string, message: string): StepdownError =>
  new StepdownError('input-malformed', message, { place: { pointer } });

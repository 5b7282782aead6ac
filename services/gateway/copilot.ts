/**
 * Microsoft Copilot Studio's external threat detection: its words for our questions and answers. Pure.
 *
 * `POST /analyze-tool-execution?api-version=2025-05-01` asks before each tool call and gives the conversation with it:
 * what the user said and what earlier tools returned. These become events (told once each), so that the decision
 * rests on them like on any other conversation. The answer is `blockAction`; a call that needs a person's leave is
 * blocked too, since Copilot Studio knows no waiting: once a person has agreed, the same call passes.
 */
import { Type, type Static } from '@sinclair/typebox';
import type { Decision } from '../../schemas/decision.js';
import { shortHash } from '../runtime/hash.js';
import type { Asked } from './asked.js';

const Text = Type.String({ maxLength: 1_000_000 });
const Maybe = <T extends import('@sinclair/typebox').TSchema>(schema: T) =>
  Type.Optional(Type.Union([schema, Type.Null()]));

/** Only what is read is checked; the service adds fields over time. */
export const Analysis = Type.Object({
  plannerContext: Maybe(
    Type.Object({
      userMessage: Maybe(Text),
      chatHistory: Maybe(
        Type.Array(
          Type.Object({
            id: Maybe(Type.String()),
            role: Maybe(Type.String()),
            content: Maybe(Text),
            timestamp: Maybe(Type.String()),
          }),
          { maxItems: 1000 },
        ),
      ),
      previousToolsOutputs: Maybe(Type.Array(Type.Record(Type.String(), Type.Unknown()), { maxItems: 1000 })),
      previousToolOutputs: Maybe(Type.Array(Type.Record(Type.String(), Type.Unknown()), { maxItems: 1000 })),
    }),
  ),
  toolDefinition: Type.Object({
    id: Maybe(Type.String()),
    name: Type.String({ minLength: 1, maxLength: 512 }),
    description: Maybe(Type.String()),
  }),
  inputValues: Maybe(Type.Unknown()),
  conversationMetadata: Type.Object({
    agent: Type.Object({
      id: Type.String({ minLength: 1, maxLength: 512 }),
      name: Maybe(Type.String()),
      version: Maybe(Type.String()),
    }),
    user: Maybe(Type.Object({ id: Maybe(Type.String()) })),
    conversationId: Maybe(Type.String({ maxLength: 512 })),
    planId: Maybe(Type.String()),
    planStepId: Maybe(Type.String()),
  }),
});
export type Analysis = Static<typeof Analysis>;

export function askedOf(body: Analysis): Asked {
  const { agent, user, conversationId, planId, planStepId } = body.conversationMetadata;
  const toolCallId = planStepId ?? undefined;
  return {
    kind: 'tool',
    name: body.toolDefinition.name,
    agent: {
      id: agent.id,
      ...(agent.name ? { name: agent.name } : {}),
      ...(agent.version ? { version: agent.version } : {}),
    },
    ...(conversationId ? { sessionId: conversationId } : {}),
    ...(user?.id ? { userId: user.id } : {}),
    ...(toolCallId ? { toolCallId: planId ? `${planId}/${toolCallId}` : toolCallId } : {}),
    ...(body.inputValues === undefined || body.inputValues === null ? {} : { arguments: body.inputValues }),
    ...(body.toolDefinition.description ? { description: body.toolDefinition.description } : {}),
  };
}

/** What the conversation held so far, as native events. The same part of it has the same id each time it is sent. */
export function historyOf(body: Analysis): Record<string, unknown>[] {
  const { agent, user, conversationId } = body.conversationMetadata;
  const base = {
    agent: { id: agent.id, ...(agent.name ? { name: agent.name } : {}) },
    ...(conversationId ? { session: { id: conversationId } } : {}),
    ...(user?.id ? { user: { id: user.id } } : {}),
  };
  const idOf = (...parts: string[]) => `copilot:${shortHash(agent.id, conversationId ?? '', ...parts)}`;
  const events: { atMs: number; event: Record<string, unknown> }[] = [];
  const add = (at: unknown, event: Record<string, unknown>) => {
    const timeMs = typeof at === 'string' ? Date.parse(at) : NaN;
    events.push({
      atMs: Number.isFinite(timeMs) ? timeMs : Infinity,
      event: { ...base, ...(Number.isFinite(timeMs) ? { timeMs } : {}), ...event },
    });
  };

  const said = (body.plannerContext?.chatHistory ?? []).filter(({ role, content }) => role === 'user' && content);
  for (const { id, content, timestamp } of said)
    add(timestamp, { kind: 'prompt', id: idOf('prompt', id ?? timestamp ?? '', content ?? ''), text: content });
  const current = body.plannerContext?.userMessage;
  if (current && !said.some(({ content }) => content === current))
    add(undefined, { kind: 'prompt', id: idOf('prompt', current), text: current });

  const outputs = body.plannerContext?.previousToolsOutputs ?? body.plannerContext?.previousToolOutputs ?? [];
  for (const output of outputs ?? []) {
    const text = JSON.stringify(output['outputs'] ?? output['output'] ?? output);
    const tool = [output['toolName'], output['name'], output['toolId']].find(
      (name) => typeof name === 'string' && name !== '',
    );
    add(output['timestamp'], {
      kind: 'tool.result',
      id: idOf('result', String(tool), typeof output['timestamp'] === 'string' ? output['timestamp'] : '', text),
      tool: tool ?? 'unknown',
      text,
    });
  }
  return events.sort((a, b) => a.atMs - b.atMs).map(({ event }) => event);
}

/** Numbers for Copilot Studio's logs; the reason says the same in words. */
export const REASON_CODES = { blocked: 1001, needs_approval: 1002, unsure: 1003 } as const;

export interface Blocking {
  blockAction: boolean;
  reasonCode?: number;
  reason?: string;
  diagnostics: string;
}

export function answerOf(decision: Decision, notChecked: readonly { check: string; reason: string }[]): Blocking {
  const diagnostics = JSON.stringify({
    decision: decision.id,
    reason: decision.reason.code,
    contractions: decision.contractions,
    notChecked: [...decision.notChecked, ...notChecked],
  });
  if (decision.verdict === 'allow') return { blockAction: false, diagnostics };
  return {
    blockAction: true,
    reasonCode: decision.verdict === 'block' ? REASON_CODES.blocked : REASON_CODES.needs_approval,
    reason: decision.reason.text,
    diagnostics,
  };
}

/** What is said when the time is spent. */
export function unsure(whenUnsure: 'allow' | 'block', why: string): Blocking {
  const diagnostics = JSON.stringify({ notChecked: [{ check: 'decision', reason: why }] });
  return whenUnsure === 'allow'
    ? { blockAction: false, diagnostics }
    : {
        blockAction: true,
        reasonCode: REASON_CODES.unsure,
        reason: 'The call could not be checked in time',
        diagnostics,
      };
}

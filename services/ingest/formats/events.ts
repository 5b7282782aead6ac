/** The events that several dialects make in the same way once their words are read. */
import type { Message, ToolCallPart, ToolDescription } from '../../../schemas/event.js';
import { CONTENT_NOT_SENT, type Drafts } from '../draft.js';
import { failureOf } from '../failure.js';
import type { SpanView } from '../span.js';
import { isRecord } from '../values.js';

export interface ModelSpan {
  model: string | undefined;
  provider: string | undefined;
  /** Undefined: content was not sent. */
  messages: Message[] | undefined;
  output: Message[] | undefined;
  finishReason: string | undefined;
  inputTokens: number | undefined;
  outputTokens: number | undefined;
  tools: ToolDescription[] | undefined;
}

/** A call of a model at the span's start, its output at the end. */
export function addModelSpan(span: SpanView, drafts: Drafts, read: ModelSpan): void {
  const { model, provider, messages, output, tools } = read;
  if (tools?.length) drafts.start('inventory', { subject: 'tool', tools });
  const known = { ...(model !== undefined && { model }), ...(provider !== undefined && { provider }) };
  drafts.start('model.call', messages?.length ? { ...known, messages } : { ...known, skipped: [CONTENT_NOT_SENT] });
  const failure = failureOf(span);
  const { inputTokens, outputTokens, finishReason } = read;
  const text = output
    ?.map((message) => message.text ?? '')
    .filter(Boolean)
    .join('\n');
  const toolCalls: ToolCallPart[] = output?.flatMap((message) => message.toolCalls ?? []) ?? [];
  drafts.end('model.output', {
    ...known,
    ...(text && { text }),
    ...(toolCalls.length > 0 && { toolCalls }),
    ...(finishReason !== undefined && { finishReason }),
    ...((inputTokens !== undefined || outputTokens !== undefined) && {
      usage: { ...(inputTokens !== undefined && { inputTokens }), ...(outputTokens !== undefined && { outputTokens }) },
    }),
    durationMs: span.durationMs,
    ...(failure && { errorType: failure.errorType }),
    ...(!output && !failure && { skipped: [CONTENT_NOT_SENT] }),
  });
}

export interface ToolSpan {
  tool: string;
  toolCallId: string | undefined;
  server: string | undefined;
  description: string | undefined;
  /** Undefined: not sent. */
  arguments: unknown;
  result: string | undefined;
}

/** A tool's span is its call at the start and its result at the end. */
export function addToolSpan(span: SpanView, drafts: Drafts, read: ToolSpan): void {
  const { tool, toolCallId, server, description, result } = read;
  const known = {
    tool,
    ...(toolCallId !== undefined && { toolCallId: toolCallId.slice(0, 512) }),
    ...(server !== undefined && { server }),
  };
  const given = read.arguments === undefined ? undefined : { arguments: read.arguments };
  drafts.start('tool.call', {
    ...known,
    ...(description !== undefined && { description }),
    ...(given ?? { skipped: [CONTENT_NOT_SENT] }),
  });
  const failure = failureOf(span);
  const text = result ?? failure?.message;
  drafts.end('tool.result', {
    ...known,
    ...given,
    ...(text === undefined ? { skipped: [CONTENT_NOT_SENT] } : { text, chars: text.length }),
    ...(failure && { errorType: failure.errorType }),
    ...(failure?.denied && { denied: true }),
    durationMs: span.durationMs,
  });
}

/** What an agent's own span (or a chain's, a workflow's) reveals: its identities, and the prompt it was given. */
export function addAgentSpan(span: SpanView, drafts: Drafts, input: Message[] | undefined): void {
  addAlias(span, drafts);
  // Behind the last answer stands what it was asked now; before it is history.
  const last = input?.findLastIndex((message) => message.role === 'assistant') ?? -1;
  const asked = input?.slice(last + 1).filter((message) => message.role === 'user' && message.text !== undefined) ?? [];
  asked.forEach((message, ordinal) => {
    if (message.text !== undefined) drafts.start('prompt', { text: message.text, chars: message.text.length }, ordinal);
  });
}

/** Children may have come before, known by their trace and service only: this says who they were. */
export function addAlias(span: SpanView, drafts: Drafts): void {
  const { own, resource } = span;
  const session = own.sessionId !== undefined && own.sessionId !== span.traceId;
  const agent = (own.agentId ?? own.agentName) !== undefined && (own.agentId ?? own.agentName) !== resource.service;
  if (!session && !agent) return;
  drafts.start('alias', {
    of: { ...(session && { sessionId: span.traceId }), ...(agent && { agentId: resource.service ?? 'unknown' }) },
  });
}

/** Tool definitions as OpenAI, Anthropic, the AI SDK and OpenTelemetry write them. */
export function readTools(value: unknown): ToolDescription[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const tools: ToolDescription[] = [];
  for (const item of value) {
    if (!isRecord(item)) continue;
    const inner = isRecord(item['function']) ? item['function'] : item;
    const name = inner['name'];
    if (typeof name !== 'string' || name === '') continue;
    const tool: ToolDescription = { name };
    if (typeof inner['description'] === 'string') tool.description = inner['description'];
    const parameters = inner['parameters'] ?? inner['input_schema'] ?? inner['inputSchema'];
    if (parameters !== undefined) tool.parameters = parameters;
    tools.push(tool);
  }
  return tools.length > 0 ? tools : undefined;
}

/** The events that several dialects make in the same way once their words are read. */
import type { Message, ToolDescription } from '../../../schemas/event.js';
import { CONTENT_CUT, CONTENT_NOT_SENT, type Drafts, type Own } from '../draft.js';
import { failureOf } from '../failure.js';
import { MAX_ID } from '../identity.js';
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
  /** The end of what was sent is missing. */
  cut?: boolean;
}

/** A call of a model at the span's start, its output at the end. */
export function addModelSpan(span: SpanView, drafts: Drafts, read: ModelSpan): void {
  const { model, provider, messages, output, tools } = read;
  if (tools?.length) drafts.start('inventory', { subject: 'tool', tools });
  // Fields are set one by one: spreading optional parts costs more than all the rest of decoding.
  const call: Own<'model.call'> = {};
  const answer: Own<'model.output'> = {};
  if (model !== undefined) answer.model = call.model = model;
  if (provider !== undefined) answer.provider = call.provider = provider;
  if (messages?.length) call.messages = messages;
  else call.skipped = [CONTENT_NOT_SENT];
  if (read.cut === true) call.skipped = [...(call.skipped ?? []), CONTENT_CUT];
  drafts.start('model.call', call);

  const failure = failureOf(span);
  if (output) {
    const text = textsOf(output);
    if (text !== '') answer.text = text;
    const toolCalls = output.flatMap((message) => message.toolCalls ?? []);
    if (toolCalls.length > 0) answer.toolCalls = toolCalls;
  } else if (!failure) answer.skipped = [CONTENT_NOT_SENT];
  if (read.finishReason !== undefined) answer.finishReason = read.finishReason;
  const { inputTokens, outputTokens } = read;
  if (inputTokens !== undefined || outputTokens !== undefined) {
    answer.usage = {};
    if (inputTokens !== undefined && inputTokens >= 0) answer.usage.inputTokens = inputTokens;
    if (outputTokens !== undefined && outputTokens >= 0) answer.usage.outputTokens = outputTokens;
  }
  answer.durationMs = span.durationMs;
  if (failure) answer.errorType = failure.errorType;
  drafts.end('model.output', answer);
}

function textsOf(messages: readonly Message[]): string {
  return messages
    .map((message) => message.text ?? '')
    .filter((text) => text !== '')
    .join('\n');
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
  const { tool } = read;
  const call: Own<'tool.call'> = { tool };
  const result: Own<'tool.result'> = { tool };
  if (read.toolCallId !== undefined) result.toolCallId = call.toolCallId = read.toolCallId.slice(0, MAX_ID);
  if (read.server !== undefined) result.server = call.server = read.server;
  if (read.description !== undefined) call.description = read.description;
  if (read.arguments === undefined) call.skipped = [CONTENT_NOT_SENT];
  else result.arguments = call.arguments = read.arguments;
  drafts.start('tool.call', call);

  const failure = failureOf(span);
  const text = read.result ?? failure?.message;
  if (text === undefined) result.skipped = [CONTENT_NOT_SENT];
  else {
    result.text = text;
    result.chars = text.length;
  }
  if (failure) {
    result.errorType = failure.errorType;
    if (failure.denied) result.denied = true;
  }
  result.durationMs = span.durationMs;
  drafts.end('tool.result', result);
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

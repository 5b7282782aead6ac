/**
 * Messages as the dialects write them, as one kind of message: OpenTelemetry's `parts`, the chat format of OpenAI
 * (`content`, `tool_calls`, `tool_call_id`) and the items of its responses, content blocks of Anthropic, Bedrock, Gemini
 * and the AI SDK, LangChain's messages.
 */
import type { Message, ToolResultPart } from '../../schemas/event.js';
import { label, readContent, readTool, readToolCall, type Parts } from './parts.js';
import { readCutJson } from './cut-json.js';
import { isRecord, plainOf } from './values.js';

const ROLES: Record<string, Message['role']> = {
  system: 'system',
  developer: 'system',
  user: 'user',
  human: 'user',
  assistant: 'assistant',
  model: 'assistant',
  ai: 'assistant',
  tool: 'tool',
  function: 'tool',
};

/** LangChain's classes, where only the class says whose message it is. */
const CLASSES: Record<string, Message['role']> = {
  SystemMessage: 'system',
  HumanMessage: 'user',
  AIMessage: 'assistant',
  ToolMessage: 'tool',
  FunctionMessage: 'tool',
};

/** A list of messages, or one; undefined where the value is neither. */
export function readMessages(value: unknown): Message[] | undefined {
  if (isRecord(value)) return Array.isArray(value['messages']) ? readMessages(value['messages']) : [readMessage(value)];
  if (!Array.isArray(value)) return undefined;
  const messages: Message[] = [];
  for (const item of value) {
    if (isRecord(item)) messages.push(readMessage(item));
    else if (typeof item === 'string') messages.push({ role: 'user', text: item });
    else if (Array.isArray(item) && item.length === 2 && typeof item[0] === 'string')
      messages.push(readMessage({ role: item[0], content: item[1] as unknown }));
  }
  return paired(messages);
}

/** Messages in an attribute, as JSON or structured; `cut`: their end is missing. */
export function messagesIn(value: unknown): { messages: Message[] | undefined; cut: boolean } {
  const plain = plainOf(value);
  if (typeof plain !== 'string') return { messages: readMessages(plain), cut: false };
  const { value: read, cut } = readCutJson(plain);
  const messages = readMessages(read);
  const last = messages?.at(-1);
  // Arguments that are cut would be another call, and a result without any text none.
  if (cut && last) {
    delete last.toolCalls;
    if (last.toolResults?.at(-1)?.text === '') delete last.toolResults;
  }
  return { messages, cut };
}

export function readMessage(given: Record<string, unknown>): Message {
  const raw = constructed(given);
  const found: Parts = { texts: [], toolCalls: [], toolResults: [] };
  const id = label(raw['tool_call_id'] ?? raw['toolCallId'] ?? raw['tool_use_id']);
  const named = label(raw['role']) ?? label(raw['type']);
  let role = ROLES[(named ?? '').toLowerCase()];
  if (role === undefined && readTool(raw, found)) role = found.toolCalls.length > 0 ? 'assistant' : 'tool';
  else readContent(raw['parts'] ?? raw['content'], found);
  role ??= 'user';
  if (Array.isArray(raw['tool_calls']))
    for (const call of raw['tool_calls']) if (isRecord(call)) readToolCall(call, found);
  if (isRecord(raw['function_call'])) readToolCall(raw['function_call'], found);
  // A tool's message in OpenAI's format is its result as a whole.
  if (role === 'tool' && found.toolResults.length === 0 && found.toolCalls.length === 0) {
    const result: ToolResultPart = { text: found.texts.join('\n') };
    if (id !== undefined || label(raw['id']) !== undefined) result.id = id ?? label(raw['id']) ?? '';
    const name = label(raw['name']);
    if (name !== undefined) result.name = name;
    found.toolResults.push(result);
    found.texts = [];
  }
  const message: Message = { role };
  if (found.texts.length > 0) message.text = found.texts.join('\n');
  if (found.toolCalls.length > 0) message.toolCalls = found.toolCalls;
  if (found.toolResults.length > 0) message.toolResults = found.toolResults;
  return message;
}

/** LangChain serializes a message as its class and the arguments that make it. */
function constructed(raw: Record<string, unknown>): Record<string, unknown> {
  const { kwargs, id } = raw;
  if (raw['lc'] !== 1 || !isRecord(kwargs)) return raw;
  const name: unknown = Array.isArray(id) ? id.at(-1) : undefined;
  const role = typeof name === 'string' ? CLASSES[name.replace(/Chunk$/, '')] : undefined;
  return role === undefined ? kwargs : { ...kwargs, role };
}

/**
 * Items of the responses API may be written down with the item's id (`fc_…`) instead of the call's, while results name the
 * call's: then the first result that no call is named by belongs to the first such call.
 */
function paired(messages: Message[]): Message[] {
  const calls = messages.flatMap((message) => message.toolCalls ?? []);
  let open = calls.filter((call) => call.id?.startsWith('fc_'));
  if (open.length === 0) return messages;
  const results = messages.flatMap((message) => message.toolResults ?? []);
  open = open.filter((call) => !results.some(({ id }) => id === call.id));
  for (const { id } of results) {
    if (id === undefined || calls.some((call) => call.id === id)) continue;
    const call = open.shift();
    if (call) call.id = id;
  }
  return messages;
}

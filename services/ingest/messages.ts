/**
 * Messages as the dialects write them, as one kind of message. Read are: OpenTelemetry's `parts`, the chat format of
 * OpenAI (`content`, `tool_calls`, `tool_call_id`), the content blocks of Anthropic (`tool_use`, `tool_result`) and of
 * the AI SDK (`tool-call`, `tool-result`). Images, audio and reasoning are not text the model was told, and are left out.
 */
import type { Message, ToolCallPart, ToolResultPart } from '../../schemas/event.js';
import { isRecord, jsonText } from './values.js';

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

/** A list of messages, or one; undefined where the value is neither. */
export function readMessages(value: unknown): Message[] | undefined {
  if (isRecord(value)) return Array.isArray(value['messages']) ? readMessages(value['messages']) : [readMessage(value)];
  if (!Array.isArray(value)) return undefined;
  const messages: Message[] = [];
  for (const item of value) {
    if (isRecord(item)) messages.push(readMessage(item));
    else if (typeof item === 'string') messages.push({ role: 'user', text: item });
  }
  return messages;
}

export function readMessage(raw: Record<string, unknown>): Message {
  const found: Parts = { texts: [], toolCalls: [], toolResults: [] };
  const id = text(raw['tool_call_id'] ?? raw['toolCallId'] ?? raw['tool_use_id']);
  const given = text(raw['role']) ?? text(raw['type']);
  const role = ROLES[(given ?? '').toLowerCase()] ?? 'user';
  readContent(raw['parts'] ?? raw['content'], found, 0);
  if (Array.isArray(raw['tool_calls']))
    for (const call of raw['tool_calls']) if (isRecord(call)) readToolCall(call, found);
  // A tool's message in OpenAI's format is its result as a whole.
  if (role === 'tool' && found.toolResults.length === 0) {
    const result: ToolResultPart = { text: found.texts.join('\n') };
    if (id !== undefined || text(raw['id']) !== undefined) result.id = id ?? text(raw['id']) ?? '';
    const name = text(raw['name']);
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

interface Parts {
  texts: string[];
  toolCalls: ToolCallPart[];
  toolResults: ToolResultPart[];
}

function readContent(content: unknown, found: Parts, depth: number): void {
  if (typeof content === 'string') {
    if (content !== '') found.texts.push(content);
    return;
  }
  if (Array.isArray(content)) {
    for (const part of content) {
      if (typeof part === 'string') found.texts.push(part);
      else if (isRecord(part)) readPart(part, found, depth);
    }
  } else if (isRecord(content)) readPart(content, found, depth);
}

function readPart(part: Record<string, unknown>, found: Parts, depth: number): void {
  switch (part['type']) {
    case 'tool_call':
    case 'tool-call':
    case 'tool_use':
    case 'server_tool_use':
    case 'function_call':
      readToolCall(part, found);
      return;
    case 'tool_call_response':
    case 'tool-result':
    case 'tool_result':
    case 'function_call_output': {
      const result: ToolResultPart = {
        text: resultText(part['response'] ?? part['result'] ?? part['output'] ?? part['content']),
      };
      const id = text(
        part['id'] ?? part['toolCallId'] ?? part['tool_use_id'] ?? part['tool_call_id'] ?? part['call_id'],
      );
      const name = text(part['name'] ?? part['toolName']);
      if (id !== undefined) result.id = id;
      if (name !== undefined) result.name = name;
      found.toolResults.push(result);
      return;
    }
    case 'reasoning':
    case 'thinking':
    case 'redacted_thinking':
      return;
    default: {
      const inner = part['text'] ?? part['content'];
      if (typeof inner === 'string') {
        if (inner !== '') found.texts.push(inner);
      } else if (depth < 4 && inner !== undefined) readContent(inner, found, depth + 1);
    }
  }
}

function readToolCall(raw: Record<string, unknown>, found: Parts): void {
  const inner = isRecord(raw['function']) ? raw['function'] : isRecord(raw['tool_call']) ? raw['tool_call'] : raw;
  const name = text(inner['name'] ?? raw['toolName']);
  if (name === undefined) return;
  const call: ToolCallPart = { name };
  const id = text(raw['id'] ?? raw['toolCallId'] ?? raw['call_id']) ?? text(inner['id']);
  if (id !== undefined) call.id = id;
  const given = inner['arguments'] ?? raw['input'] ?? raw['args'];
  if (given !== undefined) call.arguments = typeof given === 'string' ? jsonText(given) : given;
  found.toolCalls.push(call);
}

/**
 * A tool's result as the text the model gets to see. Wrappers around a text come off: the AI SDK's `{type, value}`,
 * MCP's and Anthropic's `content` blocks; any other value is its JSON.
 */
export function resultText(value: unknown): string {
  if (typeof value === 'string') return value;
  if (value === undefined || value === null) return '';
  if (
    Array.isArray(value) &&
    value.length > 0 &&
    value.every(
      (item) => isRecord(item) && item['type'] === 'text' && typeof (item['text'] ?? item['content']) === 'string',
    )
  ) {
    return value.map((item: Record<string, unknown>) => String(item['text'] ?? item['content'])).join('\n');
  }
  if (isRecord(value)) {
    const type = value['type'];
    if ((type === 'text' || type === 'error-text') && typeof (value['value'] ?? value['text']) === 'string')
      return String(value['value'] ?? value['text']);
    if ((type === 'json' || type === 'error-json' || type === 'content') && 'value' in value)
      return resultText(value['value']);
    if (
      Array.isArray(value['content']) &&
      Object.keys(value).every(
        (key) => key === 'content' || key === 'isError' || key === '_meta' || key === 'structuredContent',
      )
    )
      return resultText(value['content']);
  }
  return JSON.stringify(value) ?? '';
}

/** An id, name or role: short. */
function text(value: unknown): string | undefined {
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' && value !== '' ? value.slice(0, 512) : undefined;
}

/**
 * The parts of a message's content as vendors write them: OpenTelemetry's, OpenAI's (chat completions and responses),
 * Anthropic's and Bedrock's blocks, Gemini's, the AI SDK's. Images, audio and reasoning are not text the model was
 * told, and are left out.
 */
import type { ToolCallPart, ToolResultPart } from '../../schemas/event.js';
import { pythonLiteral } from './python-literal.js';
import { resultText } from './result-text.js';
import { isRecord, jsonText } from './values.js';

export interface Parts {
  texts: string[];
  toolCalls: ToolCallPart[];
  toolResults: ToolResultPart[];
}

const MAX_DEPTH = 4;

export function readContent(content: unknown, found: Parts, depth = 0): void {
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

/** What is a call or a result by its `type`; false: it is neither. */
export function readTool(part: Record<string, unknown>, found: Parts): boolean {
  switch (part['type']) {
    case 'tool_call':
    case 'tool-call':
    case 'tool_use':
    case 'server_tool_use':
    case 'function_call':
      readToolCall(part, found);
      return true;
    case 'tool_call_response':
    case 'tool-result':
    case 'tool_result':
    case 'function_call_output':
      found.toolResults.push(
        resultPart(
          part['call_id'] ?? part['id'] ?? part['toolCallId'] ?? part['tool_use_id'] ?? part['tool_call_id'],
          part['name'] ?? part['toolName'],
          resultText(part['response'] ?? part['result'] ?? part['output'] ?? part['content']),
        ),
      );
      return true;
    default:
      return false;
  }
}

function readPart(part: Record<string, unknown>, found: Parts, depth: number): void {
  if (readTool(part, found) || readKeyed(part, found)) return;
  switch (part['type']) {
    case 'reasoning':
    case 'thinking':
    case 'redacted_thinking':
      return;
    case 'refusal':
      return readContent(part['refusal'] ?? part['content'], found, depth + 1);
    default: {
      // Gemini marks what it only thought.
      if (part['thought'] === true) return;
      const inner = part['text'] ?? part['content'] ?? (depth > 0 ? part['value'] : undefined);
      if (typeof inner === 'string') {
        if (inner !== '') found.texts.push(inner);
      } else if (depth < MAX_DEPTH && inner !== undefined) readContent(inner, found, depth + 1);
    }
  }
}

/** Parts without a type: the key says what they are (Bedrock, Gemini). */
function readKeyed(part: Record<string, unknown>, found: Parts): boolean {
  const use = part['toolUse'] ?? part['function_call'] ?? part['functionCall'];
  if (isRecord(use)) {
    readToolCall({ ...use, id: use['toolUseId'] ?? use['id'] }, found);
    return true;
  }
  const bedrock = part['toolResult'];
  if (isRecord(bedrock)) {
    found.toolResults.push(resultPart(bedrock['toolUseId'], undefined, resultText(bedrock['content'])));
    return true;
  }
  const gemini = part['function_response'] ?? part['functionResponse'];
  if (isRecord(gemini)) {
    found.toolResults.push(resultPart(gemini['id'], gemini['name'], geminiResult(gemini['response'])));
    return true;
  }
  return false;
}

function resultPart(id: unknown, name: unknown, result: string): ToolResultPart {
  const part: ToolResultPart = { text: result };
  const [knownId, knownName] = [label(id), label(name)];
  if (knownId !== undefined) part.id = knownId;
  if (knownName !== undefined) part.name = knownName;
  return part;
}

/** Gemini takes objects alone: a function's plain result stands under `result` or `output`. */
export function geminiResult(response: unknown): string {
  if (isRecord(response)) {
    const keys = Object.keys(response);
    const only = keys.length === 1 ? keys[0] : undefined;
    if (only === 'result' || only === 'output') return resultText(response[only]);
  }
  return resultText(response);
}

export function readToolCall(raw: Record<string, unknown>, found: Parts): void {
  const inner = isRecord(raw['function']) ? raw['function'] : isRecord(raw['tool_call']) ? raw['tool_call'] : raw;
  const name = label(inner['name'] ?? raw['toolName']);
  if (name === undefined) return;
  const call: ToolCallPart = { name };
  // An item of the responses API has an id of its own beside that of the call, which its result will name.
  const id = label(raw['call_id'] ?? raw['id'] ?? raw['toolCallId']) ?? label(inner['id']);
  if (id !== undefined) call.id = id;
  const given = inner['arguments'] ?? raw['input'] ?? raw['args'];
  if (given !== undefined) call.arguments = typeof given === 'string' ? argumentsOf(given) : given;
  // A message may tell a call as a block of its content and in its list of calls.
  if (id !== undefined && found.toolCalls.some((other) => other.id === id && other.name === name)) return;
  found.toolCalls.push(call);
}

/** Arguments in a text: JSON, else what Python prints, else the text. */
export function argumentsOf(text: string): unknown {
  const parsed = jsonText(text);
  return typeof parsed === 'string' ? (pythonLiteral(parsed.trim()) ?? parsed) : parsed;
}

/** An id, name or role: short. */
export function label(value: unknown): string | undefined {
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' && value !== '' ? value.slice(0, 512) : undefined;
}

/**
 * What a model or a tool was given and what came of it, wherever OpenTelemetry's conventions let it stand: in attributes,
 * in an event with the same attributes (or two, one for each direction), or in the older events, one a message.
 */
import { own } from '../../runtime/own-key.js';
import type { Message } from '../../../schemas/event.js';
import { messagesIn, readMessage, readMessages } from '../messages.js';
import type { SpanEvent, SpanView } from '../span.js';
import { isRecord, jsonOf, jsonText, plainOf, type Attributes } from '../values.js';

/** Undefined: it was not sent. */
export interface Content {
  messages: Message[] | undefined;
  output: Message[] | undefined;
  /** Its end is missing. */
  cut?: boolean;
}

const NOT_SENT: Readonly<Content> = Object.freeze({ messages: undefined, output: undefined });

/** Messages from the attributes, else from events with the same attributes, else from the older events. */
export function otelContent(span: SpanView): Content {
  const current = contentOf(span.attributes);
  if (current || span.events.length === 0) return current ?? NOT_SENT;
  let found: Content | undefined;
  for (const event of span.events) {
    const told = contentOf(event.attributes);
    if (told)
      found = {
        messages: told.messages ?? found?.messages,
        output: told.output ?? found?.output,
        cut: told.cut === true || found?.cut === true,
      };
  }
  return found ?? messageEvents(span.events);
}

function contentOf(attributes: Attributes): Content | undefined {
  const input = attributes.get('gen_ai.input.messages');
  const output = attributes.get('gen_ai.output.messages');
  const instructions = attributes.get('gen_ai.system_instructions');
  if (input === undefined && output === undefined && instructions === undefined) return undefined;
  const system = instructions === undefined ? undefined : readMessage({ role: 'system', parts: jsonOf(instructions) });
  const { messages, cut } = messagesIn(input);
  const answered = output === undefined ? undefined : messagesIn(output);
  return {
    messages: system?.text !== undefined ? [system, ...(messages ?? [])] : messages,
    output: answered?.messages,
    cut: cut || answered?.cut === true,
  };
}

/** The older conventions: one event a message, in order; `gen_ai.choice` is the answer. */
export function messageEvents(events: readonly SpanEvent[]): Content {
  const messages: Message[] = [];
  const output: Message[] = [];
  for (const event of events) {
    const role = own(MESSAGE_EVENTS, event.name);
    if (role === undefined) {
      // Before the message events, one event held them all.
      if (event.name === 'gen_ai.content.prompt')
        messages.push(...(readMessages(jsonOf(event.attributes.get('gen_ai.prompt'))) ?? []));
      if (event.name === 'gen_ai.content.completion')
        output.push(...(readMessages(jsonOf(event.attributes.get('gen_ai.completion'))) ?? []));
      continue;
    }
    const fields: Record<string, unknown> = { role, ...eventFields(event) };
    if (event.name === 'gen_ai.choice') output.push(choiceOf(fields));
    else
      messages.push(
        readMessage({
          ...fields,
          role: typeof fields['role'] === 'string' && event.name !== 'gen_ai.tool.message' ? fields['role'] : role,
        }),
      );
  }
  return { messages: messages.length > 0 ? messages : undefined, output: output.length > 0 ? output : undefined };
}

/** The answer stands in `message`: a message, or its content alone. */
export function choiceOf(fields: Readonly<Record<string, unknown>>): Message {
  const inner = fields['message'];
  const content = Array.isArray(inner) || typeof inner === 'string' ? { content: contentBlocks(inner) } : undefined;
  return readMessage({ ...fields, ...(isRecord(inner) ? inner : content), role: 'assistant' });
}

export const MESSAGE_EVENTS: Readonly<Record<string, string>> = {
  'gen_ai.system.message': 'system',
  'gen_ai.user.message': 'user',
  'gen_ai.assistant.message': 'assistant',
  'gen_ai.tool.message': 'tool',
  'gen_ai.choice': 'assistant',
};

/** A message event keeps its fields in the body (logs) or in attributes, plain, prefixed, or one JSON (span events). */
export function eventFields(event: SpanEvent): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  for (const [key, value] of event.attributes) {
    const plain = plainOf(value);
    if (key === 'gen_ai.event.content' && typeof plain === 'string') {
      const body = jsonText(plain);
      if (isRecord(body)) Object.assign(fields, body);
      else fields['content'] = plain;
      continue;
    }
    const name = key.startsWith('gen_ai.event.') ? key.slice('gen_ai.event.'.length) : key;
    const parsed = typeof plain === 'string' && name !== 'role' && name !== 'id' ? structured(name, plain) : plain;
    fields[name] = parsed;
  }
  const body = event.fields ?? plainOf(event.body);
  const given = typeof body === 'string' ? jsonText(body) : body;
  if (isRecord(given)) Object.assign(fields, given);
  else if (typeof given === 'string') fields['content'] = given;
  const nested = fields['content'];
  if (isRecord(nested) && ('role' in nested || 'content' in nested)) Object.assign(fields, nested);
  else if (typeof nested === 'string') fields['content'] = contentBlocks(nested);
  return fields;
}

/**
 * `content` stays the text it is unless it holds a message and nothing else: a tool's result may be JSON that somebody else wrote.
 * Everything else that looks like JSON is JSON.
 */
function structured(name: string, text: string): unknown {
  const parsed = jsonText(text);
  if (name !== 'content') return parsed;
  return isRecord(parsed) && 'role' in parsed && Object.keys(parsed).every((key) => MESSAGE_KEYS.has(key))
    ? parsed
    : text;
}

const MESSAGE_KEYS = new Set([
  'role',
  'content',
  'parts',
  'tool_calls',
  'tool_call_id',
  'id',
  'name',
  'finish_reason',
  'index',
]);

/**
 * Content that is a list of Bedrock's blocks as JSON (`[{"text": …}, {"toolUse": …}]`). Any other text stays what it is: a
 * result may be JSON that somebody else wrote, and nothing in it may go unread.
 */
export function contentBlocks(content: unknown): unknown {
  if (typeof content !== 'string' || !content.startsWith('[{')) return content;
  const parsed = jsonText(content);
  return Array.isArray(parsed) && parsed.every(isBlock) ? parsed : content;
}

function isBlock(item: unknown): boolean {
  if (!isRecord(item)) return false;
  const keys = Object.keys(item);
  if (keys.length !== 1) return false;
  if (typeof item['text'] === 'string') return true;
  const use = item['toolUse'] ?? item['toolResult'];
  return isRecord(use) && typeof use['toolUseId'] === 'string';
}

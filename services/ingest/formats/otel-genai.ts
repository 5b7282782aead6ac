/**
 * OpenTelemetry's GenAI conventions: the current attributes, and the older span events and log events that carried
 * messages one by one (`gen_ai.user.message`, `gen_ai.choice`, …).
 */
import { own } from '../../runtime/own-key.js';
import type { Message } from '../../../schemas/event.js';
import { CONTENT_NOT_SENT, type Drafts } from '../draft.js';
import { readMessage, readMessages, resultText } from '../messages.js';
import type { SpanEvent, SpanView } from '../span.js';
import { isRecord, jsonOf, jsonText, numberOf, plainOf, textOf, type Attributes } from '../values.js';
import { addAgentSpan, addModelSpan, addToolSpan, readTools } from './events.js';
import type { Format } from './format.js';

export const otelGenai: Format = {
  identity: (attributes) => ({
    agentId: textOf(attributes.get('gen_ai.agent.id')),
    agentName: textOf(attributes.get('gen_ai.agent.name')),
    agentVersion: textOf(attributes.get('gen_ai.agent.version')),
    sessionId: textOf(attributes.get('gen_ai.conversation.id')) ?? textOf(attributes.get('session.id')),
    userId: textOf(attributes.get('enduser.id')) ?? textOf(attributes.get('user.id')),
  }),
  decode,
};

function decode(span: SpanView, drafts: Drafts): void {
  const { attributes } = span;
  const operation = textOf(attributes.get('gen_ai.operation.name'));
  switch (operation) {
    case 'execute_tool':
      addToolSpan(span, drafts, {
        tool: textOf(attributes.get('gen_ai.tool.name')) ?? nameBehind(span.name, 'execute_tool'),
        toolCallId: textOf(attributes.get('gen_ai.tool.call.id')),
        server: undefined,
        description: textOf(attributes.get('gen_ai.tool.description')),
        arguments: jsonOf(attributes.get('gen_ai.tool.call.arguments')),
        result: toolResult(attributes),
      });
      return;
    case 'invoke_agent':
    case 'invoke_workflow':
    case 'plan':
      addAgentSpan(span, drafts, readMessages(jsonOf(attributes.get('gen_ai.input.messages'))));
      return;
    case 'create_agent': {
      const name = textOf(attributes.get('gen_ai.agent.name'));
      const endpoint = textOf(attributes.get('server.address'));
      drafts.end('inventory', {
        subject: 'agent',
        ...(name !== undefined && { name }),
        ...(endpoint !== undefined && { endpoint }),
      });
      return;
    }
    case 'retrieval':
    case 'search_memory':
      addRetrieval(span, drafts);
      return;
    case 'update_memory':
    case 'delete_memory':
    case 'create_memory': {
      const store =
        textOf(attributes.get('gen_ai.memory.store.id')) ?? textOf(attributes.get('gen_ai.memory.store.name'));
      const key = textOf(attributes.get('gen_ai.memory.id')) ?? textOf(attributes.get('gen_ai.memory.key'));
      const text =
        textOf(attributes.get('gen_ai.memory.content')) ?? jsonAsText(attributes.get('gen_ai.memory.records'));
      drafts.end('memory.write', {
        ...(store !== undefined && { store }),
        ...(key !== undefined && { key }),
        ...(text === undefined ? { skipped: [CONTENT_NOT_SENT] } : { text }),
      });
      return;
    }
    default:
      addModelSpan(span, drafts, {
        model: textOf(attributes.get('gen_ai.response.model')) ?? textOf(attributes.get('gen_ai.request.model')),
        provider: textOf(attributes.get('gen_ai.provider.name')) ?? textOf(attributes.get('gen_ai.system')),
        ...otelContent(span),
        finishReason: firstOf(plainOf(attributes.get('gen_ai.response.finish_reasons'))),
        inputTokens:
          numberOf(attributes.get('gen_ai.usage.input_tokens')) ??
          numberOf(attributes.get('gen_ai.usage.prompt_tokens')),
        outputTokens:
          numberOf(attributes.get('gen_ai.usage.output_tokens')) ??
          numberOf(attributes.get('gen_ai.usage.completion_tokens')),
        tools: attributes.has('gen_ai.tool.definitions')
          ? readTools(jsonOf(attributes.get('gen_ai.tool.definitions')))
          : undefined,
      });
  }
}

/** Messages from the attributes, else from an event with the same attributes, else from the older events. */
export function otelContent(span: SpanView): { messages: Message[] | undefined; output: Message[] | undefined } {
  const current = contentOf(span.attributes);
  if (current || span.events.length === 0) return current ?? { messages: undefined, output: undefined };
  for (const event of span.events) {
    const found = contentOf(event.attributes);
    if (found) return found;
  }
  return messageEvents(span.events);
}

function contentOf(
  attributes: Attributes,
): { messages: Message[] | undefined; output: Message[] | undefined } | undefined {
  const input = attributes.get('gen_ai.input.messages');
  const output = attributes.get('gen_ai.output.messages');
  const instructions = attributes.get('gen_ai.system_instructions');
  if (input === undefined && output === undefined && instructions === undefined) return undefined;
  const system = instructions === undefined ? undefined : readMessage({ role: 'system', parts: jsonOf(instructions) });
  const messages = readMessages(jsonOf(input));
  return {
    messages: system?.text !== undefined ? [system, ...(messages ?? [])] : messages,
    output: output === undefined ? undefined : readMessages(jsonOf(output)),
  };
}

/** The older conventions: one event a message, in order; `gen_ai.choice` is the answer. */
export function messageEvents(events: readonly SpanEvent[]): {
  messages: Message[] | undefined;
  output: Message[] | undefined;
} {
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
    if (event.name === 'gen_ai.choice') {
      const inner = fields['message'];
      output.push(readMessage({ ...fields, ...(isRecord(inner) ? inner : {}), role: 'assistant' }));
    } else
      messages.push(
        readMessage({
          ...fields,
          role: typeof fields['role'] === 'string' && event.name !== 'gen_ai.tool.message' ? fields['role'] : role,
        }),
      );
  }
  return { messages: messages.length > 0 ? messages : undefined, output: output.length > 0 ? output : undefined };
}

export const MESSAGE_EVENTS: Readonly<Record<string, string>> = {
  'gen_ai.system.message': 'system',
  'gen_ai.user.message': 'user',
  'gen_ai.assistant.message': 'assistant',
  'gen_ai.tool.message': 'tool',
  'gen_ai.choice': 'assistant',
};

/** A message event keeps its fields in the body (logs) or in attributes, plain, prefixed, or one JSON (span events). */
function eventFields(event: SpanEvent): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  for (const [key, value] of event.attributes) {
    const plain = plainOf(value);
    const name = key.startsWith('gen_ai.event.') ? key.slice('gen_ai.event.'.length) : key;
    const parsed = typeof plain === 'string' && name !== 'role' && name !== 'id' ? structured(name, plain) : plain;
    fields[name] = parsed;
  }
  const body = plainOf(event.body);
  const given = typeof body === 'string' ? jsonText(body) : body;
  if (isRecord(given)) Object.assign(fields, given);
  else if (typeof given === 'string') fields['content'] = given;
  const nested = fields['content'];
  if (isRecord(nested) && ('role' in nested || 'content' in nested)) Object.assign(fields, nested);
  return fields;
}

/** `content` stays the text it is unless it holds a message; everything else that looks like JSON is JSON. */
function structured(name: string, text: string): unknown {
  const parsed = jsonText(text);
  if (name !== 'content') return parsed;
  return isRecord(parsed) && 'role' in parsed ? parsed : text;
}

function toolResult(attributes: Attributes): string | undefined {
  const value = attributes.get('gen_ai.tool.call.result');
  if (value === undefined) return undefined;
  const plain = plainOf(value);
  return typeof plain === 'string' ? plain : resultText(plain);
}

function addRetrieval(span: SpanView, drafts: Drafts): void {
  const { attributes } = span;
  const query =
    textOf(attributes.get('gen_ai.retrieval.query.text')) ??
    textOf(attributes.get('gen_ai.retrieval.query')) ??
    textOf(attributes.get('gen_ai.memory.query.text'));
  const found = jsonOf(attributes.get('gen_ai.retrieval.documents') ?? attributes.get('gen_ai.memory.records'));
  const documents = Array.isArray(found) ? found.map(documentOf) : undefined;
  drafts.end('retrieval', {
    dataset:
      textOf(attributes.get('gen_ai.data_source.id')) ??
      textOf(attributes.get('gen_ai.memory.store.id')) ??
      (nameBehind(span.name, 'retrieval') || 'unknown'),
    ...(query !== undefined && { query }),
    ...(documents ? { documents } : { skipped: [CONTENT_NOT_SENT] }),
  });
}

function documentOf(value: unknown): { id?: string; text?: string } {
  if (!isRecord(value)) return { text: resultText(value) };
  const { id } = value;
  const text = value['content'] ?? value['text'] ?? value['page_content'];
  return {
    ...((typeof id === 'string' || typeof id === 'number') && { id: String(id) }),
    ...(text !== undefined && { text: resultText(text) }),
  };
}

function jsonAsText(value: unknown): string | undefined {
  const plain = plainOf(value);
  return plain === undefined ? undefined : resultText(plain);
}

function firstOf(value: unknown): string | undefined {
  const first = Array.isArray(value) ? (value as unknown[])[0] : value;
  return typeof first === 'string' ? first : undefined;
}

/** Span names are `{operation} {target}`. */
function nameBehind(name: string, operation: string): string {
  return name.startsWith(`${operation} `) ? name.slice(operation.length + 1) : name;
}

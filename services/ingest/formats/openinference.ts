/**
 * OpenInference: span kinds LLM, TOOL, AGENT, CHAIN, RETRIEVER, …; messages flattened into indexed keys. Its OpenAI
 * instrumentation makes LLM spans only, so calls and results are read out of the messages; frameworks' instrumentations
 * wrap them in CHAIN and AGENT spans that repeat inputs.
 */
import type { Message, ToolDescription } from '../../../schemas/event.js';
import { CONTENT_NOT_SENT, type Drafts } from '../draft.js';
import { indexedList } from '../indexed.js';
import { readMessage, readMessages } from '../messages.js';
import { argumentsOf } from '../parts.js';
import { resultText } from '../result-text.js';
import type { SpanView } from '../span.js';
import { isRecord, jsonOf, jsonText, numberOf, textOf, type Attributes } from '../values.js';
import { addAgentSpan, addModelSpan, addToolSpan, readTools } from './events.js';
import type { Format } from './format.js';

export const openinference: Format = {
  identity: (attributes) => ({
    agentId: textOf(attributes.get('gen_ai.agent.id')),
    agentName:
      textOf(attributes.get('agent.name')) ?? textOf(attributes.get('gen_ai.agent.name')) ?? agentNode(attributes),
    sessionId: textOf(attributes.get('session.id')) ?? textOf(attributes.get('gen_ai.conversation.id')),
    userId: textOf(attributes.get('user.id')) ?? textOf(attributes.get('enduser.id')),
  }),
  decode,
};

/** Agents of a graph (the OpenAI Agents SDK, smolagents) are named as its nodes. */
function agentNode(attributes: Attributes): string | undefined {
  return textOf(attributes.get('openinference.span.kind'))?.toUpperCase() === 'AGENT'
    ? textOf(attributes.get('graph.node.id'))
    : undefined;
}

function decode(span: SpanView, drafts: Drafts): void {
  const { attributes } = span;
  switch (textOf(attributes.get('openinference.span.kind'))?.toUpperCase()) {
    case 'LLM':
      addModelSpan(span, drafts, {
        model: textOf(attributes.get('llm.model_name')),
        provider: textOf(attributes.get('llm.provider')) ?? textOf(attributes.get('llm.system')),
        messages: withPlainInput(attributes, messages(attributes, 'llm.input_messages')),
        output: messages(attributes, 'llm.output_messages') ?? plainOutput(attributes),
        finishReason: textOf(attributes.get('llm.finish_reason')),
        inputTokens: numberOf(attributes.get('llm.token_count.prompt')),
        outputTokens: numberOf(attributes.get('llm.token_count.completion')),
        tools: tools(attributes),
      });
      return;
    case 'TOOL':
      addToolSpan(span, drafts, {
        tool: textOf(attributes.get('tool.name')) ?? span.name,
        toolCallId: textOf(attributes.get('tool_call.id')) ?? textOf(attributes.get('tool.id')),
        server: undefined,
        description: textOf(attributes.get('tool.description')),
        arguments: toolArguments(attributes),
        result: result(attributes),
      });
      return;
    case 'AGENT':
    case 'CHAIN':
      addAgentSpan(span, drafts, span.parentSpanId === undefined ? input(attributes) : undefined);
      return;
    case 'RETRIEVER': {
      const found = indexedList(attributes, 'retrieval.documents');
      const query = textOf(attributes.get('input.value'));
      drafts.end('retrieval', {
        dataset:
          textOf(attributes.get('retrieval.data_source.id')) ??
          textOf(attributes.get('gen_ai.data_source.id')) ??
          span.name,
        ...(query !== undefined && { query }),
        ...(found ? { documents: found.map(documentOf) } : { skipped: [CONTENT_NOT_SENT] }),
      });
      return;
    }
    default:
      return;
  }
}

function messages(attributes: Attributes, prefix: string): Message[] | undefined {
  return indexedList(attributes, prefix)?.map((item) => {
    const message = isRecord(item) && isRecord(item['message']) ? item['message'] : {};
    const calls = Array.isArray(message['tool_calls'])
      ? message['tool_calls'].map((call: unknown) =>
          isRecord(call) && isRecord(call['tool_call']) ? call['tool_call'] : call,
        )
      : undefined;
    const contents = Array.isArray(message['contents'])
      ? message['contents'].map((part: unknown) => contentPart(part))
      : undefined;
    const results = isRecord(item) ? functionResults(item['function']) : undefined;
    if (results) return readMessage({ role: 'tool', parts: results });
    return readMessage({ ...message, content: message['content'] ?? contents, ...(calls && { tool_calls: calls }) });
  });
}

/** AutoGen's results stand beside the message, each as JSON. */
function functionResults(value: unknown): unknown[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const results = value.flatMap((item: unknown) => {
    const read = typeof item === 'string' ? jsonText(item) : item;
    return isRecord(read) && typeof read['content'] === 'string'
      ? [{ type: 'tool_call_response', id: read['call_id'], name: read['name'], response: read['content'] }]
      : [];
  });
  return results.length > 0 ? results : undefined;
}

/** AutoGen's answer stands in the span's output alone: a text, or the calls it asks for. */
function plainOutput(attributes: Attributes): Message[] | undefined {
  const value = jsonOf(attributes.get('output.value'));
  if (!isRecord(value) || typeof value['finish_reason'] !== 'string') return undefined;
  const { content } = value;
  if (typeof content === 'string') return [{ role: 'assistant', text: content }];
  if (!Array.isArray(content) || !content.every((call) => isRecord(call) && typeof call['name'] === 'string'))
    return undefined;
  const calls = (content as Record<string, unknown>[]).map(({ id, name, arguments: args }) => ({
    id,
    type: 'function',
    function: { name, arguments: args },
  }));
  return [readMessage({ role: 'assistant', tool_calls: calls })];
}

/** The responses API takes what the user says as a plain text, which then stands in the span's input alone. */
function withPlainInput(attributes: Attributes, listed: Message[] | undefined): Message[] | undefined {
  if (listed?.some(({ role }) => role !== 'system')) return listed;
  const input = textOf(attributes.get('input.value'));
  const mime = textOf(attributes.get('input.mime_type')) ?? 'text/plain';
  if (input === undefined || mime !== 'text/plain' || typeof jsonText(input) !== 'string') return listed;
  return [...(listed ?? []), { role: 'user', text: input }];
}

/** As JSON, or as Python prints them; LlamaIndex's stand under `kwargs`, CrewAI's in the `calling` that its method was given. */
function toolArguments(attributes: Attributes): unknown {
  const given = attributes.get('tool_call.function.arguments') ?? attributes.get('input.value');
  const text = textOf(given);
  const read = text === undefined ? jsonOf(given) : argumentsOf(text);
  if (isRecord(read) && 'tool_string' in read && isRecord(read['calling'])) return read['calling']['arguments'] ?? {};
  if (!isRecord(read) || !isRecord(read['kwargs'])) return read;
  const { args, kwargs, ...rest } = read;
  const plain = Object.keys(rest).length === 0 && (args === undefined || (Array.isArray(args) && args.length === 0));
  return plain ? kwargs : read;
}

/** `message_content.type`/`.text` of one part, which may also be a tool's use or result. */
function contentPart(part: unknown): unknown {
  return isRecord(part) && isRecord(part['message_content']) ? part['message_content'] : part;
}

function tools(attributes: Attributes): ToolDescription[] | undefined {
  const listed = indexedList(attributes, 'llm.tools')?.map((item) => {
    const tool = isRecord(item) && isRecord(item['tool']) ? item['tool'] : {};
    const schema = typeof tool['json_schema'] === 'string' ? jsonText(tool['json_schema']) : tool['json_schema'];
    if (!isRecord(schema)) return tool;
    // The schema may be the whole definition or the parameters alone.
    if (typeof tool['name'] === 'string' && !('name' in schema) && !('function' in schema))
      return { ...tool, parameters: schema };
    return { ...schema, ...(typeof tool['name'] === 'string' && { name: tool['name'] }) };
  });
  return listed && readTools(listed);
}

function result(attributes: Attributes): string | undefined {
  const value = textOf(attributes.get('output.value'));
  if (value === undefined) return undefined;
  const parsed = jsonText(value);
  if (typeof parsed === 'string') return parsed;
  // LangChain's runs answer `{output: …}`.
  return resultText(
    isRecord(parsed) && isRecord(parsed['output']) && Object.keys(parsed).length === 1 ? parsed['output'] : parsed,
  );
}

/** What the outermost agent or chain was asked: a text, or the messages in it. */
function input(attributes: Attributes): Message[] | undefined {
  const value = jsonOf(attributes.get('input.value'));
  if (typeof value === 'string') return [{ role: 'user', text: value }];
  if (isRecord(value) && typeof value['prompt'] === 'string') return [{ role: 'user', text: value['prompt'] }];
  return isRecord(value) && Array.isArray(value['messages']) ? readMessages(value['messages']) : undefined;
}

function documentOf(item: unknown): { id?: string; text?: string } {
  const document = isRecord(item) && isRecord(item['document']) ? item['document'] : {};
  const { id, content } = document;
  return {
    ...((typeof id === 'string' || typeof id === 'number') && { id: String(id) }),
    ...(typeof content === 'string' && { text: content }),
  };
}

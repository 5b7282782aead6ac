/**
 * OpenLLMetry (Traceloop): model spans with messages in indexed keys (`gen_ai.prompt.0.content`) or, in newer versions,
 * in OpenTelemetry's own attributes; `workflow`, `task`, `agent` and `tool` spans made by its decorators, whose inputs
 * and outputs are JSON of the function's arguments and result. Its tool spans have no call ids.
 */
import type { Message, ToolDescription } from '../../../schemas/event.js';
import type { Drafts } from '../draft.js';
import { indexedList } from '../indexed.js';
import { readMessage } from '../messages.js';
import { argumentsOf } from '../parts.js';
import { resultText, withRest } from '../result-text.js';
import type { SpanView } from '../span.js';
import { isRecord, jsonOf, jsonText, numberOf, plainOf, textOf, type Attributes } from '../values.js';
import { addAgentSpan, addModelSpan, addToolSpan, readTools } from './events.js';
import type { Format } from './format.js';
import { otelContent } from './otel-content.js';

const ASSOCIATION = 'traceloop.association.properties.';

export const openllmetry: Format = {
  identity: (attributes) => ({
    agentId: textOf(attributes.get('gen_ai.agent.id')) ?? association(attributes, ['agent_id', 'agentId']),
    agentName:
      textOf(attributes.get('gen_ai.agent.name')) ??
      textOf(attributes.get('traceloop.agent.name')) ??
      association(attributes, ['agent_name', 'agentName']) ??
      agentEntity(attributes),
    sessionId:
      textOf(attributes.get('gen_ai.conversation.id')) ??
      association(attributes, [
        'session_id',
        'conversation_id',
        'chat_id',
        'thread_id',
        'sessionId',
        'conversationId',
        'chatId',
        'threadId',
      ]) ??
      textOf(attributes.get('session.id')),
    userId:
      association(attributes, ['user_id', 'userId']) ??
      textOf(attributes.get('enduser.id')) ??
      textOf(attributes.get('user.id')),
  }),
  decode,
};

function association(attributes: Attributes, names: readonly string[]): string | undefined {
  for (const name of names) {
    const value = textOf(attributes.get(ASSOCIATION + name));
    if (value !== undefined) return value;
  }
  return undefined;
}

function agentEntity(attributes: Attributes): string | undefined {
  return textOf(attributes.get('traceloop.span.kind')) === 'agent'
    ? textOf(attributes.get('traceloop.entity.name'))
    : undefined;
}

function decode(span: SpanView, drafts: Drafts): void {
  const { attributes } = span;
  switch (textOf(attributes.get('traceloop.span.kind'))) {
    case 'tool':
      addToolSpan(span, drafts, {
        tool:
          textOf(attributes.get('traceloop.entity.name')) ??
          textOf(attributes.get('gen_ai.tool.name')) ??
          span.name.replace(/\.tool$/, ''),
        toolCallId: textOf(attributes.get('gen_ai.tool.call.id')),
        server: undefined,
        description: undefined,
        arguments: toolInput(attributes),
        result: toolOutput(attributes),
      });
      return;
    case 'workflow':
    case 'agent':
    case 'task':
    case 'handoff':
      // Their inputs are arguments of functions, not what a user said.
      addAgentSpan(span, drafts, undefined);
      return;
    default: {
      const current = otelContent(span);
      addModelSpan(span, drafts, {
        model: textOf(attributes.get('gen_ai.response.model')) ?? textOf(attributes.get('gen_ai.request.model')),
        provider: textOf(attributes.get('gen_ai.provider.name')) ?? textOf(attributes.get('gen_ai.system')),
        ...(current.cut === true && { cut: true }),
        messages: current.messages ?? indexed(attributes, 'gen_ai.prompt'),
        output: current.output ?? indexed(attributes, 'gen_ai.completion'),
        finishReason: textOf(attributes.get('gen_ai.completion.0.finish_reason')) ?? finishReason(attributes),
        inputTokens: numberOf(
          attributes.get('gen_ai.usage.input_tokens') ?? attributes.get('gen_ai.usage.prompt_tokens'),
        ),
        outputTokens: numberOf(
          attributes.get('gen_ai.usage.output_tokens') ?? attributes.get('gen_ai.usage.completion_tokens'),
        ),
        tools: tools(attributes),
      });
    }
  }
}

function indexed(attributes: Attributes, prefix: string): Message[] | undefined {
  return indexedList(attributes, prefix)
    ?.filter(isRecord)
    .map((message) =>
      readMessage({
        ...message,
        role: message['role'] ?? (prefix === 'gen_ai.completion' ? 'assistant' : 'user'),
        content: blocks(message['content'], message['role']),
      }),
    );
}

/**
 * Content is a text, or JSON of content blocks. A tool's result may be JSON that looks like blocks and that somebody else wrote: as a
 * result it is read with all its words, and elsewhere as blocks only where every one is of a kind that is read.
 */
function blocks(content: unknown, role: unknown): unknown {
  if (typeof content !== 'string' || !content.startsWith('[{"type"')) return content;
  const parsed = jsonText(content);
  if (!Array.isArray(parsed)) return content;
  if (role === 'tool' || role === 'function') return resultText(parsed);
  return role === 'assistant' || parsed.every((item) => isRecord(item) && BLOCKS.has(String(item['type'])))
    ? parsed
    : content;
}

const BLOCKS = new Set(['text', 'input_text', 'tool_result', 'image', 'image_url', 'input_image', 'document', 'file']);

function finishReason(attributes: Attributes): string | undefined {
  const reasons = plainOf(attributes.get('gen_ai.response.finish_reasons'));
  const first: unknown = Array.isArray(reasons) ? reasons[0] : reasons;
  return typeof first === 'string' ? first : undefined;
}

function tools(attributes: Attributes): ToolDescription[] | undefined {
  const listed = indexedList(attributes, 'llm.request.functions');
  if (listed)
    return readTools(
      listed.map((item) =>
        isRecord(item) && typeof item['parameters'] === 'string'
          ? { ...item, parameters: jsonOf({ stringValue: item['parameters'] }) }
          : item,
      ),
    );
  return attributes.has('gen_ai.tool.definitions')
    ? readTools(jsonOf(attributes.get('gen_ai.tool.definitions')))
    : undefined;
}

/**
 * `{"args": [{…}], "kwargs": {}}` in JavaScript and Python, `{"inputs": {…}}` around framework tools. A single object
 * argument is what the model gave; anything else stays as it is.
 */
function toolInput(attributes: Attributes): unknown {
  const given = jsonOf(attributes.get('traceloop.entity.input'));
  if (!isRecord(given)) return given ?? jsonOf(attributes.get('gen_ai.tool.call.arguments'));
  const { args, kwargs } = given;
  if (Array.isArray(args)) {
    if (args.length === 1 && isRecord(args[0])) return args[0];
    if (args.length === 0) return isRecord(kwargs) ? kwargs : {};
    return isRecord(kwargs) && Object.keys(kwargs).length > 0 ? { args: args as unknown[], ...kwargs } : args;
  }
  // LangChain's runs have `kwargs` of their own beside the tool's `inputs`.
  if (isRecord(given['inputs'])) return given['inputs'];
  const text = given['input_str'];
  if (typeof text === 'string') return argumentsOf(text);
  return isRecord(kwargs) ? kwargs : (given['inputs'] ?? given);
}

function toolOutput(attributes: Attributes): string | undefined {
  const value = attributes.get('traceloop.entity.output') ?? attributes.get('gen_ai.tool.call.result');
  if (value === undefined) return undefined;
  const text = textOf(value) ?? '';
  if (text.startsWith('"')) {
    try {
      const parsed: unknown = JSON.parse(text);
      if (typeof parsed === 'string') return parsed;
    } catch {
      return text;
    }
  }
  const given = jsonOf(value);
  if (typeof given === 'string') return given;
  if (!isRecord(given) || !('output' in given)) return resultText(given);
  // LangChain's: what the tool returned, and the run's own options.
  const { output, ...rest } = given;
  return Object.keys(rest).every((key) => key === 'kwargs') ? withRest(resultText(output), rest) : resultText(given);
}

/**
 * The AI SDK's own spans (`experimental_telemetry`). `ai.generateText` and its like wrap one or more model calls and
 * repeat their inputs: the model calls are read from the inner `.doGenerate`/`.doStream` spans, the outer span gives
 * identities and the prompt. Identities travel in `experimental_telemetry.metadata`; the tool spans do not carry them.
 */
import type { Message } from '../../../schemas/event.js';
import type { Drafts } from '../draft.js';
import { messagesIn, readMessage, readMessages } from '../messages.js';
import { resultText } from '../result-text.js';
import type { SpanView } from '../span.js';
import { isRecord, jsonOf, jsonText, numberOf, plainOf, textOf, type Attributes } from '../values.js';
import { addAgentSpan, addModelSpan, addToolSpan, readTools } from './events.js';
import type { Format } from './format.js';

const METADATA = 'ai.telemetry.metadata.';

export const vercelAi: Format = {
  identity: (attributes) => ({
    agentId: metadata(attributes, ['agentId', 'agent.id', 'agent_id', 'gen_ai.agent.id']),
    agentName:
      metadata(attributes, ['agentName', 'agent.name', 'agent_name']) ??
      textOf(attributes.get('ai.telemetry.functionId')),
    sessionId: metadata(attributes, [
      'conversationId',
      'sessionId',
      'session.id',
      'session_id',
      'chatId',
      'threadId',
      'conversation_id',
      'langfuseSessionId',
    ]),
    userId: metadata(attributes, ['userId', 'user.id', 'user_id', 'langfuseUserId']),
  }),
  decode,
};

function metadata(attributes: Attributes, names: readonly string[]): string | undefined {
  for (const name of names) {
    const value = textOf(attributes.get(METADATA + name));
    if (value !== undefined) return value;
  }
  return undefined;
}

function decode(span: SpanView, drafts: Drafts): void {
  const { attributes } = span;
  const operation = textOf(attributes.get('ai.operationId')) ?? '';
  if (operation === 'ai.toolCall') {
    const result = plainOf(attributes.get('ai.toolCall.result'));
    addToolSpan(span, drafts, {
      tool: textOf(attributes.get('ai.toolCall.name')) ?? span.name,
      toolCallId: textOf(attributes.get('ai.toolCall.id')),
      server: undefined,
      description: undefined,
      arguments: jsonOf(attributes.get('ai.toolCall.args') ?? attributes.get('ai.toolCall.input')),
      result: result === undefined ? undefined : unquoted(result),
    });
    return;
  }
  if (operation.endsWith('.doGenerate') || operation.endsWith('.doStream')) {
    addModelSpan(span, drafts, {
      model:
        textOf(attributes.get('ai.response.model')) ??
        textOf(attributes.get('ai.model.id')) ??
        textOf(attributes.get('gen_ai.request.model')),
      provider: textOf(attributes.get('ai.model.provider')) ?? textOf(attributes.get('gen_ai.system')),
      ...messagesIn(attributes.get('ai.prompt.messages')),
      output: output(attributes),
      finishReason: textOf(attributes.get('ai.response.finishReason')),
      inputTokens: numberOf(
        attributes.get('ai.usage.inputTokens') ??
          attributes.get('ai.usage.promptTokens') ??
          attributes.get('gen_ai.usage.input_tokens'),
      ),
      outputTokens: numberOf(
        attributes.get('ai.usage.outputTokens') ??
          attributes.get('ai.usage.completionTokens') ??
          attributes.get('gen_ai.usage.output_tokens'),
      ),
      tools: tools(attributes),
    });
    return;
  }
  // Embeddings and reranking say nothing of a turn.
  if (/^ai\.(generateText|streamText|generateObject|streamObject)$/.test(operation))
    addAgentSpan(span, drafts, prompt(attributes));
}

/** Results are written as JSON, so a text comes in quotes. */
function unquoted(result: unknown): string {
  if (typeof result !== 'string') return resultText(result);
  if (result.startsWith('"')) {
    try {
      const parsed: unknown = JSON.parse(result);
      if (typeof parsed === 'string') return parsed;
    } catch {
      return result;
    }
  }
  const parsed = jsonText(result);
  return typeof parsed === 'string' ? parsed : resultText(parsed);
}

function output(attributes: Attributes): Message[] | undefined {
  const text = textOf(attributes.get('ai.response.text')) ?? textOf(attributes.get('ai.response.object'));
  const calls = jsonOf(attributes.get('ai.response.toolCalls'));
  if (text === undefined && !Array.isArray(calls)) return undefined;
  return [readMessage({ role: 'assistant', content: text ?? '', ...(Array.isArray(calls) && { tool_calls: calls }) })];
}

/** Each tool is a JSON text of its own in a list. */
function tools(attributes: Attributes): ReturnType<typeof readTools> {
  const value = attributes.get('ai.prompt.tools');
  if (value === undefined) return undefined;
  const list = jsonOf(value);
  return Array.isArray(list)
    ? readTools(list.map((item: unknown) => (typeof item === 'string' ? jsonText(item) : item)))
    : undefined;
}

/** The outer span's `ai.prompt`: `{system, prompt}` or `{system, messages}`. */
function prompt(attributes: Attributes): Message[] | undefined {
  const given = jsonOf(attributes.get('ai.prompt'));
  if (!isRecord(given)) return undefined;
  if (typeof given['prompt'] === 'string') return [{ role: 'user', text: given['prompt'] }];
  return readMessages(given['messages'] ?? given['prompt']);
}

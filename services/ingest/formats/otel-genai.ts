/**
 * OpenTelemetry's GenAI conventions, current and older, and the frameworks that follow them: what a span means. What it holds
 * of messages, arguments and results is read beside this.
 */
import type { Message } from '../../../schemas/event.js';
import { CONTENT_NOT_SENT, type Drafts } from '../draft.js';
import { resultText } from '../result-text.js';
import type { SpanView } from '../span.js';
import { isRecord, jsonOf, numberOf, plainOf, textOf, type Attributes } from '../values.js';
import { addRun, REPEATS, RUNS } from './azure-agents.js';
import { addAgentSpan, addAlias, addModelSpan, addToolSpan, readTools } from './events.js';
import type { Format } from './format.js';
import { adkContent, adkTools } from './google-adk.js';
import { messageEvents, otelContent, type Content } from './otel-content.js';
import { nameBehind, readToolSpan, toolNameOf } from './otel-tool.js';

export const otelGenai: Format = {
  identity: (attributes) => ({
    agentId: textOf(attributes.get('gen_ai.agent.id')),
    agentName: textOf(attributes.get('gen_ai.agent.name')),
    agentVersion: textOf(attributes.get('gen_ai.agent.version')),
    sessionId:
      textOf(attributes.get('gen_ai.conversation.id')) ??
      textOf(attributes.get('session.id')) ??
      textOf(attributes.get('gen_ai.thread.id')) ??
      textOf(attributes.get('gcp.vertex.agent.session_id')),
    userId: textOf(attributes.get('enduser.id')) ?? textOf(attributes.get('user.id')),
  }),
  decode,
};

const MODEL_OPERATIONS = new Set(['chat', 'generate_content', 'text_completion', 'embeddings']);

function decode(span: SpanView, drafts: Drafts): void {
  const { attributes } = span;
  const operation = operationOf(attributes);
  switch (operation) {
    case 'execute_tool': {
      const read = readToolSpan(span);
      if (read) addToolSpan(span, drafts, read);
      return;
    }
    case 'invoke_agent':
    case 'invoke_workflow':
    case 'plan':
    case 'create_message':
    case 'create_thread':
      addAgentSpan(span, drafts, given(span));
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
      if (REPEATS.has(operation)) return;
      if (RUNS.has(operation)) {
        addAlias(span, drafts);
        if (addRun(span, drafts) || operation !== 'process_thread_run') return;
      }
      // An operation that is not known is a model's where it names one. A framework's own say who acts, and at most what it was asked.
      if (asksModel(attributes) || MODEL_OPERATIONS.has(operation)) addModelCall(span, drafts);
      else addAgentSpan(span, drafts, given(span));
  }
}

/** What the span says it does; where it does not say, what it says it is about; else a model's call. */
function operationOf(attributes: Attributes): string {
  const operation = textOf(attributes.get('gen_ai.operation.name'));
  if (operation !== undefined && operation !== 'framework') return operation;
  if (asksModel(attributes)) return 'chat';
  if (toolNameOf(attributes) !== undefined) return 'execute_tool';
  return operation === 'framework' || attributes.has('gen_ai.agent.name') ? 'invoke_agent' : 'chat';
}

function asksModel(attributes: Attributes): boolean {
  return attributes.has('gen_ai.request.model') || attributes.has('gen_ai.response.model');
}

/** What an agent was asked. */
function given(span: SpanView): Message[] | undefined {
  return otelContent(span).messages?.filter(({ role }) => role !== 'system');
}

function addModelCall(span: SpanView, drafts: Drafts): void {
  const { attributes } = span;
  const content = adkContent(attributes) ?? pydanticContent(attributes) ?? otelContent(span);
  addModelSpan(span, drafts, {
    model: textOf(attributes.get('gen_ai.response.model')) ?? textOf(attributes.get('gen_ai.request.model')),
    provider: textOf(attributes.get('gen_ai.provider.name')) ?? textOf(attributes.get('gen_ai.system')),
    ...content,
    finishReason:
      firstOf(plainOf(attributes.get('gen_ai.response.finish_reasons'))) ??
      textOf(attributes.get('gen_ai.response.finish_reason')),
    inputTokens:
      numberOf(attributes.get('gen_ai.usage.input_tokens')) ?? numberOf(attributes.get('gen_ai.usage.prompt_tokens')),
    outputTokens:
      numberOf(attributes.get('gen_ai.usage.output_tokens')) ??
      numberOf(attributes.get('gen_ai.usage.completion_tokens')),
    tools: attributes.has('gen_ai.tool.definitions')
      ? readTools(jsonOf(attributes.get('gen_ai.tool.definitions')))
      : adkTools(attributes),
  });
}

/** Pydantic AI's older form: the message events as one JSON list in an attribute. */
function pydanticContent(attributes: Attributes): Content | undefined {
  if (!attributes.has('events')) return undefined;
  const list = jsonOf(attributes.get('events'));
  if (!Array.isArray(list)) return undefined;
  return messageEvents(
    list.filter(isRecord).map((event) => {
      const { 'event.name': name, ...fields } = event;
      return { name: typeof name === 'string' ? name : '', timeMs: 0, attributes: new Map(), fields };
    }),
  );
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

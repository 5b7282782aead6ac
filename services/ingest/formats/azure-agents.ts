/**
 * Azure AI Foundry's agents: a run of a thread is one span, and what its model was told and said stands in the span's events
 * in order, each with its own time. Every answer in them is a model call.
 */
import type { Message } from '../../../schemas/event.js';
import { CONTENT_NOT_SENT, type Drafts, type Own } from '../draft.js';
import type { SpanView } from '../span.js';
import { numberOf, textOf, type Attributes } from '../values.js';
import { messageEvents } from './otel-content.js';

export const RUNS: ReadonlySet<string> = new Set(['start_thread_run', 'process_thread_run', 'submit_tool_outputs']);
/** Reading again what other spans told. */
export const REPEATS: ReadonlySet<string> = new Set(['list_messages', 'list_run_steps', 'get_thread_run']);

/** False: no message stands in the span's events. */
export function addRun(span: SpanView, drafts: Drafts): boolean {
  const { attributes } = span;
  const exchanges = exchangesOf(span);
  const model = textOf(attributes.get('gen_ai.response.model')) ?? textOf(attributes.get('gen_ai.request.model'));
  const usage = usageOf(attributes);
  exchanges.forEach(({ asked, askedMs, answer, answeredMs }, part) => {
    const call: Own<'model.call'> = asked.length > 0 ? { messages: asked } : { skipped: [CONTENT_NOT_SENT] };
    if (model !== undefined) call.model = model;
    drafts.part(part, askedMs, 'model.call', call);
    if (!answer) return;
    const output: Own<'model.output'> = {};
    if (model !== undefined) output.model = model;
    if (answer.text !== undefined) output.text = answer.text;
    if (answer.toolCalls) output.toolCalls = answer.toolCalls;
    // What the whole run used is told once.
    if (usage && part === exchanges.length - 1) output.usage = usage;
    drafts.part(part, answeredMs, 'model.output', output);
  });
  return exchanges.length > 0;
}

interface Exchange {
  asked: Message[];
  askedMs: number;
  /** None: what came of it stands elsewhere. */
  answer: Message | undefined;
  answeredMs: number;
}

function exchangesOf({ events, startMs }: SpanView): Exchange[] {
  const exchanges: Exchange[] = [];
  let asked: Message[] = [];
  let askedMs = startMs;
  for (const event of events) {
    const message = messageEvents([event]).messages?.[0];
    if (!message) continue;
    if (message.role === 'assistant') {
      exchanges.push({ asked, askedMs, answer: message, answeredMs: event.timeMs });
      asked = [];
    } else asked.push(message);
    askedMs = event.timeMs;
  }
  if (asked.length > 0) exchanges.push({ asked, askedMs, answer: undefined, answeredMs: askedMs });
  return exchanges;
}

function usageOf(attributes: Attributes): { inputTokens: number; outputTokens: number } | undefined {
  const inputTokens = numberOf(attributes.get('gen_ai.usage.input_tokens'));
  const outputTokens = numberOf(attributes.get('gen_ai.usage.output_tokens'));
  return inputTokens !== undefined && outputTokens !== undefined && inputTokens >= 0 && outputTokens >= 0
    ? { inputTokens, outputTokens }
    : undefined;
}

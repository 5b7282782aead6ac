/** One agent's turn, for writing it down as the instrumentations of many frameworks do. */
import { attributes, logs, nanos, traces, type Value } from '../request.js';

export interface Step {
  id: string;
  tool: string;
  arguments: Record<string, Value>;
  result: string;
}

export interface Conversation {
  agent: string;
  session: string;
  system: string;
  prompt: string;
  steps: readonly Step[];
  answer: string;
}

/** Requests to one of the receiver's paths, in the order in which they are sent. */
export interface Sent {
  signal: 'traces' | 'logs';
  request: Record<string, unknown>;
}

export interface Shape {
  name: string;
  write: (conversation: Conversation) => Sent[];
  /** What this instrumentation cannot tell: then the service, or the trace, stands in. */
  without?: ('agent' | 'session')[];
}

export const SERVICE = 'mail-service';
export const json = (value: unknown): string => JSON.stringify(value);

interface Made {
  name: string;
  from: number;
  to: number;
  attributes?: Record<string, Value>;
  events?: { name: string; attributes: Record<string, Value>; at?: number }[];
  parent?: string;
  id?: string;
  status?: object;
}

let conversations = 0;

/** A trace in the making. Spans are sent as they end: children before their parents. */
export class Trace {
  readonly id: string;
  readonly #spans: object[] = [];
  #made = 0;
  constructor() {
    conversations += 1;
    this.id = conversations.toString(16).padStart(32, 'a');
  }

  spanId(): string {
    this.#made += 1;
    return this.#made.toString(16).padStart(16, 'b');
  }

  /** Times in milliseconds after the beginning. */
  add({ name, from, to, attributes: own = {}, events = [], parent, id, status }: Made): string {
    const spanId = id ?? this.spanId();
    this.#spans.push({
      traceId: this.id,
      spanId,
      ...(parent !== undefined && { parentSpanId: parent }),
      name,
      startTimeUnixNano: nanos(from),
      endTimeUnixNano: nanos(to),
      attributes: attributes(own),
      events: events.map((event) => ({
        name: event.name,
        timeUnixNano: nanos(event.at ?? from),
        attributes: attributes(event.attributes),
      })),
      ...(status && { status }),
    });
    return spanId;
  }

  sent(scope: string): Sent[] {
    return [{ signal: 'traces', request: traces(this.#spans, { 'service.name': SERVICE }, scope) }];
  }
}

/** Log records of spans. */
export function logged(records: { traceId: string; spanId: string; at: number; name: string; body: Value }[]): Sent {
  return {
    signal: 'logs',
    request: logs(
      records.map(({ traceId, spanId, at, name, body }) => ({
        timeUnixNano: nanos(at),
        traceId,
        spanId,
        attributes: attributes({ 'event.name': name }),
        body: typeof body === 'string' ? { stringValue: body } : { kvlistValue: { values: attributes(body as never) } },
      })),
      { 'service.name': SERVICE },
    ),
  };
}

/** When what happens: model calls take 0 to 10, tools 10 to 20 of each hundred. */
export interface Round {
  at: number;
  /** The steps whose results the model has seen. */
  before: readonly Step[];
  /** What it asks for; undefined: it answers. */
  step: Step | undefined;
}

export function rounds({ steps }: Conversation): Round[] {
  return [...steps, undefined].map((step, index) => ({ at: index * 100, before: steps.slice(0, index), step }));
}

export type ChatMessage = { role: string } & Record<string, Value>;

/** A message in the format of OpenAI's chat completions. */
export function chatMessages(conversation: Conversation, round: Round): ChatMessage[] {
  return [
    { role: 'system', content: conversation.system },
    { role: 'user', content: conversation.prompt },
    ...round.before.flatMap((step) => [
      { role: 'assistant', content: '', tool_calls: [chatCall(step)] },
      { role: 'tool', tool_call_id: step.id, content: step.result },
    ]),
  ];
}

export function chatCall(step: Step): Record<string, Value> {
  return { id: step.id, type: 'function', function: { name: step.tool, arguments: json(step.arguments) } };
}

export function chatAnswer(conversation: Conversation, round: Round): ChatMessage {
  return round.step
    ? { role: 'assistant', content: '', tool_calls: [chatCall(round.step)] }
    : { role: 'assistant', content: conversation.answer };
}

/** Messages in the parts of OpenTelemetry's conventions. */
export function partMessages(conversation: Conversation, round: Round): Value[] {
  return [
    { role: 'user', parts: [{ type: 'text', content: conversation.prompt }] },
    ...round.before.flatMap((step) => [
      { role: 'assistant', parts: [{ type: 'tool_call', id: step.id, name: step.tool, arguments: step.arguments }] },
      { role: 'tool', parts: [{ type: 'tool_call_response', id: step.id, response: step.result }] },
    ]),
  ];
}

export function partAnswer(conversation: Conversation, round: Round): Value[] {
  const { step } = round;
  return [
    {
      role: 'assistant',
      parts: step
        ? [{ type: 'tool_call', id: step.id, name: step.tool, arguments: step.arguments }]
        : [{ type: 'text', content: conversation.answer }],
      finish_reason: step ? 'tool_call' : 'stop',
    },
  ];
}

/** `{folder: 'inbox'}` as Python prints it. */
export function pythonRepr(value: Value): string {
  if (typeof value === 'string') return value.includes("'") ? `"${value}"` : `'${value}'`;
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'number') return String(value);
  if (Array.isArray(value)) return `[${value.map(pythonRepr).join(', ')}]`;
  return `{${Object.entries(value)
    .map(([key, item]) => `'${key}': ${pythonRepr(item)}`)
    .join(', ')}}`;
}

/** `{a: {0: {b: 1}}}` as `a.0.b`. */
export function flattened(prefix: string, value: Value | undefined): Record<string, Value> {
  if (value === undefined) return {};
  if (typeof value !== 'object') return { [prefix]: value };
  return Object.assign(
    {},
    ...Object.entries(value).map(([key, item]) => flattened(`${prefix}.${key}`, item)),
  ) as Record<string, Value>;
}

/** Each span and record in a request of its own. */
export function split(sent: readonly Sent[]): Sent[] {
  const levels = {
    traces: ['resourceSpans', 'scopeSpans', 'spans'],
    logs: ['resourceLogs', 'scopeLogs', 'logRecords'],
  } as const;
  return sent.flatMap(({ signal, request }) => {
    const [outer, middle, inner] = levels[signal];
    const { resource, [middle]: scopes } = (request[outer] as Record<string, unknown>[])[0] ?? {};
    const { scope, [inner]: items } = (scopes as Record<string, unknown>[])[0] ?? {};
    return (items as unknown[]).map((item) => ({
      signal,
      request: { [outer]: [{ resource, [middle]: [{ scope, [inner]: [item] }] }] },
    }));
  });
}

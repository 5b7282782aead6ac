/** Raw events for tests, as spans of one trace that runs through a clock of its own. */
import type { Dialect, EventKind, EventOf, Message, TelemetryEvent, ToolCallPart } from '../../../schemas/event.js';

interface Where {
  trace?: string;
  span?: string;
  parent?: string;
  dialect?: Dialect;
}

export class Recording {
  readonly events: TelemetryEvent[] = [];
  #ms = Date.UTC(2026, 0, 1);
  #spans = 0;

  event<K extends EventKind>(kind: K, own: object, where: Where = {}): EventOf<K> {
    const { trace = 't1', span = `s${++this.#spans}`, parent, dialect = 'otel-genai' } = where;
    this.#ms += 10;
    const event = {
      schemaVersion: 1,
      id: `${trace}:${span}:${kind}:0`,
      tenant: 'default',
      timeMs: this.#ms,
      receivedAtMs: this.#ms,
      streamKey: 'default/app',
      agent: { id: 'agent' },
      session: { id: 'session' },
      trust: 'claimed',
      ...(dialect !== 'inline' || where.span !== undefined
        ? { trace: { traceId: trace, spanId: span, ...(parent !== undefined && { parentSpanId: parent }) } }
        : {}),
      source: { dialect },
      kind,
      ...own,
    } as unknown as EventOf<K>;
    this.events.push(event);
    return event;
  }

  /** A model's span: the call with the messages as sent, and what it answered. */
  model(messages: Message[], answer: { text?: string; toolCalls?: ToolCallPart[] }, where: Where = {}): string {
    const span = where.span ?? `s${++this.#spans}`;
    this.event('model.call', { messages }, { ...where, span });
    this.event('model.output', answer, { ...where, span });
    return span;
  }

  /** A tool's span. */
  tool(tool: string, args: unknown, text: string, toolCallId?: string, where: Where = {}): string {
    const span = where.span ?? `s${++this.#spans}`;
    const known = { tool, arguments: args, ...(toolCallId !== undefined && { toolCallId }) };
    this.event('tool.call', known, { ...where, span });
    this.event('tool.result', { ...known, text }, { ...where, span });
    return span;
  }
}

export const user = (text: string): Message => ({ role: 'user', text });
export const system = (text: string): Message => ({ role: 'system', text });
export const assistant = (text: string | undefined, ...toolCalls: ToolCallPart[]): Message => ({
  role: 'assistant',
  ...(text !== undefined && { text }),
  ...(toolCalls.length > 0 && { toolCalls }),
});
export const toolMessage = (text: string, id?: string, name?: string): Message => ({
  role: 'tool',
  toolResults: [{ text, ...(id !== undefined && { id }), ...(name !== undefined && { name }) }],
});

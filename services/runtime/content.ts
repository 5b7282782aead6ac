/**
 * What of a telemetry event is content (texts and arguments that people or tools wrote), and an event without it.
 * What remains tells that something was there: kinds, names, ids, sizes, hashes and the verdicts of inspection.
 */
import type { Message, TelemetryEvent } from '../../schemas/event.js';
import type { Inspection } from '../../schemas/inspection.js';

/** The reason given for a text that is no longer there. */
export const CONTENT_NOT_KEPT = 'not kept';

function bareMessage({ role, toolCalls, toolResults }: Message): Message {
  return {
    role,
    ...(toolCalls === undefined ? {} : { toolCalls: toolCalls.map(({ arguments: _, ...call }) => call) }),
    ...(toolResults === undefined ? {} : { toolResults: toolResults.map((result) => ({ ...result, text: '' })) }),
  };
}

function bareInspection(inspection: Inspection): Inspection {
  const { verdict } = inspection;
  if (verdict.kind !== 'read') return inspection;
  return { ...inspection, verdict: { ...verdict, spans: verdict.spans.map(({ text: _, ...span }) => span) } };
}

/** Says whether an event still holds content; cheap, so that what is bare already is not written again. */
export function hasContent(event: TelemetryEvent): boolean {
  return !(event.skipped ?? []).some(({ check, reason }) => check === 'content' && reason === CONTENT_NOT_KEPT);
}

/** A copy without content, saying so in `skipped`. The event given is not changed. */
export function withoutContent(event: TelemetryEvent): TelemetryEvent {
  const skipped = hasContent(event)
    ? [...(event.skipped ?? []), { check: 'content', reason: CONTENT_NOT_KEPT }]
    : (event.skipped ?? []);
  const inspections = event.inspections === undefined ? {} : { inspections: event.inspections.map(bareInspection) };
  const kept = { skipped, ...inspections };
  switch (event.kind) {
    case 'prompt':
    case 'memory.write':
    case 'message': {
      const { text: _, ...rest } = event;
      return { ...rest, ...kept };
    }
    case 'model.call': {
      const { messages, tools, ...rest } = event;
      return {
        ...rest,
        ...(messages === undefined ? {} : { messages: messages.map(bareMessage) }),
        ...(tools === undefined
          ? {}
          : { tools: tools.map(({ name, server }) => (server === undefined ? { name } : { name, server })) }),
        ...kept,
      };
    }
    case 'model.output': {
      const { text: _, toolCalls, ...rest } = event;
      return {
        ...rest,
        ...(toolCalls === undefined ? {} : { toolCalls: toolCalls.map(({ arguments: __, ...call }) => call) }),
        ...kept,
      };
    }
    case 'tool.call': {
      const { arguments: _, description: __, ...rest } = event;
      return { ...rest, ...kept };
    }
    case 'tool.result': {
      const { arguments: _, text: __, ...rest } = event;
      return { ...rest, ...kept };
    }
    case 'retrieval': {
      const { query: _, documents, ...rest } = event;
      return {
        ...rest,
        ...(documents === undefined ? {} : { documents: documents.map(({ id }) => (id === undefined ? {} : { id })) }),
        ...kept,
      };
    }
    case 'session.start':
    case 'session.end':
    case 'auth':
    case 'inventory':
    case 'runtime':
    case 'alert':
    case 'alias':
      return { ...event, ...kept };
  }
}

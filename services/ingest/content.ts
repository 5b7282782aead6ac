/** Events without what was said, where the configuration does not keep it: hashes and verdicts stay in the inspections. */
import type { Message, TelemetryEvent, ToolCallPart } from '../../schemas/event.js';

const NOT_KEPT = Object.freeze({ check: 'content', reason: 'not kept' });

export function withoutContent(event: TelemetryEvent): TelemetryEvent {
  const stripped = strip(event);
  return stripped === event ? event : { ...stripped, skipped: [...(event.skipped ?? []), NOT_KEPT] };
}

function strip(event: TelemetryEvent): TelemetryEvent {
  switch (event.kind) {
    case 'prompt':
    case 'memory.write':
    case 'message': {
      if (event.text === undefined) return event;
      const { text: _, ...rest } = event;
      return rest;
    }
    case 'model.call':
      return event.messages ? { ...event, messages: event.messages.map(stripMessage) } : event;
    case 'model.output': {
      if (event.text === undefined && event.toolCalls === undefined) return event;
      const { text: _, toolCalls, ...rest } = event;
      return { ...rest, ...(toolCalls && { toolCalls: toolCalls.map(stripCall) }) };
    }
    case 'tool.call':
    case 'tool.result': {
      if (event.arguments === undefined && !('text' in event)) return event;
      const { arguments: _, ...rest } = event;
      if (rest.kind === 'tool.call') return rest;
      const { text: __, ...bare } = rest;
      return bare;
    }
    case 'retrieval': {
      if (event.query === undefined && event.documents === undefined) return event;
      const { query: _, documents, ...rest } = event;
      return { ...rest, ...(documents && { documents: documents.map(({ id }) => (id === undefined ? {} : { id })) }) };
    }
    default:
      return event;
  }
}

function stripMessage(message: Message): Message {
  const { text: _, toolCalls, toolResults, ...rest } = message;
  return {
    ...rest,
    ...(toolCalls && { toolCalls: toolCalls.map(stripCall) }),
    ...(toolResults && { toolResults: toolResults.map((result) => ({ ...result, text: '' })) }),
  };
}

function stripCall({ arguments: _, ...rest }: ToolCallPart): ToolCallPart {
  return rest;
}

/** The ways one recording is measured: what the text looks like, what reads it, and when it is known. */
import type { TelemetryEvent } from '../../../schemas/event.js';
import { FOREIGN_WRAPPERS, type ForeignWrapper, wrapped } from './foreign-wrappers.js';
import { type Planted, replant } from './planted.js';

export interface Variant {
  name: string;
  title: string;
  /** What became of the recorded wrapper. */
  wrapper: 'recorded' | 'replaced' | 'removed';
  /**
   * `phrases`: the text models are off, as with `detect.inspection.models: none`. `none`: no text is read at all, what is
   * left is behaviour, and where a call's values come from.
   */
  reading: 'configured' | 'phrases' | 'none';
  /** How much later than it happens an event is known, milliseconds; 0: inline. */
  lagMs: number;
}

export const variants = (lagMs: number): Variant[] => [
  { name: 'recorded', title: 'as recorded, inline', wrapper: 'recorded', reading: 'configured', lagMs: 0 },
  { name: 'replaced', title: 'wrapper replaced', wrapper: 'replaced', reading: 'configured', lagMs: 0 },
  { name: 'bare', title: 'wrapper removed (bare request)', wrapper: 'removed', reading: 'configured', lagMs: 0 },
  { name: 'modelless', title: 'text model off', wrapper: 'recorded', reading: 'phrases', lagMs: 0 },
  {
    name: 'modelless-replaced',
    title: 'text model off, wrapper replaced',
    wrapper: 'replaced',
    reading: 'phrases',
    lagMs: 0,
  },
  {
    name: 'modelless-bare',
    title: 'text model off, wrapper removed',
    wrapper: 'removed',
    reading: 'phrases',
    lagMs: 0,
  },
  { name: 'unread', title: 'no text read (behaviour only)', wrapper: 'recorded', reading: 'none', lagMs: 0 },
  {
    name: 'observed',
    title: `observed ${lagMs / 1000} s late`,
    wrapper: 'recorded',
    reading: 'configured',
    lagMs,
  },
];

/** The wrapper a run gets: by its trace id, so that each run always gets the same one and all are used alike. */
export function wrapperOf(traceId: string): ForeignWrapper {
  let hash = 0;
  for (let at = 0; at < traceId.length; at++) hash = (Math.imul(hash, 31) + traceId.charCodeAt(at)) | 0;
  return FOREIGN_WRAPPERS[(hash >>> 0) % FOREIGN_WRAPPERS.length] as ForeignWrapper;
}

/**
 * The event with what was planted in its data put differently; the same event where nothing is. `onChanged` is told the
 * run. Only what tools, documents and other agents said is touched: not the user's words, not what the agent answered.
 */
export function rewritten(
  event: TelemetryEvent,
  wrapper: Variant['wrapper'],
  onChanged: (traceId: string) => void,
): TelemetryEvent {
  const traceId = event.trace?.traceId;
  if (wrapper === 'recorded' || traceId === undefined) return event;
  const put = (planted: Planted): string =>
    wrapper === 'removed' ? planted.request : wrapped(wrapperOf(traceId), planted.request, planted.newline);
  let changed = false;
  const text = (before: string | undefined): string | undefined => {
    const after = before === undefined ? undefined : replant(before, put);
    if (after === undefined) return before;
    changed = true;
    return after;
  };
  const after = withTexts(event, text);
  if (!changed) return event;
  onChanged(traceId);
  return after;
}

function withTexts(event: TelemetryEvent, put: (text: string | undefined) => string | undefined): TelemetryEvent {
  switch (event.kind) {
    case 'tool.result':
    case 'memory.write':
    case 'message': {
      const text = put(event.text);
      return text === undefined ? event : { ...event, text };
    }
    case 'retrieval':
      return event.documents === undefined
        ? event
        : {
            ...event,
            documents: event.documents.map((document) => ({
              ...document,
              ...(document.text === undefined ? {} : { text: put(document.text) ?? '' }),
            })),
          };
    case 'model.call':
      return event.messages === undefined
        ? event
        : {
            ...event,
            messages: event.messages.map((message) => ({
              ...message,
              ...(message.role !== 'tool' || message.text === undefined ? {} : { text: put(message.text) ?? '' }),
              ...(message.toolResults === undefined
                ? {}
                : { toolResults: message.toolResults.map((part) => ({ ...part, text: put(part.text) ?? '' })) }),
            })),
          };
    default:
      return event;
  }
}

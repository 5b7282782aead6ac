/**
 * A record that is too large for the stream, made smaller where something of it can be spared: texts are cut, then left
 * out, and the record says so. Inspection has read the texts before, so its verdicts stay. What is no content (ids,
 * findings, contractions) is never cut: half of it would be something else.
 */
import type { Message, TelemetryEvent } from '../../../schemas/event.js';
import type { Inspection } from '../../../schemas/inspection.js';
import { withoutContent } from '../content.js';
import type { AnyOutgoing } from './types.js';

/** Texts are cut to the first of these under which the record fits, characters. */
const TEXT_CHARS = [64 * 1024, 16 * 1024, 4 * 1024, 1024];
/** Of very many verdicts the strongest are kept. */
const VERDICTS = 50;
const CALLS = 50;
const MESSAGES = 20;

/** @returns `undefined` where nothing of it can be spared, or too little */
export function smaller(record: AnyOutgoing, fits: (record: AnyOutgoing) => boolean): AnyOutgoing | undefined {
  for (const less of forms(record)) if (fits(less)) return less;
  return undefined;
}

function* forms(record: AnyOutgoing): Generator<AnyOutgoing> {
  if (record.topic === 'telemetry') {
    for (const chars of TEXT_CHARS)
      yield { ...record, value: said(withTexts(record.value, chars), `texts are cut after ${chars} characters`) };
    const bare = said(withoutContent(record.value), 'texts are left out');
    yield { ...record, value: bare };
    yield { ...record, value: withoutLists(bare) };
  } else if (record.topic === 'deadletter') {
    const { payload: _, ...value } = record.value;
    const text = `${cut(value.reason.text, 1024)} (what arrived is too large to be kept with it)`;
    yield { ...record, value: { ...value, reason: { ...value.reason, text }, redacted: true } };
  }
}

function said(event: TelemetryEvent, what: string): TelemetryEvent {
  return {
    ...event,
    skipped: [...(event.skipped ?? []), { check: 'content', reason: `too large for the stream: ${what}` }],
  };
}

/** Every text in it that is longer, wherever it stands; keys and whatever is shorter stay as they are. */
function withTexts<T>(value: T, chars: number): T {
  if (typeof value === 'string') return cut(value, chars) as T;
  if (Array.isArray(value)) return value.map((each: unknown) => withTexts(each, chars)) as T;
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, withTexts<unknown>(each, chars)])) as T;
}

/** Never between the halves of a character. */
function cut(text: string, chars: number): string {
  if (text.length <= chars) return text;
  const last = text.charCodeAt(chars - 1);
  return `${text.slice(0, last >= 0xd800 && last < 0xdc00 ? chars - 1 : chars)}…`;
}

function withoutLists(event: TelemetryEvent): TelemetryEvent {
  const inspections = event.inspections === undefined ? {} : { inspections: strongest(event.inspections) };
  switch (event.kind) {
    case 'model.call': {
      const { messages, tools: _, ...rest } = event;
      return { ...rest, ...(messages === undefined ? {} : { messages: lastOf(messages) }), ...inspections };
    }
    case 'model.output': {
      const { toolCalls, ...rest } = event;
      return { ...rest, ...(toolCalls === undefined ? {} : { toolCalls: toolCalls.slice(0, CALLS) }), ...inspections };
    }
    case 'retrieval': {
      const { documents: _, ...rest } = event;
      return { ...rest, ...inspections };
    }
    case 'inventory': {
      const { tools: _, ...rest } = event;
      return { ...rest, ...inspections };
    }
    default:
      return { ...event, ...inspections };
  }
}

/** The last ones are the news, those before stand in earlier calls too. Each keeps its place: verdicts name it. */
function lastOf(messages: readonly Message[]): Message[] {
  return messages.map((message, at) => (at < messages.length - MESSAGES ? { role: message.role } : message));
}

function strongest(inspections: readonly Inspection[]): Inspection[] {
  const strength = ({ verdict }: Inspection): number => (verdict.kind === 'read' ? verdict.probability : 0);
  return [...inspections].sort((a, b) => strength(b) - strength(a)).slice(0, VERDICTS);
}

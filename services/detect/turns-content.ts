/** Hashes by which the same content is known again when it is told in another rendering. */
import type { TelemetryEvent } from '../../schemas/event.js';
import { contentHash } from '../runtime/hash.js';

/** 96 bits: enough that no one finds two texts with one hash, half the size in the state. */
const DIGITS = 24;

export function textHash(text: string): string {
  return contentHash(text).slice(0, DIGITS);
}

/**
 * The hash of an event's text at a JSON pointer, also where the text itself was not kept: its inspection still names
 * the content's hash.
 */
export function hashAt(event: TelemetryEvent, pointer: string, text: string | undefined): string | undefined {
  if (text !== undefined) return textHash(text);
  return event.inspections?.find((inspection) => inspection.at === pointer)?.hash.slice(0, DIGITS);
}

/**
 * Hash of a call's arguments. Emitters send them as an object or as its JSON, with keys in any order; an empty text
 * and no arguments at all mean the same as `{}`. Empty where they were not sent.
 */
export function argumentsHash(value: unknown): string {
  if (value === undefined) return '';
  const parsed = typeof value === 'string' ? parsedJson(value) : value;
  return textHash(canonical(parsed === null || parsed === '' ? {} : parsed));
}

/** Hash of a result's text, whatever quotes, spacing or key order its rendering has. */
export function resultHash(text: string): string {
  const parsed = parsedJson(text.trim());
  return textHash(typeof parsed === 'string' ? parsed : canonical(parsed));
}

/** The value a text stands for where it is JSON of an object, array or string; else the text itself. */
function parsedJson(text: string): unknown {
  const first = text.charAt(0);
  if (first !== '{' && first !== '[' && first !== '"') return text;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

/** JSON with sorted keys. Deep nesting is bounded where events are admitted. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonical(item)}`).join(',')}}`;
  }
  return JSON.stringify(value) ?? 'null';
}

/**
 * Whether a call id tells one call from all others of a session. Some providers number calls anew in each answer
 * (`call_0`, `1`) or repeat the tool's name; such ids pair a call with its result inside one list of messages only.
 */
export function identifying(id: string | undefined, tool: string): id is string {
  if (id === undefined || id.length < 6 || id === tool) return false;
  return !/^(?:[a-z]+[-_])*\d{1,5}$/i.test(id);
}

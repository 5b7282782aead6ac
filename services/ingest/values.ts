/** Reading what OTLP calls AnyValue, and the JSON that emitters put into string attributes. */
import { deeperThan } from '../runtime/nesting.js';
import { define } from '../runtime/own-key.js';

/** Deeper values are cut: no real message nests further, and everything behind this point may recurse. */
export const MAX_DEPTH = 64;

export type Attributes = ReadonlyMap<string, unknown>;

const NO_ATTRIBUTES: Attributes = new Map();

/** A list of `{key, value}` as a map of AnyValues; a key sent twice counts as sent last. Anything else is no attribute. */
export function attributeMap(list: unknown): Attributes {
  if (!Array.isArray(list) || list.length === 0) return NO_ATTRIBUTES;
  const map = new Map<string, unknown>();
  for (const entry of list as { key?: unknown; value?: unknown }[]) {
    if (entry !== null && typeof entry === 'object' && typeof entry.key === 'string') map.set(entry.key, entry.value);
  }
  return map;
}

interface AnyValueFields {
  stringValue?: unknown;
  intValue?: unknown;
  doubleValue?: unknown;
  boolValue?: unknown;
  arrayValue?: { values?: unknown };
  kvlistValue?: { values?: unknown };
  bytesValue?: unknown;
}

/** The value as a text; numbers and booleans are written out. Empty texts count as absent. */
export function textOf(value: unknown): string | undefined {
  if (value === null || typeof value !== 'object') return undefined;
  const fields = value as AnyValueFields;
  if (typeof fields.stringValue === 'string') return fields.stringValue === '' ? undefined : fields.stringValue;
  const other = fields.intValue ?? fields.doubleValue ?? fields.boolValue;
  return typeof other === 'string' || typeof other === 'number' || typeof other === 'boolean'
    ? String(other)
    : undefined;
}

export function numberOf(value: unknown): number | undefined {
  if (value === null || typeof value !== 'object') return undefined;
  const fields = value as AnyValueFields;
  const raw = fields.intValue ?? fields.doubleValue ?? fields.stringValue;
  if (typeof raw === 'number') return Number.isFinite(raw) ? raw : undefined;
  if (typeof raw !== 'string' || raw === '') return undefined;
  const parsed = Number(raw);
  return Number.isFinite(parsed) ? parsed : undefined;
}

/** The value as plain JSON. */
export function plainOf(value: unknown, depth = 0): unknown {
  if (value === null || typeof value !== 'object' || depth > MAX_DEPTH) return undefined;
  const fields = value as AnyValueFields;
  if (fields.stringValue !== undefined) return fields.stringValue;
  if (fields.intValue !== undefined) return Number(fields.intValue);
  if (fields.doubleValue !== undefined) return fields.doubleValue;
  if (fields.boolValue !== undefined) return fields.boolValue;
  if (fields.arrayValue) {
    const values = fields.arrayValue.values;
    return Array.isArray(values) ? values.map((item) => plainOf(item, depth + 1)) : [];
  }
  if (fields.kvlistValue) {
    const plain: Record<string, unknown> = {};
    for (const [key, item] of attributeMap(fields.kvlistValue.values)) define(plain, key, plainOf(item, depth + 1));
    return plain;
  }
  return undefined;
}

/**
 * What an attribute holds that is JSON in a string with some emitters and a structured value with others. A string
 * that is no JSON of an object or array stays the string it is.
 */
export function jsonOf(value: unknown): unknown {
  const plain = plainOf(value);
  return typeof plain === 'string' ? jsonText(plain) : plain;
}

/** The object or array a text stands for, else the text. Deeper than {@link MAX_DEPTH}: the text. */
export function jsonText(text: string): unknown {
  const first = text.charAt(0);
  if (first !== '{' && first !== '[') return text;
  try {
    const parsed = JSON.parse(text) as unknown;
    return deeperThan(parsed, MAX_DEPTH) ? text : parsed;
  } catch {
    return text;
  }
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

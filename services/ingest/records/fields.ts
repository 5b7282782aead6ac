/**
 * Reading a record whose fields are called `servicePrincipalId` by one exporter and `ServicePrincipalId` by the next,
 * lie in `properties` or beside it, and are JSON or JSON in a string.
 */
import { isRecord, jsonText } from '../values.js';

const EARLIEST_MS = Date.UTC(2000, 0);
const LATEST_MS = Date.UTC(2200, 0);
const ISO = /^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?(Z|[+-]\d{2}:?\d{2})?$/;
/** Longer ones are texts, not names; a record is not kept because of them. */
const MAX_TEXT = 2_000;

export class Fields {
  /** What stands beside `properties`. */
  readonly #outer: Map<string, unknown>;
  readonly #inner: Map<string, unknown>;

  /** `properties`, where there are some, are looked at first. */
  constructor(record: Record<string, unknown>) {
    this.#outer = lowered(record);
    const properties = structured(this.#outer.get('properties'));
    this.#inner = isRecord(properties) ? lowered(properties) : new Map<string, unknown>();
  }

  #get(name: string): unknown {
    const key = name.toLowerCase();
    const inner = this.#inner.get(key);
    return inner ?? this.#outer.get(key);
  }

  has(name: string): boolean {
    return (this.#get(name) ?? undefined) !== undefined;
  }

  /** Of the envelope alone: `category` there is the kind of record, inside it may be a tactic. */
  outer(name: string): string | undefined {
    return plainText(this.#outer.get(name.toLowerCase()));
  }

  /** The first of these that is a text (or a number, written out) and not empty. */
  text(...names: string[]): string | undefined {
    for (const name of names) {
      const text = plainText(this.#get(name));
      if (text !== undefined) return text;
    }
    return undefined;
  }

  flag(name: string): boolean | undefined {
    const value = this.#get(name);
    if (typeof value === 'boolean') return value;
    return typeof value === 'string' && /^(?:true|false)$/i.test(value) ? value.toLowerCase() === 'true' : undefined;
  }

  number(...names: string[]): number | undefined {
    for (const name of names) {
      const value = this.#get(name);
      const parsed = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
      if (typeof parsed === 'number' && Number.isFinite(parsed)) return parsed;
    }
    return undefined;
  }

  /** Milliseconds since 1970. A time without a zone is UTC, as Azure means it; what is no time is passed over. */
  time(...names: string[]): number | undefined {
    for (const name of names) {
      const timeMs = timeOf(this.#get(name));
      if (timeMs !== undefined) return timeMs;
    }
    return undefined;
  }

  /** An object, also where it is JSON in a string. */
  fields(name: string): Fields | undefined {
    const value = structured(this.#get(name));
    return isRecord(value) ? new Fields(value) : undefined;
  }

  record(name: string): Record<string, unknown> | undefined {
    const value = structured(this.#get(name));
    return isRecord(value) ? value : undefined;
  }

  /** The objects of a list, also where it is JSON in a string; anything else is no object. */
  list(...names: string[]): Fields[] {
    return this.values(...names).flatMap((value) => (isRecord(value) ? [new Fields(value)] : []));
  }

  values(...names: string[]): unknown[] {
    for (const name of names) {
      const value = structured(this.#get(name));
      if (Array.isArray(value)) return value;
    }
    return [];
  }
}

function lowered(record: Record<string, unknown>): Map<string, unknown> {
  const map = new Map<string, unknown>();
  for (const [key, value] of Object.entries(record)) if (!map.has(key.toLowerCase())) map.set(key.toLowerCase(), value);
  return map;
}

function structured(value: unknown): unknown {
  return typeof value === 'string' ? jsonText(value) : value;
}

function plainText(value: unknown): string | undefined {
  if (typeof value === 'number') return String(value);
  if (typeof value !== 'string') return undefined;
  const text = value.trim();
  return text === '' ? undefined : text.slice(0, MAX_TEXT);
}

function timeOf(value: unknown): number | undefined {
  let ms: number | undefined;
  if (typeof value === 'number') ms = value;
  else if (typeof value === 'string') {
    const match = ISO.exec(value.trim());
    if (match) ms = Date.parse(match[1] === undefined && value.length > 10 ? `${value.trim()}Z` : value.trim());
  }
  return ms !== undefined && ms > EARLIEST_MS && ms < LATEST_MS ? ms : undefined;
}

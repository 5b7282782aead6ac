/** What could not be read, kept with the reason; and reading it again once the reason is gone. */
import { deeperThan, MAX_NESTING } from '../runtime/nesting.js';
import { define } from '../runtime/own-key.js';
import type { DeadLetter } from '../../schemas/deadletter.js';
import { SCHEMA_VERSION } from '../../schemas/common.js';
import { shortHash } from '../runtime/hash.js';
import { decodeLogs, decodeTraces, type DecodeContext, type Decoded } from './decode.js';
import { isRecord } from './values.js';

/** How the payload is to be read again. */
export const FORMATS_OF_LETTERS = ['otlp/traces', 'otlp/logs', 'azure', 'native', 'text'] as const;
export type LetterFormat = (typeof FORMATS_OF_LETTERS)[number];

export interface Refused {
  tenant: string;
  atMs: number;
  /** `file:line:column`, or the request and a JSON pointer. */
  source: string;
  code: string;
  text: string;
  pointer?: string;
  format: LetterFormat;
  payload: unknown;
  /** Keep what arrived as it is. Otherwise its texts are redacted, and it cannot be retried. */
  keep: boolean;
}

/** The same refusal of the same place has the same id, so a repeated delivery is one letter. */
export function deadLetter(refused: Refused): DeadLetter {
  const { tenant, atMs, source, code, text, pointer, format, payload } = refused;
  // What nests without end cannot be written down as it is.
  const keep = refused.keep && !deeperThan(payload, MAX_NESTING);
  return {
    schemaVersion: SCHEMA_VERSION,
    id: shortHash('deadletter', tenant, source, code, pointer ?? '', payloadText(payload)),
    tenant,
    atMs,
    source,
    reason: { code, text, ...(pointer !== undefined && { pointer }) },
    format,
    ...(payload !== undefined && { payload: keep ? payload : redacted(payload) }),
    redacted: !keep,
  };
}

function payloadText(payload: unknown): string {
  try {
    return typeof payload === 'string' ? payload : (JSON.stringify(payload) ?? '');
  } catch {
    return '';
  }
}

/** Values that name the thing and its time, and hold nothing anyone said. */
const SHOWN = new Set([
  'key',
  'traceId',
  'spanId',
  'parentSpanId',
  'startTimeUnixNano',
  'endTimeUnixNano',
  'timeUnixNano',
  'observedTimeUnixNano',
  'kind',
  'category',
  'time',
  'schemaVersion',
  'timeMs',
]);
const MAX_DEPTH = 24;
const MAX_ITEMS = 200;

/** The shape, ids and times of what arrived, with every other text replaced by its length. */
export function redacted(value: unknown, key = '', depth = 0): unknown {
  if (typeof value === 'string') return SHOWN.has(key) && value.length <= 200 ? value : `[${value.length} characters]`;
  if (Array.isArray(value))
    return depth > MAX_DEPTH ? '[deeper]' : value.slice(0, MAX_ITEMS).map((item) => redacted(item, key, depth + 1));
  if (isRecord(value)) {
    if (depth > MAX_DEPTH) return '[deeper]';
    const shown: Record<string, unknown> = {};
    for (const [name, item] of Object.entries(value).slice(0, MAX_ITEMS))
      define(shown, name, redacted(item, name, depth + 1));
    return shown;
  }
  return value;
}

export type Retried =
  | { ok: true; decoded: Decoded }
  | { ok: true; native: unknown }
  | { ok: true; azure: unknown }
  | { ok: false; reason: string };

/** Reads a letter's payload again. Native events and Azure records still have to be taken by the caller. */
export function decodeAgain(letter: DeadLetter, context: DecodeContext): Retried {
  if (letter.redacted || letter.payload === undefined) {
    return {
      ok: false,
      reason: 'its content was not kept; set `ingest.deadletterContent` to be able to retry later ones',
    };
  }
  const position = { ...context, position: context.position ?? letter.source };
  switch (letter.format as LetterFormat) {
    case 'otlp/traces':
      return { ok: true, decoded: decodeTraces(letter.payload, position) };
    case 'otlp/logs':
      return { ok: true, decoded: decodeLogs(letter.payload, position) };
    case 'native':
      return { ok: true, native: letter.payload };
    case 'azure':
      return { ok: true, azure: letter.payload };
    default:
      return { ok: false, reason: `a letter of format \`${letter.format}\` cannot be read again` };
  }
}

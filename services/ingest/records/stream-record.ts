/**
 * One record of a stream (Event Hubs, Kafka) to intake: which format it is, and each thing in it by itself.
 *
 * A record is a request of OTLP as a Collector's Kafka exporter writes it (`otlp_proto`, `otlp_json`), an envelope
 * `{"records": […]}`, a list or lines of Azure records, security alerts, or native events. What cannot be read becomes a
 * dead letter with the record's position and a JSON pointer; the rest of the record goes on.
 */
import { gunzipSync } from 'node:zlib';
import { readProtobuf } from '../protobuf.js';
import { type Arrival, type Intake, merged, NOTHING_TAKEN, type TakenIn } from '../intake.js';
import { readJson } from '../sources/json-place.js';
import { otlpSignalOf } from './otlp-signal.js';

export const RECORD_FORMATS = ['auto', 'otlp_proto', 'otlp_json', 'azure', 'native'] as const;
export type RecordFormat = (typeof RECORD_FORMATS)[number];

export interface StreamRecord {
  bytes: Uint8Array;
  /** As the sender said, e.g. `application/json`; a hint, the bytes decide. */
  contentType?: string | undefined;
  /** `eventhubs/hub/0@4711`: part of ids where the emitter gives none, and told in dead letters. */
  position: string;
}

export interface RecordOptions {
  format: RecordFormat;
  maxBytes: number;
}

const GZIP = [0x1f, 0x8b] as const;

export function takeRecord(intake: Intake, record: StreamRecord, options: RecordOptions, arrival: Arrival): TakenIn {
  const at: Arrival = { ...arrival, source: record.position, position: record.position };
  const unpacked = inflated(record.bytes, options.maxBytes);
  if (typeof unpacked === 'string')
    return intake.refusal(
      {
        code: unpacked === 'too-large' ? 'too-large' : 'malformed',
        text: refusalText(unpacked, options.maxBytes),
        format: 'text',
        payload: undefined,
      },
      at,
    );
  const { format } = options;
  if (format === 'otlp_proto' || (format === 'auto' && looksLikeProtobuf(unpacked, record.contentType)))
    return takeProtobuf(intake, unpacked, at);
  return takeText(intake, unpacked, format, at);
}

function refusalText(fault: 'too-large' | 'bad-gzip', maxBytes: number): string {
  return fault === 'too-large'
    ? `a record may have ${maxBytes} bytes, also after decompression`
    : 'the record begins as gzip and is none';
}

function inflated(bytes: Uint8Array, maxBytes: number): Uint8Array | 'too-large' | 'bad-gzip' {
  if (bytes.length > maxBytes) return 'too-large';
  if (bytes[0] !== GZIP[0] || bytes[1] !== GZIP[1]) return bytes;
  try {
    return gunzipSync(bytes, { maxOutputLength: maxBytes });
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE' ? 'too-large' : 'bad-gzip';
  }
}

const NEWLINE = 0x0a;

/** OTLP begins with the byte of a line's end; JSON may begin with one too, and then reads as no request. */
function looksLikeProtobuf(bytes: Uint8Array, contentType: string | undefined): boolean {
  if (/protobuf/i.test(contentType ?? '')) return true;
  return bytes[0] === NEWLINE && otlpSignalOf(bytes) !== undefined;
}

function takeProtobuf(intake: Intake, bytes: Uint8Array, at: Arrival): TakenIn {
  const signal = bytes.length === 0 ? 'traces' : otlpSignalOf(bytes);
  if (signal === 'metrics') return { records: [], events: 0, refused: [], items: 1, ignored: 1 };
  const read = readProtobuf(signal === 'logs' ? 'LogsRequest' : 'TracesRequest', bytes);
  if (signal === undefined || !read.ok) {
    const text = read.ok ? 'no OTLP request of traces, logs or metrics' : `${read.message} at byte ${read.offset}`;
    return intake.refusal(
      { code: 'malformed', text, format: 'text', payload: Buffer.from(bytes).toString('base64') },
      at,
    );
  }
  return signal === 'logs' ? intake.logs(read.value, at) : intake.traces(read.value, at);
}

function takeText(intake: Intake, bytes: Uint8Array, format: RecordFormat, at: Arrival): TakenIn {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    .toString('utf8')
    .replace(/^\uFEFF/, '');
  const whole = readJson(text);
  if (whole.ok) return takeValue(intake, whole.value, format, at);
  // One JSON value a line is what Azure writes to storage, and some emitters to streams.
  const lines = text.split('\n').flatMap((line, index) => (line.trim() === '' ? [] : [{ line, number: index + 1 }]));
  const read = lines.map(({ line, number }) => ({ line, number, json: readJson(line) }));
  // Where no line is JSON it is not lines, but one thing that cannot be read.
  if (lines.length < 2 || !read.some(({ json }) => json.ok))
    return lines.length === 0
      ? NOTHING_TAKEN
      : malformed(intake, text, `${whole.message} at character ${whole.offset + 1}`, at);
  return merged(
    read.map(({ line, number, json }) => {
      const place = `${at.position ?? at.source}:${number}`;
      const within = { ...at, source: place, position: place };
      return json.ok
        ? takeValue(intake, json.value, format, within)
        : malformed(intake, line, `${json.message} at character ${json.offset + 1} of line ${number}`, within);
    }),
  );
}

function takeValue(intake: Intake, value: unknown, format: RecordFormat, at: Arrival): TakenIn {
  switch (format) {
    case 'native':
      return Array.isArray(value)
        ? intake.each(value, '', at, (item, within) => intake.native(item, within))
        : intake.native(value, at);
    case 'azure':
      return intake.azure(value, at);
    default:
      return intake.document(value, at);
  }
}

function malformed(intake: Intake, payload: string, text: string, at: Arrival): TakenIn {
  return intake.refusal({ code: 'malformed', text, format: 'text', payload }, at);
}

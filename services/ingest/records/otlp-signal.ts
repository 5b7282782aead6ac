/**
 * Which OTLP request bytes are. Traces, logs and metrics share their outer two levels (`resource_…`, `scope_…`, items), so
 * the first item decides: a span begins with a trace id of 16 bytes, a log record with a fixed 64-bit time, a metric with
 * a name. Field numbers from opentelemetry-proto 1.x.
 */
import protobuf from 'protobufjs/minimal.js';

const { Reader } = protobuf;
type Reader = InstanceType<typeof Reader>;
export type OtlpSignal = 'traces' | 'logs' | 'metrics';

const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;
const TRACE_ID_BYTES = 16;

/** Undefined: no request of OTLP. One without any item is read as traces of nothing. */
export function otlpSignalOf(bytes: Uint8Array): OtlpSignal | undefined {
  const reader = Reader.create(bytes);
  try {
    while (reader.pos < reader.len) {
      const tag = reader.uint32();
      if (tag >>> 3 !== 1 || (tag & 7) !== BYTES) return undefined;
      const end = reader.uint32() + reader.pos;
      if (end > reader.len) return undefined;
      const signal = inGroup(reader, end, 0);
      if (signal !== undefined) return signal;
      reader.pos = end;
    }
    return bytes.length === 0 ? undefined : 'traces';
  } catch {
    return undefined;
  }
}

/** Depth 0: a resource's group, whose field 2 holds scopes; depth 1: a scope's, whose field 2 holds items. */
function inGroup(reader: Reader, end: number, depth: 0 | 1): OtlpSignal | undefined {
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (tag >>> 3 !== 2 || (tag & 7) !== BYTES) {
      reader.skipType(tag & 7);
      continue;
    }
    const inner = reader.uint32() + reader.pos;
    if (inner > end) throw new RangeError('longer than what holds it');
    const signal = depth === 0 ? inGroup(reader, inner, 1) : ofItem(reader, inner);
    if (signal !== undefined) return signal;
    reader.pos = inner;
  }
  return undefined;
}

function ofItem(reader: Reader, end: number): OtlpSignal | undefined {
  while (reader.pos < end) {
    const tag = reader.uint32();
    const [field, wire] = [tag >>> 3, tag & 7];
    if (field === 1 && wire === FIXED64) return 'logs';
    if (field === 1 && wire === BYTES)
      return reader.uint32() === TRACE_ID_BYTES && isBinaryId(reader) ? 'traces' : 'metrics';
    if (field === 2 && wire === VARINT) return 'logs';
    if (field === 11 && wire === FIXED64) return 'logs';
    if (field === 7 && wire === FIXED64) return 'traces';
    reader.skipType(wire);
  }
  return undefined;
}

/** A metric's name may have 16 characters too; an id is no name: some byte of it is no printable ASCII, nearly always. */
function isBinaryId(reader: Reader): boolean {
  const id = reader.buf.subarray(reader.pos, reader.pos + TRACE_ID_BYTES);
  if (id.some((byte) => byte < 0x20 || byte > 0x7e)) return true;
  reader.pos += TRACE_ID_BYTES;
  // What follows decides: a span id of 8 bytes, or a metric's description.
  const tag = reader.uint32();
  return tag >>> 3 === 2 && (tag & 7) === BYTES && reader.uint32() === 8;
}

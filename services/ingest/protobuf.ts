/**
 * OTLP's protobuf encoding, read into the shape of its JSON encoding, so that one decoder serves both; and the answers,
 * which a client wants in the encoding it spoke.
 */
import protobuf from 'protobufjs/minimal.js';
import { decimalNanos } from './ids.js';
import { MESSAGES, type FieldType, type MessageName } from './otlp-messages.js';

const { Reader, Writer } = protobuf;
type Reader = InstanceType<typeof Reader>;

/** Values nest at most this deep; the path down to an attribute takes six of it. */
const MAX_DEPTH = 80;

export type ProtobufRead =
  { ok: true; value: Record<string, unknown> } | { ok: false; offset: number; message: string };

/** Reads a request. Malformed bytes are answered with the offset at which reading failed. */
export function readProtobuf(message: 'TracesRequest' | 'LogsRequest', bytes: Uint8Array): ProtobufRead {
  const reader = Reader.create(bytes);
  try {
    return { ok: true, value: readMessage(reader, message, bytes.length, 0) };
  } catch (error) {
    return { ok: false, offset: reader.pos, message: error instanceof Error ? error.message : 'not readable' };
  }
}

function readMessage(reader: Reader, name: MessageName, end: number, depth: number): Record<string, unknown> {
  if (depth > MAX_DEPTH) throw new RangeError(`values are nested deeper than ${MAX_DEPTH}`);
  if (end > reader.len)
    throw new RangeError(`a ${name} says it ends at byte ${end}, beyond the request's ${reader.len}`);
  const fields = MESSAGES[name];
  const value: Record<string, unknown> = {};
  while (reader.pos < end) {
    const tag = reader.uint32();
    const wire = tag & 7;
    const number = tag >>> 3;
    if (number === 0) throw new RangeError('a field has the number 0');
    const field = fields[number];
    if (field === undefined || wire !== wireOf(field.type)) {
      reader.skipType(wire);
      continue;
    }
    const read = readValue(reader, field.type, depth);
    if (field.repeated) {
      const list = value[field.name] as unknown[] | undefined;
      if (list) list.push(read);
      else value[field.name] = [read];
    } else value[field.name] = read;
  }
  if (reader.pos > end) throw new RangeError(`a ${name} is longer than it says`);
  return value;
}

function wireOf(type: FieldType): number {
  switch (type) {
    case 'bool':
    case 'enum':
    case 'int64':
    case 'uint64':
      return 0;
    case 'double':
    case 'fixed64':
      return 1;
    default:
      return 2;
  }
}

function readValue(reader: Reader, type: FieldType, depth: number): unknown {
  switch (type) {
    case 'string':
      return reader.string();
    case 'bool':
      return reader.bool();
    case 'double':
      return reader.double();
    case 'enum':
      return reader.int32();
    case 'int64':
      return Number(reader.int64());
    case 'uint64':
      return Number(reader.uint64());
    case 'fixed64': {
      const low = reader.fixed32();
      return decimalNanos(reader.fixed32(), low);
    }
    case 'hex':
      return Buffer.from(reader.bytes()).toString('hex');
    case 'base64':
      return Buffer.from(reader.bytes()).toString('base64');
    default: {
      const length = reader.uint32();
      return readMessage(reader, type, reader.pos + length, depth + 1);
    }
  }
}

/** `ExportTraceServiceResponse` and its like: empty, or with `partial_success`. */
export function writeResponse(partial: { rejected: number; message: string } | undefined): Uint8Array {
  const writer = Writer.create();
  if (partial) {
    writer.uint32(10).fork();
    if (partial.rejected > 0) writer.uint32(8).int64(partial.rejected);
    writer.uint32(18).string(partial.message);
    writer.ldelim();
  }
  return writer.finish();
}

/** `google.rpc.Status`, which OTLP answers failures with. */
export function writeStatus(code: number, message: string): Uint8Array {
  return Writer.create().uint32(8).int32(code).uint32(18).string(message).finish();
}

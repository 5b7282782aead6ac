/**
 * A record as a Kafka message: JSON in the value, and beside it, readable without parsing, the version of its schema and
 * the trace it belongs to.
 */
import type { KafkaMessage, Message } from 'kafkajs';
import { SCHEMA_VERSION } from '../../../../schemas/common.js';
import { TOPIC_SHAPES } from '../../../../schemas/shape.js';
import type { Topic, TopicValues } from '../../../../schemas/topics.js';
import { StepdownError } from '../../errors.js';
import type { AnyOutgoing, StreamRecord } from '../types.js';
import { FetchedMessage, headerOf } from './fetched-message.js';

/** Whether this build reads what the record was written with. */
export const SCHEMA_HEADER = 'stepdown-schema';
/** https://www.w3.org/TR/trace-context/ */
export const TRACE_HEADER = 'traceparent';

export interface Prepared {
  /** What it was made of, as it was handed over. */
  source: AnyOutgoing;
  topic: Topic;
  partition: number;
  message: Message;
  bytes: number;
}

/** Overhead of a record in a batch, generously. */
const FRAMING_BYTES = 128;

/** Serializes now: later changes of the value do not reach what is sent. */
export function prepare(record: AnyOutgoing, partition: number): Prepared {
  const json = JSON.stringify(record.value) as string | undefined;
  if (json === undefined) throw new StepdownError('input-malformed', `a record for ${record.topic} has no value`);
  const value = Buffer.from(json);
  const traceparent = traceparentOf(record.value);
  const headers = {
    'content-type': 'application/json',
    [SCHEMA_HEADER]: String(SCHEMA_VERSION),
    ...(traceparent === undefined ? {} : { [TRACE_HEADER]: traceparent }),
  };
  return {
    source: record,
    topic: record.topic,
    partition,
    message: { key: record.key, value, headers, partition },
    bytes: value.length + Buffer.byteLength(record.key) + FRAMING_BYTES,
  };
}

/** Only ids that are hexadecimal and of the right length make a trace context; others are not passed on. */
function traceparentOf(value: unknown): string | undefined {
  const { trace } = value as { trace?: { traceId?: unknown; spanId?: unknown } };
  const { traceId, spanId } = trace ?? {};
  if (typeof traceId !== 'string' || !/^[0-9a-f]{32}$/i.test(traceId)) return undefined;
  const span = typeof spanId === 'string' && /^[0-9a-f]{16}$/i.test(spanId) ? spanId : undefined;
  return span === undefined ? undefined : `00-${traceId.toLowerCase()}-${span.toLowerCase()}-01`;
}

export type Read<K extends Topic> = { ok: true; record: StreamRecord<K> } | { ok: false; code: string; reason: string };

/** A message that others may have written: what cannot be read says why. */
export function readMessage<K extends Topic>(topic: K, partition: number, message: KafkaMessage): Read<K> {
  const lean = message instanceof FetchedMessage;
  const schema = headerOf(message, SCHEMA_HEADER);
  const version = schema === undefined ? SCHEMA_VERSION : Number(String(schema));
  if (!(version <= SCHEMA_VERSION))
    return {
      ok: false,
      code: 'schema-too-new',
      reason: `its schema has version ${String(schema)}, this build reads ${SCHEMA_VERSION}`,
    };
  const text = lean ? message.valueText : message.value?.toString('utf8');
  if (text === undefined) return { ok: false, code: 'input-malformed', reason: 'it has no value' };
  try {
    const value = JSON.parse(text) as TopicValues[K];
    if (value === null || typeof value !== 'object' || Array.isArray(value))
      return { ok: false, code: 'input-malformed', reason: 'it is no JSON object' };
    // Handed on, it would be tried by each reader again and again.
    const wrong = TOPIC_SHAPES[topic](value);
    if (wrong !== undefined)
      return {
        ok: false,
        code: 'input-malformed',
        reason: `it is no record of ${topic}: ${wrong} is missing or of another type`,
      };
    return {
      ok: true,
      record: {
        topic,
        partition,
        offset: Number(message.offset),
        key: (lean ? message.keyText : message.key?.toString('utf8')) ?? '',
        value,
        appendedAtMs: Number(message.timestamp),
      },
    };
  } catch (error) {
    return {
      ok: false,
      code: 'input-malformed',
      reason: `it is no JSON: ${error instanceof Error ? error.message : String(error)}`,
    };
  }
}

/** One record of a stream, whatever its format: read as what it is, each thing in it once, the rest refused in place. */
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import protobuf from 'protobufjs';
import { describe, expect, it } from 'vitest';
import type { TelemetryEvent } from '../../../schemas/event.js';
import { otlpSignalOf } from '../../../services/ingest/records/otlp-signal.js';
import { takeRecord, type RecordFormat } from '../../../services/ingest/records/stream-record.js';
import type { TakenIn } from '../../../services/ingest/intake.js';
import { testIntake } from '../receiver.js';
import { attributes, nanos, T0, toolSpan, traces } from '../request.js';
import { userSignIn } from './samples.js';

/** OTLP's three requests as far as they tell each other apart, encoded by protobufjs from their .proto form. */
const PROTO = protobuf.parse(`syntax = "proto3";
message Traces { repeated Group groups = 1; }
message Logs { repeated LogGroup groups = 1; }
message Metrics { repeated MetricGroup groups = 1; }
message Group { Resource resource = 1; repeated Scoped scoped = 2; string schema_url = 3; }
message LogGroup { Resource resource = 1; repeated ScopedLogs scoped = 2; }
message MetricGroup { Resource resource = 1; repeated ScopedMetrics scoped = 2; }
message Scoped { Scope scope = 1; repeated Span items = 2; }
message ScopedLogs { Scope scope = 1; repeated Log items = 2; }
message ScopedMetrics { Scope scope = 1; repeated Metric items = 2; }
message Scope { string name = 1; }
message Resource { repeated KeyValue attributes = 1; }
message KeyValue { string key = 1; AnyValue value = 2; }
message AnyValue { oneof value { string string_value = 1; bool bool_value = 2; int64 int_value = 3; double double_value = 4; } }
message Span { bytes trace_id = 1; bytes span_id = 2; string name = 5; fixed64 start_time_unix_nano = 7; fixed64 end_time_unix_nano = 8; repeated KeyValue attributes = 9; }
message Log { fixed64 time_unix_nano = 1; int32 severity_number = 2; AnyValue body = 5; repeated KeyValue attributes = 6; fixed64 observed_time_unix_nano = 11; }
message Metric { string name = 1; string description = 2; string unit = 3; }`).root;

const encode = (type: string, value: object): Buffer =>
  Buffer.from(PROTO.lookupType(type).encode(PROTO.lookupType(type).fromObject(value)).finish());
const group = (...items: object[]) => ({
  groups: [
    { resource: { attributes: attributes({ 'service.name': 'app' }) } },
    { resource: { attributes: attributes({ 'service.name': 'app' }) }, scoped: [{ scope: { name: 's' } }, { items }] },
  ],
});
const span = (more: object = {}) => ({
  traceId: Buffer.from('8a070ff0534bae3b9392cfd92720cc79', 'hex'),
  spanId: Buffer.from('8a070ff0534bae3b', 'hex'),
  name: 'execute_tool send_mail',
  startTimeUnixNano: nanos(1),
  endTimeUnixNano: nanos(4),
  attributes: attributes({ 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.name': 'send_mail' }),
  ...more,
});

const intake = testIntake();
function take(bytes: Uint8Array | string, format: RecordFormat = 'auto', contentType?: string): TakenIn {
  const record = { bytes: Buffer.from(bytes as Buffer), contentType, position: 'kafka/otlp_spans/3@41' };
  return takeRecord(intake, record, { format, maxBytes: 1024 * 1024 }, { receivedAtMs: T0, source: '', atMs: T0 });
}
const eventsOf = (taken: TakenIn): TelemetryEvent[] =>
  taken.records.flatMap((record) => (record.topic === 'telemetry' ? [record.value] : []));
const kinds = (taken: TakenIn): string[] => eventsOf(taken).map(({ kind }) => kind);

describe('formats', () => {
  it('otlp_proto of traces, found by its shape and asked for by name; gzip is undone', () => {
    const bytes = encode('Traces', group(span()));
    for (const taken of [
      take(bytes),
      take(bytes, 'otlp_proto'),
      take(gzipSync(bytes)),
      take(bytes, 'auto', 'application/x-protobuf'),
    ]) {
      expect(kinds(taken)).toEqual(['tool.call', 'tool.result']);
      expect(eventsOf(taken)[0]).toMatchObject({
        id: '8a070ff0534bae3b9392cfd92720cc79:8a070ff0534bae3b:tool.call:0',
        source: { dialect: 'otel-genai', position: 'kafka/otlp_spans/3@41' },
      });
    }
  });

  it('tells the three requests apart by their first item, whatever it leaves out', () => {
    expect(otlpSignalOf(encode('Traces', group(span())))).toBe('traces');
    expect(otlpSignalOf(encode('Traces', group(span({ traceId: Buffer.from('sixteen letters.') }))))).toBe('traces');
    expect(otlpSignalOf(encode('Logs', group({ timeUnixNano: nanos(1), body: { stringValue: 'x' } })))).toBe('logs');
    expect(otlpSignalOf(encode('Logs', group({ severityNumber: 9 })))).toBe('logs');
    expect(otlpSignalOf(encode('Logs', group({ observedTimeUnixNano: nanos(1) })))).toBe('logs');
    expect(otlpSignalOf(encode('Metrics', group({ name: 'requests' })))).toBe('metrics');
    expect(otlpSignalOf(encode('Metrics', group({ name: 'sixteen letters.', description: 'of it', unit: '1' })))).toBe(
      'metrics',
    );
    expect(otlpSignalOf(encode('Traces', group()))).toBe('traces');
    expect(otlpSignalOf(Buffer.from('\n{"kind":"prompt"}'))).toBeUndefined();
    expect(take(encode('Metrics', group({ name: 'requests' })))).toMatchObject({ events: 0, ignored: 1, refused: [] });
  });

  it('logs in protobuf', () => {
    const bytes = encode(
      'Logs',
      group({
        timeUnixNano: nanos(1),
        attributes: attributes({ 'event.name': 'gen_ai.user.message', 'gen_ai.system': 'openai' }),
      }),
    );
    const taken = take(bytes);
    expect(taken).toMatchObject({ items: 1 });
    expect(take(bytes, 'otlp_proto')).toEqual(taken);
  });

  it('otlp_json, also behind an empty line and a byte order mark', () => {
    const json = JSON.stringify(traces([toolSpan()]));
    for (const text of [json, `\n${json}`, `\uFEFF${json}`, `[${json}]`])
      expect(kinds(take(text)), text.slice(0, 3)).toEqual(['tool.call', 'tool.result']);
    expect(kinds(take(json, 'otlp_json'))).toEqual(['tool.call', 'tool.result']);
  });

  it('envelopes, lists and lines of Azure records', () => {
    const [a, b] = [userSignIn({ id: 'a' }), userSignIn({ id: 'b' })];
    const texts = [{ records: [a, b] }, [a, b], [{ records: [a] }, { records: [b] }]].map((value) =>
      JSON.stringify(value),
    );
    texts.push(
      `${JSON.stringify(a)}\n${JSON.stringify(b)}\n`,
      `${JSON.stringify({ records: [a] })}\r\n\r\n${JSON.stringify({ records: [b] })}`,
    );
    for (const text of texts)
      for (const format of ['auto', 'azure'] as const)
        expect(eventsOf(take(text, format)).map(({ id }) => id)).toEqual(['entra:sign-in:a', 'entra:sign-in:b']);
  });

  it('native events, one, a list, or lines; without an id the position is one, and each keeps its own', () => {
    const event = (more: object = {}) => ({ kind: 'prompt', agent: { id: 'a' }, text: 'hello', ...more });
    expect(kinds(take(JSON.stringify(event({ id: 'x' }))))).toEqual(['prompt']);
    for (const text of [JSON.stringify([event(), event()]), `${JSON.stringify(event())}\n${JSON.stringify(event())}`])
      for (const format of ['auto', 'native'] as const) {
        const ids = eventsOf(take(text, format)).map(({ id }) => id);
        expect(new Set(ids).size).toBe(2);
        expect(eventsOf(take(text, format)).map(({ id }) => id)).toEqual(ids);
      }
  });
});

describe('what cannot be read', () => {
  it.each([
    ['no JSON', 'hello', 'not JSON at character 1'],
    ['half of JSON', '{"records":[', 'the JSON ends too early'],
    ['half of a protobuf', encode('Traces', group(span())).subarray(0, 60), ''],
    ['bytes', Buffer.from([0xff, 0xfe, 0x00, 0x01]), 'not JSON'],
    ['broken gzip', Buffer.from([0x1f, 0x8b, 0x08, 0x00, 0x01]), 'the record begins as gzip and is none'],
    ['too much', 'x'.repeat(1024 * 1024 + 1), 'a record may have 1048576 bytes'],
    ['too much once inflated', gzipSync(Buffer.alloc(1024 * 1024 + 1)), 'a record may have 1048576 bytes'],
  ])('%s is one dead letter with its position', (_, bytes, message) => {
    const taken = take(bytes);
    expect(taken.events).toBe(0);
    expect(taken.refused).toHaveLength(1);
    expect(taken.refused[0]?.message).toContain(message);
    const [letter] = taken.records;
    expect(letter).toMatchObject({ topic: 'deadletter', value: { source: 'kafka/otlp_spans/3@41' } });
  });

  it('one bad line among good ones is refused by itself, with its line', () => {
    const taken = take(`${JSON.stringify(userSignIn({ id: 'a' }))}\n{"x":\n${JSON.stringify(userSignIn({ id: 'b' }))}`);
    expect(taken.events).toBe(2);
    expect(taken.refused).toMatchObject([{ message: 'the JSON ends too early at character 6 of line 2' }]);
    expect(taken.records.find(({ topic }) => topic === 'deadletter')?.value).toMatchObject({
      source: 'kafka/otlp_spans/3@41:2',
    });
  });

  it('a span that cannot be read has the pointer of its place in the record', () => {
    const taken = take(JSON.stringify([traces([toolSpan(), { ...toolSpan(), traceId: 'none' }])]));
    expect(taken.events).toBe(2);
    expect(taken.refused).toMatchObject([{ pointer: '/0/resourceSpans/0/scopeSpans/0/spans/1' }]);
  });

  it('an empty record is nothing, and no bytes are thrown back', () => {
    expect(take('')).toMatchObject({ events: 0 });
    const whole = encode('Traces', group(span()));
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array({ maxLength: 80 }),
          fc.string().map((text) => Buffer.from(text)),
          fc.tuple(fc.nat(whole.length - 1), fc.nat(255)).map(([at, byte]) => {
            const changed = Buffer.from(whole);
            changed[at] = byte;
            return changed;
          }),
        ),
        fc.constantFrom<RecordFormat[]>('auto', 'otlp_proto', 'otlp_json', 'azure', 'native'),
        (bytes, format) => {
          const taken = take(bytes, format);
          expect(taken.records.length + taken.ignored + taken.items).toBeGreaterThanOrEqual(0);
        },
      ),
      { numRuns: 400 },
    );
  });
});

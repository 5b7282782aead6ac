import { connect } from 'node:net';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import protobuf from 'protobufjs';
import { afterEach, describe, expect, it } from 'vitest';
import { StepdownError } from '../../../services/runtime/errors.js';
import { selfSigned } from '../../peers/certificate.js';
import { testIntake, testReceiver, type TestReceiver } from '../receiver.js';
import { span, toolSpan, traces, logs, nanos } from '../request.js';

let receiver: TestReceiver | undefined;
afterEach(async () => {
  await receiver?.stop();
  receiver = undefined;
});
async function start(options: Parameters<typeof testReceiver>[0] = {}): Promise<TestReceiver> {
  return (receiver = await testReceiver(options));
}
async function post(
  path: string,
  body: string | Buffer,
  headers: Record<string, string> = { 'content-type': 'application/json' },
) {
  const response = await fetch(`${receiver?.endpoint}${path}`, { method: 'POST', body: body as never, headers });
  const bytes = Buffer.from(await response.arrayBuffer());
  return {
    status: response.status,
    headers: response.headers,
    bytes,
    json: () => JSON.parse(bytes.toString()) as Record<string, never>,
  };
}

/** OTLP's own definitions, read by protobufjs from their .proto form: an encoder that shares nothing with the reader. */
const PROTO = protobuf.parse(`syntax = "proto3";
message Request { repeated ResourceSpans resource_spans = 1; }
message ResourceSpans { Resource resource = 1; repeated ScopeSpans scope_spans = 2; string schema_url = 3; }
message ScopeSpans { Scope scope = 1; repeated Span spans = 2; string schema_url = 3; }
message Scope { string name = 1; string version = 2; }
message Resource { repeated KeyValue attributes = 1; uint32 dropped_attributes_count = 2; }
message KeyValue { string key = 1; AnyValue value = 2; }
message AnyValue { oneof value { string string_value = 1; bool bool_value = 2; int64 int_value = 3; double double_value = 4; ArrayValue array_value = 5; KeyValueList kvlist_value = 6; bytes bytes_value = 7; } }
message ArrayValue { repeated AnyValue values = 1; }
message KeyValueList { repeated KeyValue values = 1; }
message Span { bytes trace_id = 1; bytes span_id = 2; string trace_state = 3; bytes parent_span_id = 4; string name = 5; int32 kind = 6; fixed64 start_time_unix_nano = 7; fixed64 end_time_unix_nano = 8;
  repeated KeyValue attributes = 9; uint32 dropped_attributes_count = 10; Status status = 15; fixed32 flags = 16; }
message Status { string message = 2; int32 code = 3; }
message Response { Partial partial_success = 1; }
message Partial { int64 rejected = 1; string error_message = 2; }
message Failure { int32 code = 1; string message = 2; }`).root;

function encoded(request: Record<string, unknown>): Buffer {
  const bytes = structuredClone(request) as { resourceSpans: { scopeSpans: { spans: Record<string, unknown>[] }[] }[] };
  for (const group of bytes.resourceSpans)
    for (const scoped of group.scopeSpans)
      for (const each of scoped.spans)
        for (const name of ['traceId', 'spanId', 'parentSpanId'])
          if (typeof each[name] === 'string') each[name] = Buffer.from(each[name], 'hex');
  const type = PROTO.lookupType('Request');
  return Buffer.from(type.encode(type.fromObject(bytes)).finish());
}

describe('what it takes', () => {
  it('reads JSON and protobuf alike, plain and gzipped, and answers in the encoding it was spoken to', async () => {
    const r = await start({ eventTime: true });
    const request = traces([
      toolSpan(
        {
          'gen_ai.tool.call.arguments': '{"n":1}',
          big: 9007199254740991,
          negative: -5,
          list: ['a', 2.5, true, { deep: 'x' }],
        },
        { startMs: 12.5 },
      ),
    ]);
    const json = await post('/v1/traces', JSON.stringify(request));
    expect([json.status, json.json()]).toEqual([200, {}]);
    const zipped = await post('/v1/traces', gzipSync(JSON.stringify(request)), {
      'content-type': 'application/json; charset=utf-8',
      'content-encoding': 'gzip',
    });
    expect(zipped.status).toBe(200);
    const proto = await post('/v1/traces', encoded(request), { 'content-type': 'application/x-protobuf' });
    expect([proto.status, proto.headers.get('content-type'), proto.bytes.length]).toEqual([
      200,
      'application/x-protobuf',
      0,
    ]);
    const events = r.events();
    expect(events.map((event) => event.kind)).toEqual([
      'tool.call',
      'tool.result',
      'tool.call',
      'tool.result',
      'tool.call',
      'tool.result',
    ]);
    expect(events.slice(2, 4)).toEqual(events.slice(0, 2));
    expect(events.slice(4)).toEqual(events.slice(0, 2));
  });

  it('says 200 only after the records are durable', async () => {
    let durable: () => void = () => undefined;
    let appended = false;
    await start({ append: () => new Promise<void>((resolve) => ((appended = true), (durable = resolve))) });
    let answered = false;
    const answer = post('/v1/traces', JSON.stringify(traces([toolSpan()]))).then(
      (response) => ((answered = true), response),
    );
    await expect.poll(() => appended).toBe(true);
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(answered).toBe(false);
    durable();
    expect((await answer).status).toBe(200);
  });

  it('names what it refused and takes the rest; refused spans become dead letters without their content', async () => {
    const r = await start();
    const bad = { ...toolSpan({ 'gen_ai.tool.call.arguments': 'SECRET' }), traceId: 'zz' };
    const response = await post('/v1/traces', JSON.stringify(traces([toolSpan(), bad])));
    expect(response.status).toBe(200);
    expect(response.json()).toEqual({
      partialSuccess: {
        rejectedSpans: '1',
        errorMessage: '/resourceSpans/0/scopeSpans/0/spans/1: traceId must be 32 hex digits, not all zero',
      },
    });
    expect(r.events()).toHaveLength(2);
    expect(r.letters()).toMatchObject([
      {
        reason: { code: 'no-trace-id', pointer: '/resourceSpans/0/scopeSpans/0/spans/1' },
        redacted: true,
        format: 'otlp/traces',
      },
    ]);
    expect(JSON.stringify(r.letters())).not.toContain('SECRET');
  });

  it('answers a partial success in protobuf too', async () => {
    await start();
    const response = await post('/v1/traces', encoded(traces([{ ...toolSpan(), traceId: '00' }])), {
      'content-type': 'application/x-protobuf',
    });
    expect(response.status).toBe(200);
    expect(
      PROTO.lookupType('Response').toObject(PROTO.lookupType('Response').decode(response.bytes), { longs: Number }),
    ).toEqual({
      partialSuccess: {
        rejected: 1,
        errorMessage: '/resourceSpans/0/scopeSpans/0/spans/0: traceId must be 32 hex digits, not all zero',
      },
    });
  });

  it('accepts metrics, counts them and says once that it does not use them', async () => {
    const r = await start();
    expect((await post('/v1/metrics', '{}')).status).toBe(200);
    expect((await post('/v1/metrics', '{}')).status).toBe(200);
    expect(r.source.counters.metrics).toBe(2);
    expect(r.logged.filter((line) => line.includes('not used'))).toHaveLength(1);
  });

  it('reads log records', async () => {
    const r = await start();
    const record = {
      timeUnixNano: nanos(0),
      traceId: '8a070ff0534bae3b9392cfd92720cc79',
      spanId: 'a98fb96328a8153f',
      eventName: 'gen_ai.user.message',
      body: { kvlistValue: { values: [{ key: 'content', value: { stringValue: 'hello' } }] } },
    };
    expect((await post('/v1/logs', JSON.stringify(logs([record])))).status).toBe(200);
    expect(r.events()[0]).toMatchObject({ kind: 'model.call', messages: [{ role: 'user', text: 'hello' }] });
  });
});

describe('what it refuses', () => {
  it.each([
    [
      'JSON that ends too early',
      '{"resourceSpans":[',
      { 'content-type': 'application/json' },
      400,
      'the JSON ends too early at byte 18',
    ],
    [
      'JSON of another thing',
      '{"resourceSpans":7}',
      { 'content-type': 'application/json' },
      400,
      '/resourceSpans: expected a list',
    ],
    ['no object', '[]', { 'content-type': 'application/json' }, 400, '/: a request is an object'],
    [
      'a body that is no gzip',
      'plain',
      { 'content-type': 'application/json', 'content-encoding': 'gzip' },
      400,
      'not gzip',
    ],
    ['another type', 'x', { 'content-type': 'text/plain' }, 415, 'content-type'],
    [
      'another compression',
      'x',
      { 'content-type': 'application/json', 'content-encoding': 'br' },
      415,
      'content-encoding',
    ],
    ['a web page', '{}', { 'content-type': 'application/json', origin: 'https://evil.example' }, 403, 'web pages'],
  ])('%s', async (_name, body, headers, status, message) => {
    await start();
    const response = await post('/v1/traces', body, headers);
    expect(response.status).toBe(status);
    expect(String(response.json()['message'])).toContain(message);
  });

  it('says at which byte protobuf ends to be protobuf', async () => {
    const r = await start();
    const good = encoded(traces([toolSpan()]));
    const response = await post('/v1/traces', good.subarray(0, good.length - 3), {
      'content-type': 'application/x-protobuf',
    });
    expect(response.status).toBe(400);
    const failure = PROTO.lookupType('Failure').toObject(PROTO.lookupType('Failure').decode(response.bytes));
    expect(failure).toMatchObject({
      code: 3,
      message: expect.stringMatching(/beyond the request's \d+ at byte \d+/) as string,
    });
    expect(r.letters()).toHaveLength(1);
  });

  it('refuses values that are nested without end', async () => {
    await start();
    let value: Buffer = Buffer.from([10, 1, 97]);
    for (let depth = 0; depth < 2_000; depth++) {
      const list = Buffer.concat([Buffer.from([10]), varint(value.length), value]);
      value = Buffer.concat([Buffer.from([42]), varint(list.length), list]);
    }
    const wrap = (field: number, inner: Buffer) =>
      Buffer.concat([Buffer.from([(field << 3) | 2]), varint(inner.length), inner]);
    const body = wrap(1, wrap(2, wrap(2, wrap(9, wrap(2, value)))));
    const response = await post('/v1/traces', body, { 'content-type': 'application/x-protobuf' });
    expect(response.status).toBe(400);
  });

  it('413 for a body over the limit, announced, sent in pieces, or inflated', async () => {
    await start({ maxBodyBytes: 10_000 });
    expect((await post('/v1/traces', Buffer.alloc(20_000, 32))).status).toBe(413);
    expect(await chunked(20_000)).toBe(413);
    const bomb = gzipSync(Buffer.alloc(50_000_000, 32));
    expect(
      (
        await post('/v1/traces', bomb.subarray(0, 9_999), {
          'content-type': 'application/json',
          'content-encoding': 'gzip',
        })
      ).status,
    ).toBe(413);
  });

  it('405 with Allow, and 404 that says where to go', async () => {
    await start();
    const got = await fetch(`${receiver?.endpoint}/v1/traces`);
    expect([got.status, got.headers.get('allow')]).toEqual([405, 'POST']);
    const lost = await fetch(`${receiver?.endpoint}/traces`, { method: 'POST' });
    expect([lost.status, await lost.text()]).toEqual([404, expect.stringContaining('/v1/traces') as string]);
    expect(
      (await fetch(`${receiver?.endpoint}/v1/traces`, { method: 'OPTIONS' })).headers.get(
        'access-control-allow-origin',
      ),
    ).toBeNull();
  });

  it.each(['stream-full', 'driver-unavailable', 'deadline', 'forbidden'] as const)(
    'asks to come again where the stream says %s: an exporter drops what is refused otherwise',
    async (code) => {
      await start({ append: () => Promise.reject(new StepdownError(code, 'not now')) });
      const full = await post('/v1/traces', JSON.stringify(traces([toolSpan()])));
      expect([full.status, full.headers.get('retry-after')]).toEqual([503, '2']);
    },
  );

  it('asks to come again when too much is waiting', async () => {
    await start({ maxPendingBytes: 100 });
    expect((await post('/v1/traces', Buffer.alloc(200, 32))).status).toBe(503);
    expect(receiver?.source.counters.deferred).toBe(1);
  });

  it('wants the token where there is one', async () => {
    await start({ token: 'a-long-token-of-the-test' });
    const body = JSON.stringify(traces([toolSpan()]));
    const headers = { 'content-type': 'application/json' };
    expect((await post('/v1/traces', body, headers)).status).toBe(401);
    expect((await post('/v1/traces', body, { ...headers, authorization: 'Bearer another' })).status).toBe(401);
    expect(
      (await post('/v1/traces', body, { ...headers, authorization: 'Bearer a-long-token-of-the-test' })).status,
    ).toBe(200);
  });

  it('speaks TLS where it has a certificate, and nothing else then', async () => {
    const tls = selfSigned();
    const r = await start({ tls });
    const body = JSON.stringify(traces([toolSpan()]));
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const sent = httpsRequest(
        `${r.endpoint}/v1/traces`,
        { method: 'POST', ca: tls.cert, headers: { 'content-type': 'application/json' } },
        (response) => {
          response.resume();
          resolve(response.statusCode);
        },
      );
      sent.on('error', reject);
      sent.end(body);
    });
    expect(status).toBe(200);
    expect(r.events().length).toBeGreaterThan(0);
    await expect(fetch(r.endpoint.replace('https', 'http'))).rejects.toThrow();
    await expect(fetch(`${r.endpoint}/v1/traces`)).rejects.toThrow(); // Nobody vouches for the certificate.
  });

  it('cuts off a client that sends its headers or its body drop by drop, and goes on with others', async () => {
    const r = await start({ patience: { headersMs: 200, requestMs: 400 } });
    const { port } = r.source.address;
    const trickle = (beginning: string): Promise<string> =>
      new Promise((resolve) => {
        const socket = connect(port, '127.0.0.1');
        let answer = '';
        socket.on('data', (chunk) => (answer += chunk.toString()));
        socket.on('error', () => undefined);
        socket.write(beginning);
        const drops = setInterval(() => socket.write('a'), 50);
        socket.on('close', () => {
          clearInterval(drops);
          resolve(answer);
        });
      });
    const head = 'POST /v1/traces HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n';
    const [headers, body] = await Promise.all([
      trickle(`${head}x-slow: `),
      trickle(`${head}content-length: 100000\r\n\r\n{`),
    ]);
    expect(headers).toMatch(/^HTTP\/1\.1 408 /);
    expect(body).toMatch(/^(HTTP\/1\.1 408 |$)/);
    expect((await post('/v1/traces', JSON.stringify(traces([toolSpan()])))).status).toBe(200);
  });

  it('refuses a name that another machine gave to this address', async () => {
    const r = await start();
    const status = await new Promise<number>((resolve) => {
      const request = httpRequest(
        `${r.endpoint}/v1/traces`,
        { method: 'POST', headers: { host: 'evil.example', 'content-type': 'application/json' } },
        (response) => resolve(response.statusCode ?? 0),
      );
      request.end('{}');
    });
    expect(status).toBe(403);
  });

  it('tells what to set when an emitter speaks gRPC to it', async () => {
    const r = await start();
    const socket = connect(r.source.address.port, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
    await expect.poll(() => r.logged.join('')).toContain('OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf');
    socket.destroy();
  });
});

describe('under any input', () => {
  it('answers every body and lives on', async () => {
    const r = await start({ intake: testIntake() });
    const good = encoded(traces([toolSpan(), span({ attributes: { 'gen_ai.system': 'x' } })]));
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 60 }),
        fc.nat(good.length),
        fc.constantFrom('application/json', 'application/x-protobuf'),
        fc.boolean(),
        async (noise, at, type, mixed) => {
          const body = mixed
            ? Buffer.concat([good.subarray(0, at), noise, good.subarray(at + noise.length)])
            : Buffer.from(noise);
          const response = await post('/v1/traces', body, { 'content-type': type });
          expect([200, 400]).toContain(response.status);
        },
      ),
      { numRuns: 150 },
    );
    expect((await post('/v1/traces', good, { 'content-type': 'application/x-protobuf' })).status).toBe(200);
    expect(r.logged.filter((line) => line.includes('OTLP request failed'))).toEqual([]);
  });

  it('reads JSON of any shape without failing', async () => {
    const intake = testIntake();
    const arrival = { receivedAtMs: Date.now(), source: 'test', atMs: 0, position: 'test:1' };
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), fc.jsonValue({ maxDepth: 4 }), (any, value) => {
        intake.document(any, arrival);
        intake.traces({ resourceSpans: any }, arrival);
        intake.traces(
          traces([
            { ...toolSpan(), attributes: any },
            { ...toolSpan(), events: any },
          ]),
          arrival,
        );
        intake.traces(
          traces([
            span({
              attributes: {
                'gen_ai.operation.name': 'chat',
                'gen_ai.input.messages': JSON.stringify(any),
                'gen_ai.output.messages': JSON.stringify([value]),
                'gen_ai.tool.definitions': JSON.stringify(any),
              },
            }),
          ]),
          arrival,
        );
      }),
      { numRuns: 300 },
    );
  });
});

it('answers what is running before it stops', async () => {
  let durable: () => void = () => undefined;
  const r = await start({ append: () => new Promise<void>((resolve) => (durable = resolve)) });
  const answer = post('/v1/traces', JSON.stringify(traces([toolSpan()])));
  await expect.poll(() => r.source.counters.bytes).toBeGreaterThan(0);
  await new Promise((resolve) => setTimeout(resolve, 20));
  const stopped = r.stop();
  durable();
  expect((await answer).status).toBe(200);
  await stopped;
});

function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>>= 7) {
    if (rest < 128) return Buffer.from([...bytes, rest]);
    bytes.push((rest & 127) | 128);
  }
}

/** A body whose length is not announced. */
function chunked(size: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      `${receiver?.endpoint}/v1/traces`,
      { method: 'POST', headers: { 'content-type': 'application/json', 'transfer-encoding': 'chunked' } },
      (response) => resolve(response.statusCode ?? 0),
    );
    request.on('error', reject);
    for (let sent = 0; sent < size; sent += 1_000) request.write(Buffer.alloc(1_000, 32));
    request.end();
  });
}

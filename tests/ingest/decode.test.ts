import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { TypeCompiler } from '@sinclair/typebox/compiler';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EVENT_KINDS, type TelemetryEvent } from '../../schemas/event.js';
import { newTurnState, turn } from '../../services/detect/turns.js';
import { decodeLogs, decodeTraces } from '../../services/ingest/decode.js';
import { decimalNanos, timeMs } from '../../services/ingest/ids.js';
import { summary } from '../detect/turns/summary.js';
import { attributes, logs, nanos, span, T0, toolSpan, traces, type Value } from './request.js';

const context = { tenant: 'default', receivedAtMs: T0 };
const decode = (list: object[], resource?: Record<string, Value>, scope?: string) =>
  decodeTraces(traces(list, resource, scope), context);
const chat = (own: Record<string, Value>, given = {}) =>
  span({ ...given, attributes: { 'gen_ai.operation.name': 'chat', 'gen_ai.request.model': 'm', ...own } });
const json = (value: unknown) => JSON.stringify(value);
function valid(events: readonly TelemetryEvent[]): void {
  for (const event of events) {
    const check = TypeCompiler.Compile(EVENT_KINDS[event.kind]);
    expect([...check.Errors(event)].map(({ path, message }) => `${event.kind}${path}: ${message}`)).toEqual([]);
  }
}

describe('the current conventions', () => {
  const input = [{ role: 'user', parts: [{ type: 'text', content: 'hello' }] }];
  const output = [
    {
      role: 'assistant',
      parts: [
        { type: 'tool_call', id: 'c1', name: 'look', arguments: { n: 1 } },
        { type: 'reasoning', content: 'hidden' },
      ],
      finish_reason: 'tool_call',
    },
  ];
  it.each([
    [
      'JSON in strings',
      {
        'gen_ai.input.messages': json(input),
        'gen_ai.output.messages': json(output),
        'gen_ai.system_instructions': json([{ type: 'text', content: 'be good' }]),
      },
    ],
    [
      'structured values',
      {
        'gen_ai.input.messages': input as never,
        'gen_ai.output.messages': output as never,
        'gen_ai.system_instructions': [{ type: 'text', content: 'be good' }] as never,
      },
    ],
  ])('reads messages as %s', (_name, own) => {
    const { events } = decode([
      chat(
        { ...own, 'gen_ai.usage.input_tokens': 7, 'gen_ai.response.finish_reasons': ['tool_calls'] },
        { startMs: 1, endMs: 9 },
      ),
    ]);
    valid(events);
    expect(events).toMatchObject([
      {
        kind: 'model.call',
        timeMs: T0 + 1,
        model: 'm',
        messages: [
          { role: 'system', text: 'be good' },
          { role: 'user', text: 'hello' },
        ],
      },
      {
        kind: 'model.output',
        timeMs: T0 + 9,
        toolCalls: [{ id: 'c1', name: 'look', arguments: { n: 1 } }],
        finishReason: 'tool_calls',
        usage: { inputTokens: 7 },
        durationMs: 8,
      },
    ]);
    expect(events[1]).not.toHaveProperty('text');
  });

  it('takes a tool span apart, with its failure', () => {
    const failed = toolSpan(
      { 'gen_ai.tool.call.id': 'c1', 'gen_ai.tool.call.arguments': '{"n":1}', 'error.type': 'PermissionError' },
      { status: { code: 2, message: 'access denied' } },
    );
    const { events } = decode([failed]);
    valid(events);
    expect(events).toMatchObject([
      { kind: 'tool.call', tool: 'look', toolCallId: 'c1', arguments: { n: 1 } },
      { kind: 'tool.result', errorType: 'PermissionError', denied: true, text: 'access denied' },
    ]);
  });

  it('says where content was not sent', () => {
    const { events } = decode([chat({}), toolSpan()]);
    expect(events).toHaveLength(4);
    for (const event of events) expect(event.skipped).toEqual([{ check: 'content', reason: 'not sent' }]);
  });

  it('reads retrievals, memory, agents and tools on offer', () => {
    const operation = (name: string, own: Record<string, Value>) =>
      span({ attributes: { 'gen_ai.operation.name': name, ...own } });
    const { events } = decode([
      operation('retrieval', {
        'gen_ai.data_source.id': 'wiki',
        'gen_ai.retrieval.documents': json([{ id: 1, content: 'text' }]),
      }),
      operation('update_memory', { 'gen_ai.memory.store.id': 'notes', 'gen_ai.memory.content': 'remember' }),
      operation('create_agent', { 'gen_ai.agent.name': 'helper' }),
      chat({
        'gen_ai.tool.definitions': json([{ type: 'function', name: 'look', description: 'looks', parameters: {} }]),
      }),
    ]);
    valid(events);
    expect(events.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['retrieval', 'memory.write', 'inventory']));
    expect(events.find(({ kind }) => kind === 'retrieval')).toMatchObject({
      dataset: 'wiki',
      documents: [{ id: '1', text: 'text' }],
    });
  });
});

describe('messages whose end is missing', () => {
  const input = json([
    { role: 'user', parts: [{ type: 'text', content: 'a "quoted" \u00e9 question' }] },
    {
      role: 'assistant',
      parts: [{ type: 'tool_call', id: 'call_abcdef', name: 'look', arguments: { n: 1, of: [true] } }],
    },
    { role: 'tool', parts: [{ type: 'tool_call_response', id: 'call_abcdef', response: 'what was seen, at length' }] },
  ]);
  it('are read up to there, wherever that is, and said to be cut', () => {
    for (let length = 1; length < input.length; length++) {
      const { events } = decode([chat({ 'gen_ai.input.messages': input.slice(0, length) })]);
      const call = events.find(({ kind }) => kind === 'model.call');
      const [asked, called, seen] = (call?.kind === 'model.call' && call.messages) || [];
      expect(JSON.parse(input)[0].parts[0].content.startsWith(asked?.text ?? ''), input.slice(0, length)).toBe(true);
      // A call is told whole or not at all.
      for (const part of called?.toolCalls ?? []) expect(part.arguments).toEqual({ n: 1, of: [true] });
      for (const part of seen?.toolResults ?? []) expect('what was seen, at length'.startsWith(part.text)).toBe(true);
      expect(call?.skipped?.some(({ reason }) => /cut off|not sent/.test(reason))).toBe(true);
    }
    const { events } = decode([chat({ 'gen_ai.input.messages': input.slice(0, -14) })]);
    expect(events[0]).toMatchObject({ messages: [{}, { toolCalls: [{}] }, { toolResults: [{ id: 'call_abcdef' }] }] });
    expect(json(events[0])).toContain('what was');
    valid(events);
  });
});

describe('older conventions', () => {
  const event = (name: string, own: Record<string, Value>) => ({
    name,
    timeUnixNano: nanos(1),
    attributes: attributes(own),
  });
  it('reads span events, one a message', () => {
    const { events } = decode([
      chat(
        { 'gen_ai.system': 'openai' },
        {
          events: [
            event('gen_ai.system.message', { content: 'be good' }),
            event('gen_ai.user.message', { content: '{"looks": "like JSON"}' }),
            event('gen_ai.assistant.message', {
              tool_calls: json([{ id: 'c0', type: 'function', function: { name: 'look', arguments: '{}' } }]),
            }),
            event('gen_ai.tool.message', { id: 'c0', content: 'seen' }),
            event('gen_ai.choice', {
              index: 0,
              finish_reason: 'stop',
              message: json({ role: 'assistant', content: 'done' }),
            }),
          ],
        },
      ),
    ]);
    valid(events);
    expect(events).toMatchObject([
      {
        provider: 'openai',
        messages: [
          { role: 'system', text: 'be good' },
          { role: 'user', text: '{"looks": "like JSON"}' },
          { role: 'assistant', toolCalls: [{ id: 'c0', name: 'look', arguments: {} }] },
          { role: 'tool', toolResults: [{ id: 'c0', text: 'seen' }] },
        ],
      },
      { text: 'done' },
    ]);
  });

  it('reads log records of one span together, under ids of their own', () => {
    const record = (eventName: string, body: Record<string, Value>) => ({
      timeUnixNano: nanos(2),
      traceId: 'a'.repeat(32),
      spanId: 'b'.repeat(16),
      eventName,
      body: { kvlistValue: { values: attributes(body) } },
    });
    const { events } = decodeLogs(
      logs([
        record('gen_ai.user.message', { content: 'hello' }),
        record('gen_ai.choice', { message: { content: 'hi' } }),
        { timeUnixNano: nanos(2), eventName: 'other' },
      ]),
      context,
    );
    valid(events);
    expect(events).toMatchObject([
      { kind: 'model.call', messages: [{ text: 'hello' }], id: `${'a'.repeat(32)}:${'b'.repeat(16)}:model.call:0:log` },
      { kind: 'model.output', text: 'hi' },
    ]);
  });

  it("reads OpenLLMetry's indexed messages, functions and decorators", () => {
    const { events } = decode([
      span({
        startMs: 0,
        attributes: {
          'llm.request.type': 'chat',
          'gen_ai.system': 'OpenAI',
          'gen_ai.request.model': 'm',
          'gen_ai.prompt.0.role': 'user',
          'gen_ai.prompt.0.content': 'hello',
          'gen_ai.prompt.10.role': 'tool',
          'gen_ai.prompt.10.tool_call_id': 'c0',
          'gen_ai.prompt.10.content': 'seen',
          'gen_ai.prompt.2.role': 'assistant',
          'gen_ai.prompt.2.tool_calls.0.id': 'c0',
          'gen_ai.prompt.2.tool_calls.0.name': 'look',
          'gen_ai.prompt.2.tool_calls.0.arguments': '{"n":1}',
          'gen_ai.completion.0.role': 'assistant',
          'gen_ai.completion.0.content': 'done',
          'gen_ai.completion.0.finish_reason': 'stop',
          'llm.request.functions.0.name': 'look',
          'traceloop.association.properties.session_id': 'conv',
          'traceloop.association.properties.user_id': 'u',
        },
      }),
      span({
        startMs: 20,
        attributes: {
          'traceloop.span.kind': 'tool',
          'traceloop.entity.name': 'look',
          'traceloop.entity.input': '{"args":[{"n":1}],"kwargs":{}}',
          'traceloop.entity.output': '"seen"',
        },
      }),
    ]);
    valid(events);
    expect(events).toMatchObject([
      { kind: 'inventory', tools: [{ name: 'look' }], session: { id: 'conv' }, user: { id: 'u' } },
      {
        kind: 'model.call',
        messages: [
          { role: 'user', text: 'hello' },
          { role: 'assistant', toolCalls: [{ id: 'c0', name: 'look', arguments: { n: 1 } }] },
          { role: 'tool', toolResults: [{ id: 'c0', text: 'seen' }] },
        ],
      },
      { kind: 'model.output', text: 'done', finishReason: 'stop' },
      { kind: 'tool.call', tool: 'look', arguments: { n: 1 } },
      { kind: 'tool.result', text: 'seen' },
    ]);
  });
});

describe('identities', () => {
  const agent = { 'gen_ai.agent.id': 'agent-7', 'gen_ai.agent.name': 'helper', 'gen_ai.conversation.id': 'conv' };
  it('takes a span at its word; an id beside a name is one of the kind the name names', () => {
    const [event] = decode([toolSpan(agent)]).events;
    expect(event).toMatchObject({
      agent: { id: 'agent-7', name: 'helper', blueprint: 'helper' },
      session: { id: 'conv' },
      streamKey: 'default/app',
    });
    expect(event).not.toHaveProperty('assumed');
  });

  it('learns from relatives in the request, never for the stream key', () => {
    const root = span({ spanId: 'c'.repeat(16), attributes: { 'gen_ai.operation.name': 'invoke_agent', ...agent } });
    const { events } = decode(
      [
        toolSpan({}, { parentSpanId: 'd'.repeat(16) }),
        chat({}, { spanId: 'd'.repeat(16), parentSpanId: 'c'.repeat(16) }),
        root,
      ],
      {},
    );
    expect(new Set(events.map((event) => event.agent.id))).toEqual(new Set(['agent-7']));
    expect(new Set(events.map((event) => event.session.id))).toEqual(new Set(['conv']));
    expect(events[0]).toMatchObject({
      kind: 'alias',
      of: { sessionId: '8a070ff0534bae3b9392cfd92720cc79', agentId: 'unknown' },
    });
  });

  it('does not guess where two agents share a trace', () => {
    const { events } = decode([
      toolSpan(),
      toolSpan({ 'gen_ai.agent.name': 'a' }),
      toolSpan({ 'gen_ai.agent.name': 'b' }),
    ]);
    expect(events[0]).toMatchObject({ agent: { id: 'app' }, assumed: ['agent.id', 'session.id'] });
  });

  it('lets the service, else the trace, stand in, and says so', () => {
    expect(decode([toolSpan()]).events[0]).toMatchObject({
      agent: { id: 'app' },
      session: { id: '8a070ff0534bae3b9392cfd92720cc79' },
      assumed: ['agent.id', 'session.id'],
    });
    expect(decode([toolSpan()], { 'service.name': 'a b', 'stepdown.tenant': 't/1' }).events[0]).toMatchObject({
      tenant: 't/1',
      streamKey: 't%2F1/a%20b',
    });
  });
});

describe('ids and times', () => {
  it('accepts ids in base64, told apart by their length', () => {
    const base64 = {
      ...toolSpan(),
      traceId: Buffer.from('8a070ff0534bae3b9392cfd92720cc79', 'hex').toString('base64'),
      spanId: Buffer.from('a98fb96328a8153f', 'hex').toString('base64'),
    };
    expect(decode([base64]).events[0]?.id).toBe('8a070ff0534bae3b9392cfd92720cc79:a98fb96328a8153f:tool.call:0');
  });

  it.each([
    ['traceId', '0'.repeat(32), 'no-trace-id'],
    ['traceId', 7, 'no-trace-id'],
    ['spanId', 'x', 'no-span-id'],
    ['startTimeUnixNano', '0', 'no-time'],
    ['startTimeUnixNano', 'soon', 'no-time'],
  ])('refuses a span whose %s is %j', (field, value, code) => {
    const { events, refused, items } = decode([{ ...toolSpan(), [field]: value }, toolSpan()]);
    expect([events.length, items, refused.map((each) => each.code)]).toEqual([2, 2, [code]]);
    // What is refused is kept as a request of its own, so that it can be read again.
    expect(decodeTraces({ ...(refused[0]?.payload as object) }, context).refused).toHaveLength(1);
  });

  it('keeps results before the calls made of them where clocks tick in milliseconds', () => {
    const model = chat({}, { startMs: 0, endMs: 10.4 });
    const tool = toolSpan({}, { startMs: 10, endMs: 10.2 });
    const next = chat({}, { startMs: 10, endMs: 20 });
    expect(decode([next, tool, model]).events.map(({ kind }) => kind)).toEqual([
      'model.call',
      'model.output',
      'tool.call',
      'tool.result',
      'model.call',
      'model.output',
    ]);
  });

  it('reads 64 bits exactly', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 946_684_900_000_000_000n, max: 7_258_118_300_000_000_000n }), (nanoseconds) => {
        const text = decimalNanos(Number(nanoseconds >> 32n), Number(nanoseconds & 0xffffffffn));
        expect(text).toBe(String(nanoseconds));
        expect(timeMs(text)).toBe(Number(nanoseconds / 1_000_000n) + Number(nanoseconds % 1_000_000n) / 1e6);
      }),
    );
  });

  it.each([
    ['resourceLogs', decodeTraces],
    ['resourceMetrics', decodeTraces],
    ['resourceSpans', decodeLogs],
  ])('refuses a request of %s in the place of another', (name, read) => {
    expect(read({ [name]: [{}] }, context)).toMatchObject({
      events: [],
      refused: [{ pointer: `/${name}`, code: 'malformed' }],
    });
  });

  it('leaves spans of other vocabularies alone', () => {
    const { events, ignored, items } = decode([span({ attributes: { 'http.request.method': 'GET' } }), span({})]);
    expect([events, ignored, items]).toEqual([[], 2, 2]);
  });

  it('takes no harm from keys and values made to do harm', () => {
    const { events } = decode([
      chat({
        'openinference.span.kind': 'LLM',
        'llm.input_messages.0.message.__proto__.polluted': 'yes',
        'llm.input_messages.99999999.message.content': 'x',
        'llm.input_messages.0.message.content': 'hello',
        __proto__: 'x',
      }),
      chat({ 'gen_ai.agent.id': 'x'.repeat(5_000), 'gen_ai.input.messages': `${'['.repeat(10_000)}` }),
    ]);
    valid(events);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });
});

describe('what real emitters sent', () => {
  const folder = fileURLToPath(new URL('../fixtures/telemetry/', import.meta.url));
  const files = readdirSync(folder).filter((name) => name.endsWith('.jsonl'));
  it('is there for each dialect', () => expect(files).toHaveLength(6));
  it.each(files)('%s is valid, and the same turn whatever the order of its events', (name) => {
    const events = readFileSync(folder + name, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as TelemetryEvent);
    valid(events);
    const told = (list: readonly TelemetryEvent[]) => {
      const state = newTurnState();
      return { ...summary(list.flatMap((event) => turn(event, state).events)), said: [] };
    };
    const inOrder = told(events);
    expect(inOrder.calls).toEqual(['get_weather {"city":"Oslo"}', 'get_weather {"city":"Oslo"}']);
    expect(told([...events].reverse())).toEqual(inOrder);
    expect(told([...events.slice(5), ...events, ...events.slice(0, 5)])).toEqual(inOrder);
  });
});

/**
 * Real emitters from npm, each in a process of its own that knows the receiver by environment variables alone. The same
 * scripted agent turn has to come out of each as the same canonical turn.
 *
 * `UPDATE_FIXTURES=1` writes what they send, decoded, to tests/fixtures/telemetry for tests that need no processes.
 */
import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Dialect, TelemetryEvent } from '../../../schemas/event.js';
import { newTurnState, turn } from '../../../services/detect/turns.js';
import { openAiPeer, type OpenAiPeer } from '../../peers/openai.js';
import { testReceiver, type TestReceiver } from '../receiver.js';
import { summary } from '../../detect/turns/summary.js';

const call = (id: string) => ({ id, name: 'get_weather', arguments: { city: 'Oslo' } });
const SCRIPT = [
  { toolCalls: [call('call_oslo_first')] },
  { toolCalls: [call('call_oslo_again')] },
  { text: 'It rains in Oslo.' },
];

const PROMPT = 'What is the weather in Oslo? Look twice.';
const RESULT = 'Rain in Oslo, 7 degrees.';
const TURN = {
  prompts: [PROMPT],
  calls: ['get_weather {"city":"Oslo"}', 'get_weather {"city":"Oslo"}'],
  results: [RESULT, RESULT],
  said: ['It rains in Oslo.'],
};

interface Case {
  name: string;
  dialects: Dialect[];
  protocol: 'http/protobuf' | 'http/json';
  agent: string;
  session?: string;
  user?: string;
  env?: Record<string, string>;
  /** What this emitter cannot tell. */
  turn?: Partial<typeof TURN>;
}

const CASES: Case[] = [
  {
    name: 'vercel-ai',
    dialects: ['vercel-ai'],
    protocol: 'http/protobuf',
    agent: 'weather',
    session: 'conv-vercel',
    user: 'u-1',
  },
  {
    name: 'vercel-ai',
    dialects: ['vercel-ai'],
    protocol: 'http/json',
    agent: 'weather',
    session: 'conv-vercel',
    user: 'u-1',
  },
  { name: 'openinference-vercel', dialects: ['vercel-ai'], protocol: 'http/protobuf', agent: 'weather-app' },
  { name: 'openinference', dialects: ['openinference'], protocol: 'http/json', agent: 'weather-app' },
  { name: 'openllmetry', dialects: ['openllmetry'], protocol: 'http/protobuf', agent: 'weather-app' },
  {
    name: 'otel-genai',
    dialects: ['otel-genai'],
    protocol: 'http/protobuf',
    agent: 'weather',
    session: 'conv-otel',
    env: { OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT: 'true' },
  },
  {
    name: 'mcp',
    dialects: ['mcp', 'otel-genai'],
    protocol: 'http/protobuf',
    agent: 'weather',
    session: 'conv-mcp',
    turn: { prompts: [], said: [] },
  },
];

let peer: OpenAiPeer;
beforeAll(async () => {
  peer = await openAiPeer(SCRIPT);
});
afterAll(() => peer.close());

async function emit(test: Case, receiver: TestReceiver, env: Record<string, string> = {}): Promise<TelemetryEvent[]> {
  await new Promise<void>((resolve, reject) => {
    const script = fileURLToPath(new URL(`./${test.name}.js`, import.meta.url));
    const environment = {
      PATH: process.env['PATH'],
      OPENAI_BASE_URL: peer.baseUrl,
      OPENAI_API_KEY: 'none',
      OTEL_SERVICE_NAME: 'weather-app',
      OTEL_METRICS_EXPORTER: 'none',
      OTEL_LOGS_EXPORTER: 'otlp',
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint,
      OTEL_EXPORTER_OTLP_PROTOCOL: test.protocol,
      ...test.env,
      ...env,
    };
    execFile(process.execPath, [script], { env: environment, timeout: 20_000 }, (error, _out, stderr) =>
      error ? reject(new Error(`${error.message}\n${stderr}`)) : resolve(),
    );
  });
  return receiver.events();
}

describe.each(CASES)('$name over $protocol', (test) => {
  it('tells the turn', async () => {
    const receiver = await testReceiver();
    try {
      const raw = await emit(test, receiver);
      expect(receiver.letters()).toEqual([]);
      expect(new Set(raw.map((event) => event.source.dialect))).toEqual(new Set(test.dialects));
      const state = newTurnState();
      const canonical = raw.flatMap((event) => turn(event, state).events);
      expect(summary(canonical)).toEqual({ ...TURN, ...test.turn });
      const calls = canonical.filter((event) => event.kind === 'tool.call');
      const results = canonical.filter((event) => event.kind === 'tool.result');
      // Each call is told before its result.
      expect(canonical.indexOf(calls[0] as TelemetryEvent)).toBeLessThan(
        canonical.indexOf(results[0] as TelemetryEvent),
      );
      expect(canonical.indexOf(calls[1] as TelemetryEvent)).toBeLessThan(
        canonical.indexOf(results[1] as TelemetryEvent),
      );
      if (test.name !== 'mcp')
        expect(calls.map((event) => 'toolCallId' in event && event.toolCallId)).toEqual([
          'call_oslo_first',
          'call_oslo_again',
        ]);
      // Spans learn their agent and conversation from each other; the log records come in a request of their own.
      const spans = raw.filter((event) => !event.id.endsWith(':log'));
      expect(new Set(spans.map((event) => event.agent.id))).toEqual(new Set([test.agent]));
      expect(new Set(spans.map((event) => event.session.id))).toEqual(
        new Set([test.session ?? spans[0]?.trace?.traceId]),
      );
      expect(new Set(spans.map((event) => event.user?.id))).toEqual(new Set([test.user]));
      expect(new Set(raw.map((event) => event.streamKey))).toEqual(new Set(['default/weather-app']));
      if (process.env['UPDATE_FIXTURES'] === '1' && test.protocol === 'http/protobuf') writeFixture(test.name, raw);
      if (process.env['UPDATE_FIXTURES'] === '1' && test.name === 'openinference') writeFixture(test.name, raw);
    } finally {
      await receiver.stop();
    }
  });
});

it('says that content was not sent, and still tells calls whose spans name them', async () => {
  const test = CASES.find(({ name }) => name === 'otel-genai') as Case;
  const receiver = await testReceiver();
  try {
    const raw = await emit(test, receiver, { OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT: 'false' });
    const state = newTurnState();
    const canonical = raw.flatMap((event) => turn(event, state).events);
    expect(canonical.filter((event) => event.kind === 'tool.call')).toHaveLength(2);
    expect(canonical.filter((event) => event.kind === 'prompt')).toHaveLength(0);
    const models = canonical.filter((event) => event.kind === 'model.call');
    expect(models).toHaveLength(3);
    for (const event of models) expect(event.skipped).toContainEqual({ check: 'content', reason: 'not sent' });
  } finally {
    await receiver.stop();
  }
});

/** Times, ids and offsets differ from run to run; the tests that read fixtures use their order only. */
function writeFixture(name: string, raw: readonly TelemetryEvent[]): void {
  const folder = fileURLToPath(new URL('../../fixtures/telemetry/', import.meta.url));
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    `${folder}${name}.jsonl`,
    raw.map((event) => `${JSON.stringify({ ...event, inspections: undefined })}\n`).join(''),
  );
}

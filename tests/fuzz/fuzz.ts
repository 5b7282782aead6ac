/**
 * Broken input of every sort against a whole engine with real sockets and files: each input is answered with a status
 * from the contract (or read as a value with refusals), nothing crashes, nothing leaks into prototypes, and afterwards the
 * engine is ready and has worked off all it took in.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import protobuf from 'protobufjs';
import { expect } from 'vitest';
import { readFileSource } from '../../services/ingest/sources/files.js';
import { createIntake } from '../../services/ingest/service.js';
import { createInspector } from '../../services/inspect/inspect-text.js';
import { LOCAL_OPERATOR } from '../../services/gateway/service.js';
import { type Engine, up } from '../../services/main.js';
import { compilePlaybooks } from '../../services/respond/playbook/load.js';
import { type Config, ConfigError, loadConfig } from '../../services/runtime/config.js';
import { createLog } from '../../services/runtime/log.js';
import { ATTACK, random, requestsOf } from '../scenarios/traffic.js';
import { mutateBytes, mutateJson } from './mutate.js';

interface World {
  engine: Engine;
  config: Config;
  dir: string;
  next: () => number;
}

const TRACES = requestsOf(
  {
    service: 'fuzz',
    agent: 'fuzzed',
    conversation: 'c',
    startMs: Date.now() - 60_000,
    prompt: 'p',
    steps: ATTACK,
    answer: 'a',
    seed: 5,
  },
  20,
)[0]!;
const LOGS = {
  resourceLogs: [
    {
      resource: { attributes: [{ key: 'service.name', value: { stringValue: 'fuzz' } }] },
      scopeLogs: [
        {
          scope: { name: 's' },
          logRecords: [
            {
              timeUnixNano: '1790000000000000000',
              traceId: 'a'.repeat(32),
              spanId: 'b'.repeat(16),
              eventName: 'gen_ai.client.inference.operation.details',
              attributes: [{ key: 'gen_ai.operation.name', value: { stringValue: 'chat' } }],
              body: { kvlistValue: { values: [{ key: 'content', value: { stringValue: 'hello' } }] } },
            },
          ],
        },
      ],
    },
  ],
};
const NATIVE = {
  kind: 'tool.result',
  agent: { id: 'fuzzed' },
  session: { id: 's' },
  timeMs: Date.now(),
  tool: 't',
  toolCallId: 'c1',
  text: 'some text',
  arguments: { a: [1, { b: null }] },
};
const EVALUATION = {
  subject: { type: 'agent', id: 'fuzzed' },
  action: { name: 'call' },
  resource: { type: 'tool', id: 'send_mail', properties: { arguments: { to: 'a@b.example' } } },
  context: { session: 's', toolCallId: 'c2' },
};
const PLAYBOOK = `apiVersion: stepdown/v1
kind: Playbook
id: 7b1f0c52-3f0e-4a86-9d0e-1c8a5e6f2d11
title: Fuzzed
version: 1
trigger: {finding: injection.indirect, by: session}
when: finding.confidence >= 0.8
target: session
contract:
  - tool.block: {tools: predicted}
revert: {until: sessionEnd, max: 24h}
incident: {severity: high, group: attack}
`;
const CONFIG = `tenant: fuzz
clock: wall
ingest: {otlp: {port: 4318, maxBody: 4MiB}, lateness: 15m}
respond: {riskHalfLife: 10m, lease: 5m}
forward: {sinks: [{type: console}]}
`;
const RAW =
  'POST /v1/traces HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}';

/** A few fields of OTLP by number, enough to make bytes that a reader goes deep into. */
const wire = protobuf
  .parse(
    `syntax = "proto3";
  message Value { string s = 1; bool b = 2; int64 i = 3; double d = 4; List a = 5; Map k = 6; bytes y = 7; }
  message List { repeated Value values = 1; } message Map { repeated Pair values = 1; }
  message Pair { string key = 1; Value value = 2; }
  message Resource { repeated Pair attributes = 1; } message Scope { string name = 1; }
  message Span { bytes traceId = 1; bytes spanId = 2; bytes parentSpanId = 4; string name = 5; int32 kind = 6; fixed64 start = 7; fixed64 end = 8; repeated Pair attributes = 9; }
  message Spans { Scope scope = 1; repeated Span spans = 2; } message ResourceSpans { Resource resource = 1; repeated Spans scopeSpans = 2; }
  message Request { repeated ResourceSpans resourceSpans = 1; }`,
  )
  .root.lookupType('Request');

function protobufTraces(): Buffer {
  const pair = (key: string, s: string): unknown => ({ key, value: { s } });
  return Buffer.from(
    wire
      .encode(
        wire.fromObject({
          resourceSpans: [
            {
              resource: { attributes: [pair('service.name', 'fuzz')] },
              scopeSpans: [
                {
                  spans: [
                    {
                      traceId: Buffer.alloc(16, 7),
                      spanId: Buffer.alloc(8, 9),
                      name: 'execute_tool t',
                      kind: 1,
                      start: '1790000000000000000',
                      end: '1790000000100000000',
                      attributes: [
                        pair('gen_ai.operation.name', 'execute_tool'),
                        pair('gen_ai.tool.name', 't'),
                        pair('gen_ai.agent.id', 'fuzzed'),
                        {
                          key: 'gen_ai.tool.call.arguments',
                          value: { k: { values: [{ key: 'a', value: { a: { values: [{ i: 1 }] } } }] } },
                        },
                      ],
                    },
                  ],
                },
              ],
            },
          ],
        }),
      )
      .finish(),
  );
}
const PROTOBUF = protobufTraces();

async function post(url: string, body: Buffer | string, type: string, encoding?: string): Promise<number> {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': type, ...(encoding === undefined ? {} : { 'content-encoding': encoding }) },
    body,
    signal: AbortSignal.timeout(20_000),
  });
  await answer.arrayBuffer();
  return answer.status;
}

/** What a receiver may say to anything a client sends. */
const OTLP_ANSWERS = new Set([200, 400, 413, 415, 429, 503]);

function jsonOrBytes(next: () => number, value: unknown): Buffer {
  const text =
    next() < 0.7 ? JSON.stringify(mutateJson(next, value)) : mutateBytes(next, Buffer.from(JSON.stringify(value)));
  return Buffer.from(text);
}

const TARGETS: Record<string, (world: World) => Promise<void>> = {
  async 'OTLP traces as JSON'({ engine, next }) {
    const body = jsonOrBytes(next, TRACES);
    const zipped = next() < 0.2;
    expect(OTLP_ANSWERS).toContain(
      await post(
        `${engine.ready.otlpUrl}/v1/traces`,
        zipped ? mutateMaybe(next, gzipSync(body)) : body,
        'application/json',
        zipped ? 'gzip' : undefined,
      ),
    );
  },
  async 'OTLP traces as protobuf'({ engine, next }) {
    expect(OTLP_ANSWERS).toContain(
      await post(`${engine.ready.otlpUrl}/v1/traces`, mutateBytes(next, PROTOBUF), 'application/x-protobuf'),
    );
  },
  async 'OTLP logs as JSON'({ engine, next }) {
    expect(OTLP_ANSWERS).toContain(
      await post(`${engine.ready.otlpUrl}/v1/logs`, jsonOrBytes(next, LOGS), 'application/json'),
    );
  },
  async 'raw bytes on the receiver and the API'({ engine, next }) {
    const { hostname, port } = new URL(next() < 0.5 ? engine.ready.otlpUrl! : engine.ready.gatewayUrl);
    await new Promise<void>((resolve, reject) => {
      const socket = connect(Number(port), hostname);
      const timer = setTimeout(() => reject(new Error('a raw request was neither answered nor closed')), 25_000);
      const done = (): void => {
        clearTimeout(timer);
        socket.destroy();
        resolve();
      };
      socket.once('close', done);
      socket.once('error', done);
      socket.on('data', done);
      // Half-closing says that nothing more comes, so that no header is waited for.
      socket.once('connect', () => socket.end(mutateBytes(next, Buffer.from(RAW))));
    });
  },
  async 'lines of a telemetry file'({ config, next }) {
    const lines = Array.from({ length: 20 }, () => jsonOrBytes(next, [TRACES, LOGS, NATIVE][Math.floor(next() * 3)]));
    const intake = createIntake(config, createInspector());
    let records = 0;
    const summary = await readFileSource({
      path: '-',
      intake,
      now: () => Date.now(),
      stdin: Readable.from([Buffer.concat(lines.flatMap((line) => [line, Buffer.from('\n')]))]),
      append: async (batch) => {
        records += batch.length;
      },
    });
    expect(summary.lines).toBeGreaterThan(0);
    expect(records).toBeGreaterThanOrEqual(summary.refused > 0 ? 1 : 0);
  },
  async 'native events over the API'({ engine, next }) {
    const answer = await engine.gateway.handle({
      method: 'POST',
      path: '/v1/events?wait=false',
      headers: { 'content-type': 'application/json' },
      body: jsonOrBytes(next, next() < 0.5 ? NATIVE : [NATIVE, NATIVE]),
      principal: LOCAL_OPERATOR,
    });
    expect(answer.status).toBeLessThan(500);
  },
  async 'access evaluations'({ engine, next }) {
    const answer = await engine.gateway.handle({
      method: 'POST',
      path: next() < 0.7 ? '/access/v1/evaluation' : '/access/v1/evaluations',
      headers: { 'content-type': 'application/json' },
      body: jsonOrBytes(next, next() < 0.7 ? EVALUATION : { evaluations: [EVALUATION, EVALUATION] }),
      principal: LOCAL_OPERATOR,
    });
    expect(answer.status).toBeLessThan(500);
  },
  async playbooks({ next }) {
    const text = mutateBytes(next, Buffer.from(PLAYBOOK)).toString('utf8');
    const { playbooks, diagnostics } = compilePlaybooks([{ file: 'fuzz.yaml', text }], undefined, {});
    expect(playbooks.length === 1 || diagnostics.some((each) => each.severity === 'error')).toBe(true);
  },
  async configuration({ dir, next }) {
    const file = join(dir, 'fuzz.yaml');
    writeFileSync(file, mutateBytes(next, Buffer.from(CONFIG)));
    try {
      expect(loadConfig({ file, env: {} })).toBeDefined();
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
    }
  },
};

function mutateMaybe(next: () => number, bytes: Buffer): Buffer {
  return next() < 0.5 ? bytes : mutateBytes(next, bytes);
}

/** Runs `inputs` inputs spread over the targets; the same seed gives the same inputs. */
export async function fuzz(options: { inputs: number; seed: number }): Promise<Record<string, number>> {
  const dir = mkdtempSync(join(tmpdir(), 'stepdown-fuzz-'));
  const config = loadConfig({
    env: {},
    overrides: {
      dataDir: join(dir, 'data'),
      log: { level: 'fatal' },
      detect: { inspection: { models: 'fast' } },
      ingest: { otlp: { port: 0 } },
      gateway: { port: 0 },
    },
  });
  const engine = await up(config, { log: createLog(config) });
  const counts: Record<string, number> = {};
  const names = Object.keys(TARGETS);
  try {
    let turn = 0;
    const lane = async (): Promise<void> => {
      while (turn < options.inputs) {
        const index = turn++;
        const name = names[index % names.length]!;
        const next = random(options.seed * 1_000_003 + index);
        try {
          await TARGETS[name]!({ engine, config, dir, next });
        } catch (error) {
          throw new Error(
            `${name}, input ${index} of seed ${options.seed}: ${error instanceof Error ? error.message : String(error)}`,
            { cause: error },
          );
        }
        counts[name] = (counts[name] ?? 0) + 1;
      }
    };
    await Promise.all(Array.from({ length: 8 }, lane));
    expect(Object.prototype).not.toHaveProperty('polluted');
    const ready = await fetch(`${engine.ready.gatewayUrl}/readyz`);
    expect(ready.status).toBe(200);
    await engine.settled();
  } finally {
    await engine.stop();
    rmSync(dir, { recursive: true, force: true });
  }
  return counts;
}

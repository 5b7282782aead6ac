/** OTLP lines written by hand, and a backtest over them with what the test gives as response. */
import { Readable } from 'node:stream';
import type { Contraction } from '../../../schemas/contraction.js';
import type { Finding } from '../../../schemas/finding.js';
import type { Signal } from '../../../schemas/signal.js';
import { createDetectMachine } from '../../../services/detect/machine.js';
import { createInspector } from '../../../services/inspect/inspect-text.js';
import type { DecisionLine } from '../../../services/cli/backtest/decision-line.js';
import type { Response } from '../../../services/cli/backtest/replay.js';
import { backtest, type BacktestOptions, type Summary } from '../../../services/cli/backtest/run.js';

export const T0 = Date.UTC(2026, 5, 1, 12);

export interface Span {
  id: string;
  name?: string;
  /** Milliseconds after T0. */
  from: number;
  to: number;
  trace?: string;
  attributes: Record<string, unknown>;
}

const hex = (text: string, digits: number) => Buffer.from(text).toString('hex').padEnd(digits, '0').slice(0, digits);
export const traceIdOf = (trace = 'one') => hex(trace, 32);
export const spanIdOf = (id: string) => hex(id, 16);

/** One OTLP request of these spans. */
export function request(...spans: Span[]): string {
  return JSON.stringify({
    resourceSpans: [
      {
        resource: { attributes: [{ key: 'service.name', value: { stringValue: 'shop' } }] },
        scopeSpans: [
          {
            scope: { name: 'test' },
            spans: spans.map(({ id, name = id, from, to, trace, attributes }) => ({
              traceId: traceIdOf(trace),
              spanId: spanIdOf(id),
              name,
              startTimeUnixNano: `${T0 + from}000000`,
              endTimeUnixNano: `${T0 + to}000000`,
              attributes: Object.entries({
                'gen_ai.agent.id': 'shop-agent',
                'gen_ai.conversation.id': `conv-${trace ?? 'one'}`,
                ...attributes,
              }).map(([key, value]) => ({
                key,
                value: { stringValue: typeof value === 'string' ? value : JSON.stringify(value) },
              })),
              status: {},
            })),
          },
        ],
      },
    ],
  });
}

/** A model's answer that asks for calls. */
export function chat(
  id: string,
  from: number,
  to: number,
  calls: { id?: string; name: string; arguments: unknown }[],
  trace?: string,
): Span {
  return {
    id,
    name: 'chat m',
    from,
    to,
    ...(trace === undefined ? {} : { trace }),
    attributes: {
      'gen_ai.operation.name': 'chat',
      'gen_ai.request.model': 'm',
      'gen_ai.output.messages': [
        { role: 'assistant', parts: calls.map((call) => ({ type: 'tool_call', ...call })), finish_reason: 'tool_call' },
      ],
    },
  };
}

export function tool(
  id: string,
  from: number,
  to: number,
  call: { id?: string; name: string; arguments: unknown; result?: string },
  trace?: string,
): Span {
  return {
    id,
    name: `execute_tool ${call.name}`,
    from,
    to,
    ...(trace === undefined ? {} : { trace }),
    attributes: {
      'gen_ai.operation.name': 'execute_tool',
      'gen_ai.tool.name': call.name,
      ...(call.id === undefined ? {} : { 'gen_ai.tool.call.id': call.id }),
      'gen_ai.tool.call.arguments': call.arguments,
      ...(call.result === undefined ? {} : { 'gen_ai.tool.call.result': call.result }),
    },
  };
}

/** A response that contracts as soon as it hears of a finding of this type: it blocks tools by name, for the session. */
export function blockingOn(type: string, tools: string[]): Response & { attempts: string[][] } {
  const attempts: string[][] = [];
  const contraction = (finding: Finding, nowMs: number): Contraction => ({
    schemaVersion: 1,
    id: `c-${finding.sessionId}`,
    tenant: finding.tenant,
    version: 1,
    state: 'active',
    mode: 'enforce',
    target: { tenant: finding.tenant, type: 'session', id: finding.sessionId },
    controls: [{ control: 'tool.block', tools }],
    playbook: { id: 'test', name: 'test', version: 1, title: 'a test' },
    findingIds: [finding.id],
    sessionIds: [finding.sessionId],
    trust: 'claimed',
    createdAtMs: nowMs,
    leaseUntilMs: nowMs + 3_600_000,
    leaseMs: 3_600_000,
    maxAtMs: nowMs + 3_600_000,
    until: { kind: 'session-end' },
    atMax: { quiet: 'revert', active: 'revert' },
    engineGone: 'lapse',
    lastSignalAtMs: nowMs,
    attempts: 0,
    effects: [],
    history: [],
  });
  return {
    name: 'respond',
    attempts,
    keys: () => [],
    timerKeys: () => [],
    onTimer: () => undefined,
    timeOf: (signal) => signal.timeMs,
    step(signal: Signal, context) {
      if (signal.kind === 'attempt') attempts.push(signal.contractionIds);
      if (signal.kind !== 'finding' || !signal.finding.primary || signal.finding.type !== type) return;
      const value = contraction(signal.finding, context.nowMs);
      context.emit({ topic: 'contractions', key: value.id, value: { kind: 'contraction', contraction: value } });
    },
    preview: (findings, _states, nowMs) =>
      findings
        .filter((finding) => finding.primary && finding.type === type)
        .map((finding) => contraction(finding, nowMs)),
  };
}

export interface Ran {
  lines: DecisionLine[];
  summary: Summary;
}

export async function replayed(
  requests: readonly string[],
  respond: Response,
  options: Partial<BacktestOptions> = {},
): Promise<Ran> {
  const lines: DecisionLine[] = [];
  const summary = await backtest({
    file: '-',
    stdin: Readable.from([Buffer.from(`${requests.join('\n')}\n`)]),
    inspector: createInspector(),
    detect: createDetectMachine({ clock: 'event' }),
    respond,
    tenant: 'default',
    lagMs: 0,
    onLine: (line) => lines.push(structuredClone(line)),
    ...options,
  });
  return { lines, summary };
}

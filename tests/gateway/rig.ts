/** A real gateway on loopback over real drivers in a folder of its own, and a response that does as the test says. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BaselinePolicy } from '../../schemas/baseline.js';
import type { Contraction } from '../../schemas/contraction.js';
import type { Control } from '../../schemas/control.js';
import type { EntityRef } from '../../schemas/entity.js';
import type { TelemetryEvent } from '../../schemas/event.js';
import type { ContractionRecord, SignalOf } from '../../schemas/signal.js';
import { createGateway, type Gateway, type GatewayOptions } from '../../services/gateway/service.js';
import { type Clock, WallClock } from '../../services/runtime/clock.js';
import { type Config, loadConfig } from '../../services/runtime/config.js';
import { type Drivers, openDrivers } from '../../services/runtime/drivers.js';
import type { InlineAnalysis } from '../../services/runtime/inline.js';
import { silentLog } from '../../services/runtime/log.js';
import type { StreamRecord, Subscription } from '../../services/runtime/stream/types.js';

export interface RigOptions {
  baseline?: BaselinePolicy;
  analysis?: InlineAnalysis;
  /** Keys of `gateway`. */
  config?: Record<string, unknown>;
  ingest?: Record<string, unknown>;
  dataDir?: string;
  clock?: Clock;
  /** What detection and response make of an event before its barrier comes back. */
  onEvent?: (event: TelemetryEvent) => ContractionRecord[];
  /** What response makes of a command; none: it says ok. */
  onCommand?: (signal: SignalOf<'command'>) => {
    records: ContractionRecord[];
    outcome: { ok: boolean; message: string };
  };
  /** False: events are never acted on, so barriers stay out. */
  pipeline?: boolean;
  gateway?: Partial<GatewayOptions>;
}

export interface Answer<T = Record<string, unknown>> {
  status: number;
  headers: Headers;
  body: T;
}

export class Rig {
  readonly dataDir: string;
  readonly config: Config;
  readonly clock: Clock;
  drivers!: Drivers;
  gateway!: Gateway;
  readonly #options: RigOptions;
  #subscriptions: Subscription[] = [];

  private constructor(options: RigOptions) {
    this.#options = options;
    this.dataDir = options.dataDir ?? mkdtempSync(join(tmpdir(), 'stepdown-gateway-'));
    this.clock = options.clock ?? new WallClock();
    this.config = loadConfig({
      env: {},
      overrides: {
        dataDir: this.dataDir,
        gateway: { port: 0, barrierBudget: '2s', ...(options.config ?? {}) },
        ingest: options.ingest ?? {},
      },
    });
  }

  static async start(options: RigOptions = {}): Promise<Rig> {
    const rig = new Rig(options);
    await rig.open();
    return rig;
  }

  async open(): Promise<void> {
    const { baseline, analysis, pipeline = true } = this.#options;
    this.drivers = await openDrivers(this.config, silentLog(), this.clock);
    this.gateway = createGateway({
      config: this.config,
      drivers: this.drivers,
      log: silentLog(),
      clock: this.clock,
      ...(baseline === undefined ? {} : { baseline }),
      ...(analysis === undefined ? {} : { analysis }),
      ...this.#options.gateway,
    });
    if (pipeline) await this.#runPipeline();
    await this.gateway.start();
  }

  async close(): Promise<void> {
    await this.gateway.stop();
    for (const subscription of this.#subscriptions) await subscription.stop();
    this.#subscriptions = [];
    await this.drivers.close();
  }

  async end(): Promise<void> {
    await this.close();
    rmSync(this.dataDir, { recursive: true, force: true });
  }

  get url(): string {
    return this.gateway.address()?.url ?? '';
  }

  token(file: 'token' | 'agent-token' = 'token'): string {
    return readFileSync(join(this.dataDir, file), 'utf8').trim();
  }

  /** Over the socket. */
  async call<T = Record<string, unknown>>(
    method: string,
    path: string,
    body?: unknown,
    options: { token?: string | null; headers?: Record<string, string> } = {},
  ): Promise<Answer<T>> {
    const token = options.token === undefined ? this.token() : options.token;
    const response = await fetch(`${this.url}${path}`, {
      method,
      headers: {
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...options.headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      body: (text === '' ? undefined : JSON.parse(text)) as T,
    };
  }

  /** Writes contraction records as response does: store and topic in one checkpoint. */
  async contract(...contractions: Contraction[]): Promise<void> {
    await this.drivers.checkpoint.commit({
      outputs: contractions.map((contraction) => ({
        topic: 'contractions',
        key: contraction.id,
        value: { kind: 'contraction', contraction },
      })),
      writes: contractions.map((contraction) => ({
        key: `contraction/${contraction.state === 'ended' ? 'ended' : 'live'}/default/${contraction.id}`,
        value: contraction,
      })),
      timers: { set: [], cancel: [], done: [] },
    });
  }

  /** Waits until the decision point knows a contraction at a version (0: does not know it). */
  async knows(id: string, version: number): Promise<void> {
    const until = performance.now() + 5_000;
    while ((this.gateway.decisionPoint.contractions.get(id)?.contraction.version ?? 0) !== version) {
      if (performance.now() > until) throw new Error(`the decision point never knew ${id} at ${version}`);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  }

  async topic(name: 'telemetry' | 'decisions' | 'audit' | 'signals' | 'approvals'): Promise<Record<string, unknown>[]> {
    const records = await this.drivers.stream.read(name, { from: 0, limit: 10_000 });
    return (records as StreamRecord[]).map(({ value }) => value as unknown as Record<string, unknown>);
  }

  async #runPipeline(): Promise<void> {
    const { stream } = this.drivers;
    const send = (records: ContractionRecord[]) =>
      stream.append(records.map((value) => ({ topic: 'contractions' as const, key: 'c', value })));
    this.#subscriptions.push(
      await stream.subscribe({
        topic: 'telemetry',
        group: 'test-pipeline',
        from: 'earliest',
        handler: async (records) => {
          for (const { value, offset, partition, topic } of records) {
            await send(this.#options.onEvent?.(value) ?? []);
            if (value.replyTo !== undefined)
              await send([{ kind: 'barrier', tenant: value.tenant, eventId: value.id, replyTo: value.replyTo }]);
            await stream.commit({ group: 'test-pipeline', topic, partition, offset });
          }
        },
      }),
      await stream.subscribe({
        topic: 'signals',
        group: 'test-pipeline',
        from: 'earliest',
        handler: async (records) => {
          for (const { value, offset, partition, topic } of records) {
            if (value.kind === 'command') {
              const { records: made, outcome } = this.#options.onCommand?.(value) ?? {
                records: [],
                outcome: { ok: true, message: 'done' },
              };
              await send(made);
              if (value.replyTo !== undefined)
                await send([
                  { kind: 'barrier', tenant: value.tenant, eventId: value.id, replyTo: value.replyTo, outcome },
                ]);
            }
            await stream.commit({ group: 'test-pipeline', topic, partition, offset });
          }
        },
      }),
    );
  }
}

let made = 0;

/** An active, enforced contraction; everything about it can be said otherwise. */
export function contraction(controls: Control[], change: Partial<Contraction> = {}): Contraction {
  made += 1;
  const nowMs = Date.now();
  return {
    schemaVersion: 1,
    id: `contraction-${made}`,
    tenant: 'default',
    version: 1,
    state: 'active',
    mode: 'enforce',
    target: { tenant: 'default', type: 'session', id: 's1' },
    controls,
    playbook: { id: 'indirect-injection', name: 'indirect-injection', version: 1, title: 'Indirect injection' },
    findingIds: ['finding-1'],
    sessionIds: ['s1'],
    trust: 'claimed',
    createdAtMs: nowMs,
    leaseUntilMs: nowMs + 300_000,
    leaseMs: 300_000,
    maxAtMs: nowMs + 3_600_000,
    until: { kind: 'session-end' },
    atMax: { quiet: 'revert', active: 'revert' },
    engineGone: 'lapse',
    lastSignalAtMs: nowMs,
    attempts: 0,
    effects: [],
    history: [],
    ...change,
  };
}

export const agent = (id: string): EntityRef => ({ tenant: 'default', type: 'agent', id });

/** An AuthZEN question about a tool call. */
export function asks(
  tool: string,
  change: {
    agent?: string;
    session?: string;
    toolCallId?: string;
    arguments?: unknown;
    properties?: Record<string, unknown>;
    context?: Record<string, unknown>;
  } = {},
): Record<string, unknown> {
  return {
    subject: { type: 'agent', id: change.agent ?? 'mailer' },
    action: { name: 'call' },
    resource: { type: 'tool', id: tool, properties: change.properties ?? {} },
    context: {
      conversation: change.session ?? 's1',
      ...(change.toolCallId === undefined ? {} : { toolCallId: change.toolCallId }),
      ...(change.arguments === undefined ? {} : { arguments: change.arguments }),
      ...change.context,
    },
  };
}

export interface Evaluated {
  decision: boolean;
  context: {
    id: string;
    verdict: string;
    reason: { code: string; text: string };
    refusal?: string;
    approval?: { id: string; retryAfterMs: number };
    contractions: string[];
    wouldBe?: { verdict: string; contractions: string[] };
    findings: string[];
    effects?: string[];
    notChecked: { check: string; reason: string }[];
    error?: { status: number; message: string; pointer?: string };
  };
}

/** Starts, kills and reads a real engine (`stepdown up`) in a process of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from '../../services/runtime/config.js';
import { EventClock } from '../../services/runtime/clock.js';
import { openDrivers } from '../../services/runtime/drivers.js';
import { createLog } from '../../services/runtime/log.js';
import { freePort } from '../peers/free-port.js';

const bin = join(import.meta.dirname, '..', '..', 'dist', 'services', 'cli', 'stepdown.js');

export interface Dump {
  findings: unknown[];
  contractions: unknown[];
  incidents: unknown[];
}

/** What senders need to know of an engine, in however many processes it runs. */
export type Reachable = Pick<Engine, 'dir' | 'otlp' | 'api' | 'output'>;

export class Engine {
  readonly dir: string;
  readonly otlp: string;
  readonly api: string;
  readonly config: string;
  #child: ChildProcess | undefined;
  #output = '';

  private constructor(dir: string, otlpPort: number, apiPort: number) {
    this.dir = dir;
    this.otlp = `http://127.0.0.1:${otlpPort}`;
    this.api = `http://127.0.0.1:${apiPort}`;
    this.config = join(dir, 'stepdown.yaml');
  }

  /** `yaml` is added to a configuration with free ports and a data directory of its own; `sources` are its `ingest.sources`. */
  static async create(yaml: string, overrides?: string, sources: readonly object[] = []): Promise<Engine> {
    const dir = mkdtempSync(join(tmpdir(), 'stepdown-engine-'));
    const [otlpPort, apiPort] = [await freePort(), await freePort()];
    const engine = new Engine(dir, otlpPort, apiPort);
    // What the deep text model reads is not what is tried here, and each process would begin with loading it.
    if (overrides !== undefined) writeFileSync(join(dir, 'overrides.yaml'), overrides);
    writeFileSync(
      engine.config,
      `dataDir: ./data\nlog: {level: warn}\ndetect: {inspection: {models: fast}}\ningest: {otlp: {port: ${otlpPort}}, sources: ${JSON.stringify(sources)}}\ngateway: {port: ${apiPort}}\n${yaml}\n`,
    );
    return engine;
  }

  get output(): string {
    return this.#output;
  }

  /** Starts the process and resolves when it answers as ready. */
  async start(timeoutMs = 20_000): Promise<void> {
    const child = spawn(process.execPath, [bin, 'up', '--config', this.config], {
      stdio: ['ignore', 'pipe', 'pipe'],
      cwd: this.dir,
    });
    this.#child = child;
    const keep = (chunk: Buffer): void => {
      this.#output = (this.#output + chunk.toString()).slice(-20_000);
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    const until = performance.now() + timeoutMs;
    let said = 'nobody answered';
    for (;;) {
      if (child.exitCode !== null || child.signalCode !== null) {
        if (child.signalCode === 'SIGKILL') return;
        throw new Error(`engine ended with ${child.exitCode ?? child.signalCode}: ${this.#output}`);
      }
      try {
        const answer = await fetch(`${this.api}/readyz`);
        said = await answer.text();
        if (answer.ok) return;
      } catch {
        // Not listening yet.
      }
      if (performance.now() > until) throw new Error(`engine not ready (${said}): ${this.#output}`);
      await new Promise((resolve) => setTimeout(resolve, 15));
    }
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    child.kill(signal);
    await ended;
  }

  kill(): Promise<void> {
    return this.#end('SIGKILL');
  }

  stop(): Promise<void> {
    return this.#end('SIGTERM');
  }

  /** What a stopped or running engine holds, read from its data directory. */
  async dump(): Promise<Dump> {
    const config = loadConfig({ file: this.config });
    const drivers = await openDrivers(config, createLog(config), new EventClock(), { readOnly: true });
    const all = async (prefix: string): Promise<unknown[]> => {
      const values: unknown[] = [];
      let after: string | undefined;
      for (;;) {
        const page = await drivers.store.scan(prefix, { ...(after === undefined ? {} : { after }), limit: 500 });
        for (const document of page) values.push(document.value);
        if (page.length < 500) return values;
        after = page.at(-1)!.key;
      }
    };
    try {
      return {
        findings: await all('finding/'),
        contractions: await all('contraction/'),
        incidents: await all('incident/'),
      };
    } finally {
      await drivers.close();
    }
  }

  /** Values of documents below a prefix whose keys hold `part`, read beside the running engine. */
  async documents(prefix: string, part: string): Promise<unknown[]> {
    const config = loadConfig({ file: this.config });
    const drivers = await openDrivers(config, createLog(config), new EventClock(), { readOnly: true });
    try {
      const found = await drivers.store.scan(prefix, { limit: 1_000 });
      return found.flatMap(({ key, value }) => (key.includes(part) ? [value] : []));
    } finally {
      await drivers.close();
    }
  }

  /** Resolves when detection and response have worked off all that was appended. */
  async settled(timeoutMs = 30_000): Promise<void> {
    const config = loadConfig({ file: this.config });
    const until = performance.now() + timeoutMs;
    let quiet = 0;
    for (;;) {
      const drivers = await openDrivers(config, createLog(config), new EventClock(), { readOnly: true });
      try {
        const lags = await Promise.all([
          drivers.stream.state('telemetry', 'detect'),
          drivers.stream.state('signals', 'respond'),
        ]);
        const lag = lags
          .flat()
          .reduce((sum, state) => sum + Math.max(0, state.end - 1 - Math.max(state.committed, state.start - 1)), 0);
        quiet = lag === 0 ? quiet + 1 : 0;
        if (quiet >= 2) return;
      } finally {
        await drivers.close();
      }
      if (performance.now() > until) throw new Error(`not settled: ${this.#output}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  async remove(): Promise<void> {
    await this.kill();
    rmSync(this.dir, { recursive: true, force: true });
  }
}

/** An ordered sender that retries one request until it is answered with success, as an exporter with a queue does. */
export async function sendOrdered(
  engine: Reachable,
  requests: readonly unknown[],
  deadlineMs: number,
): Promise<{ retries: number }> {
  const until = performance.now() + deadlineMs;
  let retries = 0;
  for (const body of requests) {
    for (;;) {
      try {
        const answer = await fetch(`${engine.otlp}/v1/traces`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(body),
          signal: AbortSignal.timeout(5_000),
        });
        const said = await answer.text();
        if (answer.ok) break;
        if (answer.status !== 503 && answer.status !== 429)
          throw new Error(`refused for good: ${answer.status} ${said}`);
      } catch (error) {
        if (error instanceof Error && error.message.startsWith('refused for good')) throw error;
      }
      retries++;
      if (performance.now() > until) throw new Error(`gave up after ${retries} retries: ${engine.output}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
  return { retries };
}

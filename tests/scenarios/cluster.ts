/** An engine in processes of its own, one per service and as many of each as wanted (`stepdown run`), over Kafka and Redis. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Role } from '../../services/composition/roles.js';
import { WallClock } from '../../services/runtime/clock.js';
import { type Config, loadConfig } from '../../services/runtime/config.js';
import { type Drivers, openDrivers } from '../../services/runtime/drivers.js';
import { silentLog } from '../../services/runtime/log.js';
import { packageRoot } from '../../services/runtime/package-root.js';
import { freePorts } from '../peers/free-port.js';
import type { Dump, Reachable } from './engine.js';
import { CLOCK_FILE } from './settable-clock.js';

const CLOCK = pathToFileURL(join(packageRoot(), 'dist', 'tests', 'scenarios', 'settable-clock.js')).href;
const bin = join(packageRoot(), 'dist', 'services', 'cli', 'stepdown.js');
/** Also on a machine that does much else. */
const START_MS = 600_000;
/** As a supervisor waits before it starts a process again, see docs/operating.md. */
const START_AGAIN_MS = 250;
/** Of processes that were started while their engines did not answer: they say so and end, as documented. */
const NOT_YET = /driver-unavailable/;

interface Member {
  role: Role;
  child: ChildProcess | undefined;
  /** Where it says whether it works. */
  readyz?: string;
}

export class Cluster implements Reachable {
  readonly dir: string;
  readonly otlp: string;
  readonly api: string;
  readonly members: Member[];
  /** How often a process ended at its start, because an engine did not answer, and was started again. */
  startedAgain = 0;
  readonly #file: string;
  #drivers: Drivers | undefined;
  #output = '';

  private constructor(dir: string, ports: readonly number[], roles: readonly Role[]) {
    this.dir = dir;
    this.otlp = `http://127.0.0.1:${ports[0]}`;
    this.api = `http://127.0.0.1:${ports[1]}`;
    this.#file = join(dir, 'stepdown.yaml');
    this.members = roles.map((role) => ({ role, child: undefined }));
  }

  /** @param drivers as the configuration names them */
  static async create(drivers: object, overrides: string, roles: readonly Role[], more: object = {}): Promise<Cluster> {
    const dir = mkdtempSync(join(tmpdir(), 'stepdown-cluster-'));
    const ports = await freePorts(2);
    const cluster = new Cluster(dir, ports, roles);
    writeFileSync(join(dir, 'overrides.yaml'), overrides);
    // JSON is YAML too.
    writeFileSync(
      cluster.#file,
      JSON.stringify({
        dataDir: './data',
        log: { level: 'warn' },
        // What the deep text model reads is not what is tried here, and each process would begin with loading it.
        detect: { inspection: { models: 'fast' } },
        ingest: { otlp: { port: ports[0] } },
        gateway: { port: ports[1], barrierBudget: '10s' },
        metrics: { port: 0 },
        ...drivers,
        ...more,
      }),
    );
    return cluster;
  }

  get config(): Config {
    return loadConfig({ file: this.#file, env: {} });
  }

  get output(): string {
    return this.#output;
  }

  async startAll(): Promise<void> {
    // The first makes the topics; the others find them.
    const [first, ...rest] = this.members.keys();
    if (first !== undefined) await this.start(first);
    await Promise.all(rest.map(async (index) => this.start(index)));
  }

  /**
   * Resolves when the process says that it is ready; at once where it was killed meanwhile. Where an engine does not answer
   * at its start it ends, and is started again, as a supervisor would.
   */
  async start(index: number): Promise<void> {
    for (const until = Date.now() + START_MS; ;) {
      const ended = await this.#startOnce(index, until);
      if (ended === undefined) return;
      if (!NOT_YET.test(ended) || Date.now() > until) throw new Error(`${ended}: ${this.#output}`);
      this.startedAgain++;
      await new Promise((resolve) => setTimeout(resolve, START_AGAIN_MS));
    }
  }

  /** @returns what it said where it ended by itself before it was ready */
  async #startOnce(index: number, until: number): Promise<string | undefined> {
    const member = this.#at(index);
    const args = ['--import', CLOCK, bin, 'run', member.role, '--config', this.#file];
    const child = spawn(process.execPath, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      cwd: this.dir,
      env: { ...process.env, [CLOCK_FILE]: this.#clockFile(index) },
    });
    member.child = child;
    let [said, complained] = ['', ''];
    const keep = (chunk: Buffer): void => {
      this.#output = (this.#output + `${member.role}: ${chunk.toString()}`).slice(-40_000);
    };
    child.stderr.on('data', (chunk: Buffer) => {
      keep(chunk);
      complained = (complained + chunk.toString()).slice(-4_000);
    });
    return new Promise((resolve, reject) => {
      const late = (): void => reject(new Error(`${member.role} is not ready: ${this.#output}`));
      const timer = setTimeout(late, Math.max(0, until - Date.now()));
      child.stdout.on('data', (chunk: Buffer) => {
        keep(chunk);
        said += chunk.toString();
        if (!said.includes('is ready')) return;
        const readyz = /http:\S+\/readyz/.exec(said)?.[0];
        if (readyz === undefined) return;
        member.readyz = readyz;
        clearTimeout(timer);
        resolve(undefined);
      });
      // What it said last is read by then.
      child.once('close', (code, signal) => {
        clearTimeout(timer);
        resolve(signal === 'SIGKILL' ? undefined : `${member.role} ended with ${code ?? signal}: ${complained}`);
      });
    });
  }

  async kill(index: number): Promise<void> {
    await this.#end(index, 'SIGKILL');
  }

  get running(): number[] {
    return [...this.members.keys()].filter((index) => this.#at(index).child !== undefined);
  }

  /** Those that ended though nobody ended them. */
  get fallen(): number[] {
    return this.running.filter((index) => {
      const { child } = this.#at(index);
      return child?.exitCode !== null || child.signalCode !== null;
    });
  }

  /** What the running processes say hinders them; none: all work. */
  async unready(): Promise<string[]> {
    const answers = this.running.map(async (index) => {
      const { role, readyz = '' } = this.#at(index);
      const answer = await fetch(readyz).catch((error: unknown) => String(error));
      if (typeof answer === 'string') return [`${role}: ${answer}`];
      return answer.ok ? [] : [`${role}: ${await answer.text()}`];
    });
    return (await Promise.all(answers)).flat();
  }

  pause(index: number): void {
    this.#at(index).child?.kill('SIGSTOP');
  }

  resume(index: number): void {
    this.#at(index).child?.kill('SIGCONT');
  }

  /** Sets the machine's clock of one process, running or yet to be started, so many milliseconds beside the true one. */
  setClock(index: number, offsetMs: number): void {
    writeFileSync(this.#clockFile(index), String(offsetMs));
  }

  #clockFile(index: number): string {
    return join(this.dir, `clock-${index}`);
  }

  /** In order, as an operator would. */
  async stop(index: number): Promise<void> {
    await this.#end(index, 'SIGTERM');
  }

  async drivers(): Promise<Drivers> {
    return (this.#drivers ??= await openDrivers(this.config, silentLog(), new WallClock()));
  }

  /** Resolves when detection and response have worked off all that was appended, and nothing more comes of it. */
  async settled(timeoutMs = 60_000): Promise<void> {
    const { stream } = await this.drivers();
    const until = Date.now() + timeoutMs;
    for (let quiet = 0; quiet < 3;) {
      const lags = await Promise.all([stream.state('telemetry', 'detect'), stream.state('signals', 'respond')]);
      const behind = lags.flat().some(({ start, end, committed }) => end > start && end - 1 > committed);
      quiet = behind ? 0 : quiet + 1;
      if (Date.now() > until) throw new Error(`not settled: ${JSON.stringify(lags)} ${this.#output}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  async dump(): Promise<Dump> {
    const { store } = await this.drivers();
    const all = async (prefix: string): Promise<unknown[]> => {
      const values: unknown[] = [];
      for (let after: string | undefined; ;) {
        const page = await store.scan(prefix, { limit: 500, ...(after === undefined ? {} : { after }) });
        values.push(...page.map(({ value }) => value));
        after = page.at(-1)?.key;
        if (page.length < 500) return values;
      }
    };
    return {
      findings: await all('finding/'),
      contractions: await all('contraction/'),
      incidents: await all('incident/'),
    };
  }

  async remove(): Promise<void> {
    for (const index of this.members.keys()) {
      this.resume(index);
      await this.kill(index);
    }
    await this.#drivers?.close();
    rmSync(this.dir, { recursive: true, force: true });
  }

  #at(index: number): Member {
    const member = this.members[index];
    if (member === undefined) throw new Error(`there is no member ${index}`);
    return member;
  }

  async #end(index: number, signal: NodeJS.Signals): Promise<void> {
    const member = this.#at(index);
    const { child } = member;
    member.child = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    child.kill(signal);
    await ended;
  }
}

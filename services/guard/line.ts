/** What all sessions of a guard share: the client, what is known of tools, reports that wait, and the notices. */
import type { EffectClass } from '../../schemas/common.js';
import { Client, type Sent } from './client.js';
import type { Settings } from './options.js';
import { ReportBuffer } from './report-buffer.js';

type Report = Record<string, unknown>;

const DELIVER_EVERY_MS = 5_000;
const DELIVER_AT_ONCE = 100;
const TOOLS_KNOWN = 10_000;

export class Line {
  readonly settings: Settings;
  readonly #client: Client;
  readonly #buffer: ReportBuffer<Report>;
  readonly #effects = new Map<string, readonly EffectClass[]>();
  #reachable = true;
  #timer: NodeJS.Timeout | undefined;
  #delivering: Promise<void> | undefined;

  constructor(settings: Settings) {
    this.settings = settings;
    this.#client = new Client(settings);
    this.#buffer = new ReportBuffer(settings.bufferSize);
  }

  /** Reports lost because the engine could not be reached for too long. */
  get dropped(): number {
    return this.#buffer.dropped;
  }

  /** False from the first question without an answer until the next with one. */
  get reachable(): boolean {
    return this.#reachable;
  }

  get waiting(): number {
    return this.#buffer.length;
  }

  async send(path: string, body: unknown, timeoutMs: number, signal?: AbortSignal): Promise<Sent> {
    const sent = await this.#client.post(path, body, timeoutMs, signal);
    this.#notice(sent);
    if (sent.kind === 'answer' && this.#buffer.length > 0) this.#deliver();
    return sent;
  }

  /** What the engine last said a tool does; it knows the owner's baseline policy. */
  known(tool: string): readonly EffectClass[] | undefined {
    return this.#effects.get(tool);
  }

  learn(tool: string, effects: readonly EffectClass[]): void {
    if (this.#effects.size >= TOOLS_KNOWN && !this.#effects.has(tool)) this.#effects.clear();
    this.#effects.set(tool, effects);
  }

  keepForLater(reports: readonly Report[]): void {
    const lost = this.#buffer.keep(reports);
    if (lost > 0)
      this.settings.onNotice({
        kind: 'dropped',
        message: `${lost} reports were dropped: the engine cannot be reached`,
        dropped: this.#buffer.dropped,
      });
    this.#timer ??= setInterval(() => this.#deliver(), DELIVER_EVERY_MS).unref();
  }

  /** Tries once more to deliver what waits, within `withinMs`. */
  async close(withinMs: number): Promise<void> {
    const deadline = performance.now() + withinMs;
    await this.#delivering;
    while (this.#buffer.length > 0 && performance.now() < deadline) {
      if (!(await this.#batch(Math.max(1, deadline - performance.now())))) break;
    }
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #deliver(): void {
    this.#delivering ??= this.#batch(this.settings.resultTimeoutMs).then((delivered) => {
      this.#delivering = undefined;
      if (delivered && this.#buffer.length > 0) this.#deliver();
      else if (this.#buffer.length === 0) {
        clearInterval(this.#timer);
        this.#timer = undefined;
      }
    });
  }

  async #batch(timeoutMs: number): Promise<boolean> {
    const reports = this.#buffer.take(DELIVER_AT_ONCE);
    if (reports.length === 0) return true;
    // Nobody waits for what old reports cause.
    const sent = await this.#client.post('/v1/events?wait=false', reports, timeoutMs);
    this.#notice(sent);
    if (sent.kind === 'none') this.#buffer.putBack(reports);
    return sent.kind !== 'none';
  }

  #notice(sent: Sent): void {
    if (sent.kind === 'refused') this.settings.onNotice({ kind: 'refused-by-engine', message: sent.message });
    else if (sent.kind === 'none' && this.#reachable) {
      this.#reachable = false;
      this.settings.onNotice({ kind: 'unreachable', message: sent.message });
    } else if (sent.kind === 'answer' && !this.#reachable) {
      this.#reachable = true;
      this.settings.onNotice({ kind: 'reachable', message: 'the engine answers again' });
    }
  }
}

/**
 * Asks the engines now and then whether they answer and how far behind their readers are: what `/readyz` and `/metrics`
 * say of them, without asking them at every request.
 */
import type { Topic } from '../../../schemas/topics.js';
import type { Drivers } from '../driver-set.js';
import type { Service } from '../service.js';
import type { Metrics } from './metrics.js';

export interface Reader {
  topic: Topic;
  group: string;
}

export interface EngineWatchOptions {
  drivers: Pick<Drivers, 'stream' | 'store' | 'schedule'>;
  metrics: Metrics;
  /** Whose lag is looked at. */
  readers: readonly Reader[];
  /** Records of lag of one reader above which this process is not ready; 0: lag does not matter. */
  maxLag: number;
  /** Default 5 s. */
  everyMs?: number;
  /** An engine that has not answered by then counts as away. Default 5 s. */
  answersWithinMs?: number;
}

type EngineName = 'stream' | 'store' | 'schedule';

export class EngineWatch implements Service {
  readonly name = 'engines';
  readonly #options: EngineWatchOptions;
  readonly #trouble = new Map<EngineName, string>();
  readonly #lag = new Map<string, number>();
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(options: EngineWatchOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    this.#stopped = false;
    await this.#look();
    this.#schedule();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#looking;
  }

  unready(): string | undefined {
    const missing = Array.from(this.#trouble, ([engine, message]) => `the ${engine} does not answer: ${message}`);
    const { maxLag } = this.#options;
    if (maxLag > 0)
      for (const [reader, lag] of this.#lag) if (lag > maxLag) missing.push(`${reader} is ${lag} records behind`);
    return missing.length === 0 ? undefined : missing.join('; ');
  }

  facts(): Record<string, unknown> {
    return { lag: Object.fromEntries(this.#lag) };
  }

  #schedule(): void {
    if (this.#stopped) return;
    this.#timer = setTimeout(() => {
      this.#looking = this.#look().finally(() => this.#schedule());
    }, this.#options.everyMs ?? 5_000);
    this.#timer.unref();
  }

  async #look(): Promise<void> {
    const { stream, store, schedule } = this.#options.drivers;
    await Promise.all([
      this.#ask('store', async () => store.get(['engine/watch'])),
      this.#ask('schedule', async () => schedule.nextDueMs('engine-watch')),
      this.#ask('stream', async () => {
        for (const { topic, group } of this.#options.readers) {
          let sum = 0;
          for (const { partition, start, end, committed } of await stream.state(topic, group)) {
            const lag = Math.max(0, end - Math.max(start, committed + 1));
            this.#options.metrics.set('lag', { topic, partition: String(partition), group }, lag);
            sum += lag;
          }
          this.#lag.set(`${group} of ${topic}`, sum);
        }
      }),
    ]);
  }

  async #ask(engine: EngineName, question: () => Promise<unknown>): Promise<void> {
    const within = this.#options.answersWithinMs ?? 5_000;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`nothing came within ${within} ms`)), within);
    });
    try {
      await Promise.race([question(), late]);
      this.#trouble.delete(engine);
    } catch (error) {
      this.#trouble.set(engine, error instanceof Error ? error.message : String(error));
    } finally {
      clearTimeout(timer);
    }
    this.#options.metrics.set('engineUp', { engine }, this.#trouble.has(engine) ? 0 : 1);
  }
}

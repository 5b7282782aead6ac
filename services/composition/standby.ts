/**
 * A service of which one may act at a time, in as many processes as one likes: whoever has the lease runs it, the others
 * stand by and take over when the lease runs out.
 */
import { randomUUID } from 'node:crypto';
import type { Log } from '../runtime/log.js';
import { LEADER_LEASE_MS, Leadership } from '../runtime/leadership.js';
import type { Service } from '../runtime/service.js';
import type { Store } from '../runtime/store/types.js';

export interface StandbyOptions<S extends Service> {
  name: string;
  store: Pick<Store, 'reserve' | 'release'>;
  now: () => number;
  log: Log;
  /** Made anew for each term. */
  create: () => S;
}

export class Standby<S extends Service> implements Service {
  readonly name: string;
  readonly #options: StandbyOptions<S>;
  readonly #leadership: Leadership;
  #acting: S | undefined;
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> = Promise.resolve();
  #stopped = false;
  #trouble: string | undefined;

  constructor(options: StandbyOptions<S>) {
    this.name = options.name;
    this.#options = options;
    this.#leadership = new Leadership(`${options.name}/leader`, options.store, randomUUID(), options.now);
  }

  /** The service, while it acts here. */
  get acting(): S | undefined {
    return this.#acting;
  }

  async start(): Promise<void> {
    await this.#look();
    this.#timer = setInterval(() => {
      this.#looking = this.#looking.then(async () => this.#look()).catch((error: unknown) => this.#say(error));
    }, LEADER_LEASE_MS / 5);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#timer);
    await this.#looking;
    await this.#acting?.stop();
    this.#acting = undefined;
    await this.#leadership.release().catch(() => undefined);
  }

  unready(): string | undefined {
    return this.#trouble ?? this.#acting?.unready();
  }

  facts(): Record<string, unknown> {
    return this.#acting?.facts?.() ?? { standby: true };
  }

  async #look(): Promise<void> {
    if (this.#stopped) return;
    let leads: boolean;
    try {
      leads = await this.#leadership.keep();
      this.#trouble = undefined;
    } catch (error) {
      this.#say(error);
      leads = this.#leadership.holds;
    }
    if (leads && this.#acting === undefined) {
      const service = this.#options.create();
      await service.start();
      this.#acting = service;
      this.#options.log.info({ service: this.name }, 'acts for all processes of its kind');
    } else if (!leads && this.#acting !== undefined) {
      const service = this.#acting;
      this.#acting = undefined;
      this.#options.log.warn({ service: this.name }, 'another process acts now; standing by');
      await service.stop();
    }
  }

  #say(error: unknown): void {
    this.#trouble = error instanceof Error ? error.message : String(error);
    this.#options.log.warn({ err: error, service: this.name }, 'who acts could not be settled');
  }
}

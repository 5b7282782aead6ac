/**
 * One process at a time acts for a store, where two would undo each other's work or do it twice. A lease in the store, kept
 * up while it acts; who loses it stops before the next can have it.
 */
import type { Store } from './store/types.js';

export const LEADER_LEASE_MS = 15_000;

export class Leadership {
  readonly #key: string;
  readonly #store: Pick<Store, 'reserve' | 'release'>;
  readonly #holder: string;
  readonly #now: () => number;
  #untilMs = 0;

  /** @param key whose work it is, e.g. `enforce/leader` */
  constructor(key: string, store: Pick<Store, 'reserve' | 'release'>, holder: string, now: () => number) {
    this.#key = key;
    this.#store = store;
    this.#holder = holder;
    this.#now = now;
  }

  /** Takes or keeps the lease; `false`: another one has it. */
  async keep(): Promise<boolean> {
    const nowMs = this.#now();
    const untilMs = nowMs + LEADER_LEASE_MS;
    const { granted } = await this.#store.reserve({ key: this.#key, holder: this.#holder, cap: 1, untilMs, nowMs });
    this.#untilMs = granted ? untilMs : 0;
    return granted;
  }

  /** Leads, and will for a while yet: enough for a request to begin. */
  get holds(): boolean {
    return this.#untilMs - this.#now() > LEADER_LEASE_MS / 5;
  }

  async release(): Promise<void> {
    this.#untilMs = 0;
    await this.#store.release(this.#key, this.#holder);
  }
}

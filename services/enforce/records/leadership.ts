/**
 * One enforce service at a time acts for a store: two reconcilers would undo each other's work. A lease in the store, kept
 * up while it acts; who loses it stops before the next can have it.
 */
import type { Store } from '../../runtime/store/types.js';

const KEY = 'enforce/leader';
export const LEADER_LEASE_MS = 15_000;

export class Leadership {
  readonly #store: Pick<Store, 'reserve' | 'release'>;
  readonly #holder: string;
  readonly #now: () => number;
  #untilMs = 0;

  constructor(store: Pick<Store, 'reserve' | 'release'>, holder: string, now: () => number) {
    this.#store = store;
    this.#holder = holder;
    this.#now = now;
  }

  /** Takes or keeps the lease; `false`: another one has it. */
  async keep(): Promise<boolean> {
    const nowMs = this.#now();
    const untilMs = nowMs + LEADER_LEASE_MS;
    const { granted } = await this.#store.reserve({ key: KEY, holder: this.#holder, cap: 1, untilMs, nowMs });
    this.#untilMs = granted ? untilMs : 0;
    return granted;
  }

  /** Leads, and will for a while yet: enough for a request to begin. */
  get holds(): boolean {
    return this.#untilMs - this.#now() > LEADER_LEASE_MS / 5;
  }

  async release(): Promise<void> {
    this.#untilMs = 0;
    await this.#store.release(KEY, this.#holder);
  }
}

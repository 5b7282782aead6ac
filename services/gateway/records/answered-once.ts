/**
 * Requests that were taken, kept for as long as they would still be fresh: one that comes again is a replay, also at another
 * process and after a restart.
 */
import { keyPart } from '../../../schemas/entity.js';
import { shortHash } from '../../runtime/hash.js';
import type { Store } from '../../runtime/store/types.js';
import { TOLERANCE_MS } from '../answers/answer.js';

/** A request may be from a clock ahead of ours, and is fresh for so long after it arrived, at most. */
const KEPT_MS = 2 * TOLERANCE_MS;
const SWEEP_EVERY_MS = 60_000;

export class AnsweredOnce {
  readonly #store: Store;
  readonly #prefix: string;
  #sweptAtMs = -Infinity;

  constructor(store: Store, tenant: string) {
    this.#store = store;
    this.#prefix = `answered/${keyPart(tenant)}/`;
  }

  #key(channel: string, once: string): string {
    return `${this.#prefix}${keyPart(channel)}/${shortHash('answered', channel, once)}`;
  }

  /** False: it was there before. Durable when it resolves. */
  async first(channel: string, once: string, nowMs: number): Promise<boolean> {
    const value = { schemaVersion: 1, untilMs: nowMs + KEPT_MS };
    const [outcome] = await this.#store.write([{ key: this.#key(channel, once), value, expectVersion: 0 }]);
    return outcome?.ok === true;
  }

  /** It could not be worked off after all: the sender may send it again. */
  async forget(channel: string, once: string): Promise<void> {
    await this.#store.write([{ key: this.#key(channel, once), value: undefined }]);
  }

  /** Deletes what is stale anyway by now. */
  async sweep(nowMs: number): Promise<void> {
    if (nowMs - this.#sweptAtMs < SWEEP_EVERY_MS) return;
    this.#sweptAtMs = nowMs;
    const page = await this.#store.scan<{ untilMs: number }>(this.#prefix, { limit: 500 });
    const stale = page.filter(({ value }) => value.untilMs <= nowMs);
    if (stale.length > 0) await this.#store.write(stale.map(({ key }) => ({ key, value: undefined })));
  }
}

/**
 * The ledger's sweep: documents that must never be without a timer are looked through now and then, and what a schedule
 * has lost is made up for. A queue may be flushed and a Redis fail over; the ledger still says what is live.
 *
 * It runs beside the work, page by page, each followed by a pause in proportion to what it took: a million leases must not
 * hold up what is under way. What it suspects there is looked at once more while nothing else is, and only then made up for.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Ledger } from '../machine.js';
import type { Timer } from '../schedule/types.js';
import type { Store } from '../store/types.js';

export const SWEEP_EVERY_MS = 60_000;
const PAGE = 500;
/** At most this part of a processor. */
const SHARE = 0.05;

export type LedgerTimer = Omit<Timer, 'owner'>;

export interface LedgerSweepOptions {
  ledger: Ledger;
  store: Pick<Store, 'scan' | 'get'>;
  everyMs: number;
  /** Whether this owner answers for what has this partition key. */
  isMine: (partitionKey: string) => boolean;
  /** Whether a timer that is to fire at this time, at the latest, would be known here, and is not. */
  isMissing: (timer: LedgerTimer) => boolean;
  /** Runs work while nothing else is worked on. */
  alone: (work: () => Promise<void>) => Promise<void>;
  makeUpFor: (timers: readonly LedgerTimer[]) => Promise<void>;
  onFailure: (error: unknown) => void;
}

export class LedgerSweep {
  readonly #options: LedgerSweepOptions;
  readonly #stopping = new AbortController();

  constructor(options: LedgerSweepOptions) {
    this.#options = options;
    void this.#run();
  }

  /** Nothing is begun afterwards; what it still reads is looked at by nobody. */
  stop(): void {
    this.#stopping.abort();
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      try {
        await this.#pass();
      } catch (error) {
        if (!this.#stopped) this.#options.onFailure(error);
      }
      await this.#pause(this.#options.everyMs);
    }
  }

  async #pass(): Promise<void> {
    const { ledger, store, alone, everyMs } = this.#options;
    for (let after: string | undefined; !this.#stopped;) {
      const begunAt = performance.now();
      const page = await store.scan(ledger.prefix, { limit: PAGE, ...(after === undefined ? {} : { after }) });
      const suspects = page.filter(({ value }) => this.#lostOf(value) !== undefined).map(({ key }) => key);
      // Between the scan and now it may have been renewed or ended, and its timer with it.
      if (suspects.length > 0) await alone(async () => this.#settle(suspects));
      const last = page.at(-1);
      if (last === undefined || page.length < PAGE) return;
      after = last.key;
      await this.#pause(Math.min(everyMs, (performance.now() - begunAt) * (1 / SHARE - 1)));
    }
  }

  get #stopped(): boolean {
    return this.#stopping.signal.aborted;
  }

  async #pause(forMs: number): Promise<void> {
    await delay(forMs, undefined, { signal: this.#stopping.signal, ref: false }).catch(() => undefined);
  }

  async #settle(keys: readonly string[]): Promise<void> {
    const documents = await this.#options.store.get(keys);
    const lost = documents.flatMap((document) => this.#lostOf(document?.value) ?? []);
    if (lost.length > 0) await this.#options.makeUpFor(lost);
  }

  #lostOf(value: unknown): LedgerTimer | undefined {
    const { ledger, isMine, isMissing } = this.#options;
    if (value === undefined || !isMine(ledger.partitionKeyOf(value))) return undefined;
    const timer = ledger.timerOf(value);
    return timer !== undefined && isMissing(timer) ? timer : undefined;
  }
}

/**
 * The outbox in the store: read, changed and swept under one lock, so that taking over and settling never overwrite each
 * other. One process forwards at a time (group `forward`), therefore the lock is in memory.
 */
import type { Store } from '../../runtime/store/types.js';
import { currentEntry, OUTBOX_PREFIX, type OutboxEntry } from '../outbox.js';
import type { OutboxStore } from '../pump.js';

const SCAN_PAGE = 500;

export class OutboxDocuments implements OutboxStore {
  readonly #store: Store;
  #lock: Promise<unknown> = Promise.resolve();

  constructor(store: Store) {
    this.#store = store;
  }

  /** One change of the outbox at a time. */
  async exclusive<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#lock.then(work);
    this.#lock = result.catch(() => undefined);
    return result;
  }

  async read(keys: readonly string[]): Promise<(OutboxEntry | undefined)[]> {
    return (await this.#store.get<OutboxEntry>(keys)).map((document) =>
      document === undefined ? undefined : currentEntry(document.value),
    );
  }

  async change(
    keys: readonly string[],
    change: (entry: OutboxEntry, key: string) => OutboxEntry | undefined,
  ): Promise<(OutboxEntry | undefined)[]> {
    if (keys.length === 0) return [];
    return this.exclusive(async () => {
      const entries = await this.read(keys);
      const values = entries.map((entry, index) =>
        entry === undefined ? undefined : change(entry, keys[index] as string),
      );
      await this.#store.write(
        keys.flatMap((key, index) => (entries[index] === undefined ? [] : [{ key, value: values[index] }])),
      );
      return values;
    });
  }

  async *all(): AsyncGenerator<{ key: string; entry: OutboxEntry }> {
    for (let after: string | undefined; ;) {
      const page = await this.#store.scan<OutboxEntry>(OUTBOX_PREFIX, {
        limit: SCAN_PAGE,
        ...(after === undefined ? {} : { after }),
      });
      for (const { key, value } of page) yield { key, entry: currentEntry(value) };
      const last = page.at(-1);
      if (last === undefined || page.length < SCAN_PAGE) return;
      after = last.key;
    }
  }

  /** The mark "sent up to version n" is needed while later versions may come; afterwards it goes. */
  async forgetSent(beforeMs: number): Promise<void> {
    const old = (entry: OutboxEntry) => entry.record === undefined && (entry.sentAtMs ?? 0) <= beforeMs;
    for await (const { key, entry } of this.all())
      if (old(entry)) await this.change([key], (current) => (old(current) ? undefined : current));
  }

  /** Resolves when no change is under way. */
  async idle(): Promise<void> {
    await this.#lock;
  }
}

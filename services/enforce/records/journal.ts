/** The journal of effects in the store. One writer: the enforce service that leads. */
import type { Store } from '../../runtime/store/types.js';
import { type EffectEntry, JOURNAL_PREFIX, journalKey } from '../entry.js';

const PAGE = 500;

export class Journal {
  readonly #store: Pick<Store, 'scan' | 'write'>;

  constructor(store: Pick<Store, 'scan' | 'write'>) {
    this.#store = store;
  }

  async read(): Promise<EffectEntry[]> {
    const found: EffectEntry[] = [];
    for (let after: string | undefined; ;) {
      const page = await this.#store.scan<EffectEntry>(JOURNAL_PREFIX, {
        limit: PAGE,
        ...(after === undefined ? {} : { after }),
      });
      found.push(...page.map(({ value }) => value));
      after = page.at(-1)?.key;
      if (page.length < PAGE) return found;
    }
  }

  /** Resolves when all are durable. */
  async write(entries: readonly EffectEntry[], gone: readonly EffectEntry[] = []): Promise<void> {
    if (entries.length + gone.length === 0) return;
    await this.#store.write([
      ...entries.map((entry) => ({ key: journalKey(entry), value: entry })),
      ...gone.map((entry) => ({ key: journalKey(entry), value: undefined })),
    ]);
  }
}

/** What we hold in the directory, durable in the store: one document for each place. One writer: the enforce service that leads. */
import { keyPart } from '../../../../schemas/entity.js';
import type { Store } from '../../../runtime/store/types.js';
import { emptyHolding, type Holding, isIdle } from './holding.js';

const PAGE = 500;
const MAX_SETTLING = 5_000;

export class Holdings {
  readonly #store: Pick<Store, 'write' | 'scan'>;
  readonly #prefix: string;
  readonly #held = new Map<string, Holding>();
  /** Where nothing is held any more, and what was taken back may not be shown yet. In memory: a minute at most hangs on it. */
  readonly #settling = new Map<string, Holding>();

  constructor(store: Pick<Store, 'write' | 'scan'>, point: string) {
    this.#store = store;
    this.#prefix = `enforce/entra/${keyPart(point)}/`;
  }

  async load(): Promise<void> {
    for (let after: string | undefined; ;) {
      const page = await this.#store.scan<Holding>(this.#prefix, {
        limit: PAGE,
        ...(after === undefined ? {} : { after }),
      });
      for (const { value } of page) this.#held.set(value.slot, value);
      after = page.at(-1)?.key;
      if (page.length < PAGE) return;
    }
  }

  get(slot: string): Holding {
    return this.#held.get(slot) ?? this.#settling.get(slot) ?? emptyHolding(slot);
  }

  /** Resolves when it is durable. */
  async save(holding: Holding): Promise<void> {
    const known = this.#held.get(holding.slot);
    if (isIdle(holding) && holding.settling !== undefined) this.#linger(holding);
    else this.#settling.delete(holding.slot);
    if (known === holding || (known === undefined && isIdle(holding))) return;
    const value = isIdle(holding) ? undefined : holding;
    await this.#store.write([{ key: `${this.#prefix}${keyPart(holding.slot)}`, value }]);
    if (value === undefined) this.#held.delete(holding.slot);
    else this.#held.set(holding.slot, holding);
  }

  #linger({ slot, settling = [] }: Holding): void {
    this.#settling.delete(slot);
    this.#settling.set(slot, { ...emptyHolding(slot), settling });
    const [oldest] = this.#settling.keys();
    if (this.#settling.size > MAX_SETTLING && oldest !== undefined) this.#settling.delete(oldest);
  }

  /** Where an effect has something at heart. */
  slotsOf(effectId: string): string[] {
    return [...this.#held.values()].flatMap(({ slot, claims }) => (Object.hasOwn(claims, effectId) ? [slot] : []));
  }

  all(): readonly Holding[] {
    return [...this.#held.values()];
  }
}

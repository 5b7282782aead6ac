/** What the ledger holds that has not ended, counted by what it is: kept from what the decision point is told. Pure. */
import type { Contraction } from '../../schemas/contraction.js';

interface Counted {
  version: number;
  state: Contraction['state'];
  mode: Contraction['mode'];
  playbook: string;
  controls: readonly string[];
}

export interface Census {
  byState: { state: string; mode: string; count: number }[];
  /** Active ones; a contraction with two controls counts under both. */
  inForce: { playbook: string; control: string; mode: string; count: number }[];
}

export class LedgerCensus {
  readonly #live = new Map<string, Counted>();

  take({ id, version, state, mode, playbook, controls }: Contraction): void {
    const known = this.#live.get(id);
    if (known !== undefined && known.version >= version) return;
    // Records of one contraction come in their order: one that is told again is followed by the one that ends it.
    if (state === 'ended') this.#live.delete(id);
    else
      this.#live.set(id, {
        version,
        state,
        mode,
        playbook: playbook?.name ?? 'manual',
        controls: [...new Set(controls.map(({ control }) => control))],
      });
  }

  count(): Census {
    const byState = new Map<string, Census['byState'][number]>();
    const inForce = new Map<string, Census['inForce'][number]>();
    for (const { state, mode, playbook, controls } of this.#live.values()) {
      const one = byState.get(`${state} ${mode}`) ?? { state, mode, count: 0 };
      byState.set(`${state} ${mode}`, { ...one, count: one.count + 1 });
      if (state !== 'active') continue;
      for (const control of controls) {
        const key = JSON.stringify([playbook, control, mode]);
        const each = inForce.get(key) ?? { playbook, control, mode, count: 0 };
        inForce.set(key, { ...each, count: each.count + 1 });
      }
    }
    return { byState: [...byState.values()], inForce: [...inForce.values()] };
  }
}

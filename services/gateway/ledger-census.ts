/** What the ledger holds that has not ended, counted by what it is: kept from what the decision point is told. Pure. */
import type { Contraction } from '../../schemas/contraction.js';

interface Counted {
  version: number;
  state: Contraction['state'];
  mode: Contraction['mode'];
  playbook: string;
  controls: readonly string[];
  effects: readonly { point: string; state: string }[];
}

export interface Census {
  byState: { state: string; mode: string; count: number }[];
  /** Active ones; a contraction with two controls counts under both. */
  inForce: { playbook: string; control: string; mode: string; count: number }[];
  /** At enforcement points outside. */
  effects: { point: string; state: string; count: number }[];
}

export class LedgerCensus {
  readonly #live = new Map<string, Counted>();

  take({ id, version, state, mode, playbook, controls, effects }: Contraction): void {
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
        effects: effects.map((effect) => ({ point: effect.point, state: effect.state })),
      });
  }

  count(): Census {
    const byState = new Tally<{ state: string; mode: string }>();
    const inForce = new Tally<{ playbook: string; control: string; mode: string }>();
    const effects = new Tally<{ point: string; state: string }>();
    for (const { state, mode, playbook, controls, effects: own } of this.#live.values()) {
      byState.add({ state, mode });
      for (const effect of own) effects.add(effect);
      if (state === 'active') for (const control of controls) inForce.add({ playbook, control, mode });
    }
    return { byState: byState.all(), inForce: inForce.all(), effects: effects.all() };
  }
}

/** Counts what is alike. */
class Tally<L extends Record<string, string>> {
  readonly #counts = new Map<string, L & { count: number }>();

  add(labels: L): void {
    const key = JSON.stringify(Object.values(labels));
    const known = this.#counts.get(key);
    if (known === undefined) this.#counts.set(key, { ...labels, count: 1 });
    else known.count += 1;
  }

  all(): (L & { count: number })[] {
    return [...this.#counts.values()];
  }
}

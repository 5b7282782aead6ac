/** What the ledger holds that has not ended, counted by what it is: kept from what the decision point is told. Pure. */
import type { Contraction } from '../../schemas/contraction.js';
import { keyPart } from '../../schemas/entity.js';
import type { LeaseHead } from '../policy/lease-text.js';

/** Contractions that are counted alike. There are few such kinds, however many contractions there are. */
interface Kind {
  key: string;
  count: number;
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
  readonly #live = new Map<string, { version: number; kind: Kind }>();
  readonly #kinds = new Map<string, Kind>();

  take(head: LeaseHead): void {
    const { id, version, state } = head;
    const known = this.#live.get(id);
    if (known !== undefined && known.version >= version) return;
    if (known !== undefined && --known.kind.count === 0) this.#kinds.delete(known.kind.key);
    // Records of one contraction come in their order: one that is told again is followed by the one that ends it.
    if (state === 'ended') {
      this.#live.delete(id);
      return;
    }
    const kind = this.#kindOf(head);
    kind.count += 1;
    if (known === undefined) this.#live.set(id, { version, kind });
    else Object.assign(known, { version, kind });
  }

  #kindOf({ state, mode, playbook = 'manual', controls, effects }: LeaseHead): Kind {
    let key = `${state} ${mode} ${keyPart(playbook)}`;
    for (const control of controls) key += ` ${control}`;
    for (const effect of effects) key += ` ${keyPart(effect.point)}/${effect.state}`;
    let kind = this.#kinds.get(key);
    if (kind === undefined) {
      kind = {
        key,
        count: 0,
        state,
        mode,
        playbook,
        controls: [...new Set(controls)],
        effects: effects.map((effect) => ({ point: effect.point, state: effect.state })),
      };
      this.#kinds.set(key, kind);
    }
    return kind;
  }

  count(): Census {
    const byState = new Tally<{ state: string; mode: string }>();
    const inForce = new Tally<{ playbook: string; control: string; mode: string }>();
    const effects = new Tally<{ point: string; state: string }>();
    for (const { count, state, mode, playbook, controls, effects: own } of this.#kinds.values()) {
      byState.add({ state, mode }, count);
      for (const effect of own) effects.add(effect, count);
      if (state === 'active') for (const control of controls) inForce.add({ playbook, control, mode }, count);
    }
    return { byState: byState.all(), inForce: inForce.all(), effects: effects.all() };
  }
}

/** Counts what is alike. */
class Tally<L extends Record<string, string>> {
  readonly #counts = new Map<string, L & { count: number }>();

  add(labels: L, count: number): void {
    const key = JSON.stringify(Object.values(labels));
    const known = this.#counts.get(key);
    if (known === undefined) this.#counts.set(key, { ...labels, count });
    else known.count += count;
  }

  all(): (L & { count: number })[] {
    return [...this.#counts.values()];
  }
}

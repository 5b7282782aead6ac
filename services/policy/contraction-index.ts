/**
 * The contractions in force, by target, as one enforcement point knows them. Memory only.
 *
 * A lease is counted from when this point heard of it, in elapsed time (invariant 10): no clock of another machine is
 * trusted. In event time everyone reads the same clock, and a lease ends when the ledger says. What is not renewed in
 * time lapses by itself or, where the contraction says `hold`, is kept for a bounded grace and reported. A set per target: what ends takes away only itself, what is left decides.
 */
import type { Contraction } from '../../schemas/contraction.js';
import { type EntityRef, entityKey } from '../../schemas/entity.js';
import { type Policy, policyOf } from './effective.js';
import { type AccessRequest, subjectsOf } from './request.js';

/** How long a `hold` contraction outlives its lease with the engine gone. */
export const HOLD_GRACE_MS = 60 * 60_000;
const TOMBSTONES = 50_000;

export interface InForce {
  readonly contraction: Contraction;
  readonly policy: Policy;
  /** On this point's clock. */
  readonly expiresAtMs: number;
}

export type Applied = 'applied' | 'ended' | 'stale';

function inForceStates(contraction: Contraction): boolean {
  return contraction.state === 'active';
}

export class ContractionIndex {
  readonly #byId = new Map<string, InForce>();
  readonly #byTarget = new Map<string, Map<string, InForce>>();
  /** Highest version seen of ended ones, so that a late repeat cannot bring one back. Newest kept. */
  readonly #ended = new Map<string, number>();
  readonly #holdGraceMs: number;
  readonly #sharedClock: boolean;

  /** `sharedClock`: the `nowMs` given here is the clock that leases are dated by. */
  constructor(options: { holdGraceMs?: number; sharedClock?: boolean } = {}) {
    this.#holdGraceMs = options.holdGraceMs ?? HOLD_GRACE_MS;
    this.#sharedClock = options.sharedClock ?? false;
  }

  get size(): number {
    return this.#byId.size;
  }

  /** Takes a record of the ledger in. A version that is not newer than the known one changes nothing (`stale`). */
  apply(contraction: Contraction, nowMs: number): Applied {
    const known = this.#byId.get(contraction.id);
    const ended = this.#ended.get(contraction.id);
    if (ended !== undefined && ended >= contraction.version) return 'stale';
    if (known && known.contraction.version >= contraction.version) return 'stale';
    if (!inForceStates(contraction)) {
      this.remove(contraction.id);
      if (contraction.state === 'ended' || contraction.state === 'ending')
        this.#bury(contraction.id, contraction.version);
      return 'ended';
    }
    const grace = contraction.engineGone === 'hold' ? this.#holdGraceMs : 0;
    const entry: InForce = {
      contraction,
      policy:
        known && known.contraction.controls === contraction.controls ? known.policy : policyOf(contraction.controls),
      expiresAtMs: (this.#sharedClock ? contraction.leaseUntilMs : nowMs + contraction.leaseMs) + grace,
    };
    if (known) this.remove(contraction.id);
    this.#byId.set(contraction.id, entry);
    const key = entityKey(contraction.target);
    let siblings = this.#byTarget.get(key);
    if (!siblings) this.#byTarget.set(key, (siblings = new Map<string, InForce>()));
    siblings.set(contraction.id, entry);
    return 'applied';
  }

  #bury(id: string, version: number): void {
    this.#ended.delete(id);
    this.#ended.set(id, version);
    if (this.#ended.size > TOMBSTONES) {
      const oldest = this.#ended.keys().next();
      if (!oldest.done) this.#ended.delete(oldest.value);
    }
  }

  remove(id: string): boolean {
    const entry = this.#byId.get(id);
    if (!entry) return false;
    this.#byId.delete(id);
    const key = entityKey(entry.contraction.target);
    const siblings = this.#byTarget.get(key);
    siblings?.delete(id);
    if (siblings?.size === 0) this.#byTarget.delete(key);
    return true;
  }

  get(id: string): InForce | undefined {
    return this.#byId.get(id);
  }

  /** Those on this very entity whose lease runs at `nowMs`. */
  forTarget(target: EntityRef, nowMs: number): InForce[] {
    return this.#collect(target, nowMs, []);
  }

  #collect(target: EntityRef, nowMs: number, into: InForce[]): InForce[] {
    const siblings = this.#byTarget.get(entityKey(target));
    if (siblings !== undefined) for (const each of siblings.values()) if (each.expiresAtMs > nowMs) into.push(each);
    return into;
  }

  /** Those on any entity the request is about. */
  applying(request: AccessRequest, nowMs: number): InForce[] {
    const found: InForce[] = [];
    if (this.#byId.size > 0) for (const subject of subjectsOf(request)) this.#collect(subject, nowMs, found);
    return found;
  }

  all(): IterableIterator<InForce> {
    return this.#byId.values();
  }

  /** Past their lease, kept only by `hold`: a person has to hear of them. */
  held(nowMs: number): InForce[] {
    return [...this.#byId.values()].filter(
      ({ contraction, expiresAtMs }) =>
        contraction.engineGone === 'hold' && expiresAtMs > nowMs && expiresAtMs - this.#holdGraceMs <= nowMs,
    );
  }

  /** Drops what has lapsed and says which; a newer version may still bring one back. */
  sweep(nowMs: number): InForce[] {
    const lapsed = [...this.#byId.values()].filter(({ expiresAtMs }) => expiresAtMs <= nowMs);
    for (const { contraction } of lapsed) this.remove(contraction.id);
    return lapsed;
  }
}

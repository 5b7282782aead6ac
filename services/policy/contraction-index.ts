/**
 * The contractions in force, by target, as one enforcement point knows them. Memory only.
 *
 * A lease is counted from when this point heard of it, in elapsed time (invariant 10): no clock of another machine is
 * trusted. In event time everyone reads the same clock, and a lease ends when the ledger says. What is not renewed in
 * time lapses by itself or, where the contraction says `hold`, is kept for a bounded grace and reported. A set per target: what ends takes away only itself, what is left decides.
 */
import type { Contraction } from '../../schemas/contraction.js';
import { type EntityRef, entityKey } from '../../schemas/entity.js';
import { Lease } from './lease.js';
import { headOf, type LeaseHead } from './lease-text.js';
import { type AccessRequest, subjectsOf } from './request.js';
import { TextSlab } from './text-slab.js';

/** How long a `hold` contraction outlives its lease with the engine gone. */
export const HOLD_GRACE_MS = 60 * 60_000;
const TOMBSTONES = 50_000;

export type Applied = 'applied' | 'ended' | 'stale';

export class ContractionIndex {
  readonly #byId = new Map<string, Lease>();
  /** In the order in which they were heard of. Most targets have one, and a set costs ten times as much as what is in it. */
  readonly #byTarget = new Map<string, Lease | Set<Lease>>();
  /** Highest version seen of ended ones, so that a late repeat cannot bring one back. Newest kept. */
  readonly #ended = new Map<string, number>();
  /** No lease ends before this, so that a million of them are not looked through every second. */
  #expiryMs = Infinity;
  /** No lease that is to be held ends before this, its grace not counted. */
  #holdMs = Infinity;
  readonly #holdGraceMs: number;
  readonly #texts = new TextSlab();
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
    return this.#take(headOf(contraction), contraction, nowMs);
  }

  /** Takes in the text of a contraction: what it restricts is read when its target is first asked about. */
  restore(head: LeaseHead, text: string, nowMs: number): Applied {
    return this.#take(head, text, nowMs);
  }

  #take(head: LeaseHead, whole: Contraction | string, nowMs: number): Applied {
    const { id, version, state, targetKey } = head;
    const known = this.#byId.get(id);
    const ended = this.#ended.get(id);
    if (ended !== undefined && ended >= version) return 'stale';
    if (known && known.version >= version) return 'stale';
    if (known) this.remove(id);
    if (state !== 'active') {
      if (state === 'ended' || state === 'ending') this.#bury(id, version);
      return 'ended';
    }
    const body = typeof whole === 'string' ? this.#texts.put(whole) : whole;
    const grace = head.engineGone === 'hold' ? this.#holdGraceMs : 0;
    const lease = new Lease(head, (this.#sharedClock ? head.leaseUntilMs : nowMs + head.leaseMs) + grace, body);
    this.#byId.set(id, lease);
    this.#expiryMs = Math.min(this.#expiryMs, lease.expiresAtMs);
    if (lease.holds) this.#holdMs = Math.min(this.#holdMs, lease.expiresAtMs - grace);
    const there = this.#byTarget.get(targetKey);
    if (there === undefined) this.#byTarget.set(targetKey, lease);
    else if (there instanceof Set) there.add(lease);
    else this.#byTarget.set(targetKey, new Set([there, lease]));
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
    const lease = this.#byId.get(id);
    if (!lease) return false;
    this.#byId.delete(id);
    const there = this.#byTarget.get(lease.targetKey);
    if (there instanceof Set) there.delete(lease);
    if (there === lease || (there instanceof Set && there.size === 0)) this.#byTarget.delete(lease.targetKey);
    return true;
  }

  get(id: string): Lease | undefined {
    return this.#byId.get(id);
  }

  /** Those on this very entity whose lease runs at `nowMs`. */
  forTarget(target: EntityRef, nowMs: number): Lease[] {
    return this.#collect(target, nowMs, []);
  }

  #collect(target: EntityRef, nowMs: number, into: Lease[]): Lease[] {
    const there = this.#byTarget.get(entityKey(target));
    if (there instanceof Set) {
      for (const each of there) if (each.expiresAtMs > nowMs) into.push(each);
    } else if (there !== undefined && there.expiresAtMs > nowMs) into.push(there);
    return into;
  }

  /** Those on any entity the request is about. */
  applying(request: AccessRequest, nowMs: number): Lease[] {
    const found: Lease[] = [];
    if (this.#byId.size > 0) for (const subject of subjectsOf(request)) this.#collect(subject, nowMs, found);
    return found;
  }

  all(): IterableIterator<Lease> {
    return this.#byId.values();
  }

  /** Past their lease, kept only by `hold`: a person has to hear of them. */
  held(nowMs: number): Lease[] {
    const held: Lease[] = [];
    if (nowMs < this.#holdMs) return held;
    let earliestMs = Infinity;
    for (const lease of this.#byId.values()) {
      if (!lease.holds) continue;
      const leaseEndMs = lease.expiresAtMs - this.#holdGraceMs;
      earliestMs = Math.min(earliestMs, leaseEndMs);
      if (leaseEndMs <= nowMs && lease.expiresAtMs > nowMs) held.push(lease);
    }
    this.#holdMs = earliestMs;
    return held;
  }

  /** Drops what has lapsed and says which; a newer version may still bring one back. */
  sweep(nowMs: number): Lease[] {
    const lapsed: Lease[] = [];
    if (nowMs < this.#expiryMs) return lapsed;
    let earliestMs = Infinity;
    for (const lease of this.#byId.values()) {
      if (lease.expiresAtMs <= nowMs) lapsed.push(lease);
      else earliestMs = Math.min(earliestMs, lease.expiresAtMs);
    }
    for (const { id } of lapsed) this.remove(id);
    this.#expiryMs = earliestMs;
    return lapsed;
  }
}

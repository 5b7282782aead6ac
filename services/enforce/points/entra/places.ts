/**
 * Works on the places of the directory, one thing at a time for each: what changed in the books meanwhile is settled in one go,
 * so that fifty agents that are blocked at once are one request to the policy.
 */
import { contentHash } from '../../../runtime/hash.js';
import type { Failure, Graph } from './graph.js';
import {
  done,
  type Holding,
  intending,
  isNothing,
  met,
  notDone,
  plan,
  settledView,
  settlingElements,
} from './holding.js';
import type { Holdings } from './holdings.js';
import type { Slot } from './slot.js';
import { slotAt } from './slots.js';

export type Settled =
  | { kind: 'settled'; holding: Holding; now: ReadonlySet<string>; refused: ReadonlyMap<string, string> }
  | { kind: 'gone'; reason: string; holding: Holding }
  | Failure;

type Edit = (holding: Holding) => Holding;

/** A request that was given up may be worked off for so long. */
const UNSURE_MS = 60_000;
const ONE_TURN_MS = 60_000;
/** A read may come from a copy of the directory that does not have a confirmed write for so long. */
export const SETTLING_MS = 90_000;

const hashOf = (elements: readonly string[]): string => contentHash(JSON.stringify(elements));

export class Places {
  readonly #graph: Graph;
  readonly #holdings: Holdings;
  readonly #now: () => number;
  readonly #settlingMs: number;
  readonly #closing = new AbortController();
  readonly #turns = new Map<string, { tail: Promise<unknown>; next?: Promise<Settled> | undefined; edits: Edit[] }>();

  constructor(graph: Graph, holdings: Holdings, now: () => number, settlingMs = SETTLING_MS) {
    this.#graph = graph;
    this.#holdings = holdings;
    this.#now = now;
    this.#settlingMs = settlingMs;
  }

  /** Changes the books, durably, and brings the place in line with them. Whoever comes while it waits is settled with it. */
  settle(key: string, edit: Edit): Promise<Settled> {
    return this.#turn(key, edit, true);
  }

  /** Reads only; what a person changed is noted in the books. */
  look(key: string): Promise<Settled> {
    return this.#enqueue(key, () => this.#work(key, [], false));
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.allSettled([...this.#turns.values()].map(({ tail }) => tail));
  }

  #of(key: string) {
    let turn = this.#turns.get(key);
    if (turn === undefined) this.#turns.set(key, (turn = { tail: Promise.resolve(), edits: [] }));
    return turn;
  }

  #turn(key: string, edit: Edit, changes: boolean): Promise<Settled> {
    const turn = this.#of(key);
    turn.edits.push(edit);
    turn.next ??= this.#enqueue(key, () => {
      turn.next = undefined;
      return this.#work(key, turn.edits.splice(0), changes);
    });
    return turn.next;
  }

  #enqueue(key: string, work: () => Promise<Settled>): Promise<Settled> {
    const turn = this.#of(key);
    const run = turn.tail.then(work);
    turn.tail = run.catch(() => undefined);
    return run;
  }

  async #work(key: string, edits: readonly Edit[], changes: boolean): Promise<Settled> {
    const slot = slotAt(this.#graph, key);
    const signal = AbortSignal.any([AbortSignal.timeout(ONE_TURN_MS), this.#closing.signal]);
    const holding = edits.reduce((held, edit) => edit(held), this.#holdings.get(key));
    await this.#holdings.save(holding);
    const read = await slot.read(holding, signal);
    if (read.kind === 'gone') {
      const waits = await this.#missing(holding, read.reason);
      if (waits !== undefined) return waits;
      const { claims, missingSinceMs: _m, settling: _s, ...rest } = holding;
      const let_go = Object.fromEntries(
        Object.entries(claims).map(([id, claim]) => [
          id,
          // What was never in place is refused now, and found where the place is there again.
          claim.met === true ? { ...claim, dropped: [...claim.add, ...claim.remove] } : claim,
        ]),
      );
      const left: Holding = { ...rest, claims: let_go, taken: [], given: [], intents: [] };
      await this.#holdings.save(left);
      return { kind: 'gone', reason: read.reason, holding: left };
    }
    if (read.kind !== 'found') return read;
    const { missingSinceMs: _, ...there } = holding;
    const elements = settledView(there, read.elements, this.#now());
    const planned = plan(there, elements, this.#now(), slot);
    const { change } = planned;
    if (!changes || isNothing(change)) {
      const left = met(planned.holding, elements);
      await this.#holdings.save(same(left, holding) ? holding : left);
      return { kind: 'settled', holding: left, now: elements, refused: new Map() };
    }
    const found = { ...read, elements, settling: settlingElements(there, this.#now()) };
    return this.#write(slot, planned.holding, change, found, signal);
  }

  /** One answer that a place is not there is not believed where we hold something; `undefined`: it is gone for good. */
  async #missing(holding: Holding, reason: string): Promise<Failure | undefined> {
    const { claims, taken, given, intents } = holding;
    const holds = taken.length + given.length + intents.length > 0 || Object.values(claims).some(({ met: was }) => was);
    const nowMs = this.#now();
    const sinceMs = holding.missingSinceMs ?? nowMs;
    const leftMs = sinceMs + this.#settlingMs - nowMs;
    if (!holds || leftMs <= 0) return undefined;
    if (holding.missingSinceMs === undefined) await this.#holdings.save({ ...holding, missingSinceMs: sinceMs });
    return { kind: 'retry', reason: `${reason}; it is looked for again`, afterMs: leftMs };
  }

  async #write(
    slot: Slot,
    holding: Holding,
    change: { add: readonly string[]; remove: readonly string[] },
    read: Extract<Awaited<ReturnType<Slot['read']>>, { kind: 'found' }>,
    signal: AbortSignal,
  ): Promise<Settled> {
    const nowMs = this.#now();
    const intended = intending(holding, change, read.elements, nowMs, nowMs + UNSURE_MS + this.#settlingMs, hashOf);
    await this.#holdings.save(intended);
    const written = await slot.write(change, read, signal);
    if (written.kind === 'unknown') return written;
    if (written.kind !== 'done') {
      await this.#holdings.save(notDone(intended));
      return written;
    }
    const refused = written.refused ?? new Map<string, string>();
    const now = new Set(read.elements);
    for (const element of change.remove) if (!refused.has(element)) now.delete(element);
    for (const element of change.add) if (!refused.has(element)) now.add(element);
    const atMs = this.#now();
    const left = met(done(intended, change, new Set(refused.keys()), atMs, atMs + this.#settlingMs), now);
    await this.#holdings.save(left);
    return { kind: 'settled', holding: left, now, refused };
  }
}

const same = (a: Holding, b: Holding): boolean => JSON.stringify(a) === JSON.stringify(b);

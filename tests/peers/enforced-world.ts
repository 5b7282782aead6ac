/**
 * The world behind an enforcement point, in memory and in any time: it keeps effects, can lie, forget, fail, lose an answer,
 * and be edited by a person. The https peer and the model check both stand on it.
 */
import type { Observation, Order, Outcome } from '../../services/enforce/point.js';

interface Held {
  order: Order;
  hash: string;
  expiresAtMs: number;
  edited: boolean;
}

/** How the next requests go; each is used up once. */
export const MOODS = ['fine', 'lie', 'fail', 'refuse', 'lose-answer', 'lose-request', 'late'] as const;
/** `late`: no answer, and worked off when `land` is called. */
export type Mood = (typeof MOODS)[number];

export class World {
  readonly held = new Map<string, Held>();
  /** What a person did that nobody may undo. */
  readonly byPerson = new Map<string, 'edited' | 'removed'>();
  readonly moods: Mood[] = [];
  readonly selfExpiring: boolean;
  /** Requests that acted, by kind. */
  readonly acts = { apply: 0, revert: 0, observe: 0 };
  /** Requests nobody heard of again, that may still be worked off. */
  readonly late: { act: 'apply' | 'revert'; order: Order }[] = [];
  #highest = new Map<string, number>();
  #revision = 0;

  constructor(selfExpiring = true) {
    this.selfExpiring = selfExpiring;
  }

  mood(): Mood {
    return this.moods.shift() ?? 'fine';
  }

  #expire(nowMs: number): void {
    if (!this.selfExpiring) return;
    for (const [id, { expiresAtMs, edited }] of this.held) if (!edited && expiresAtMs <= nowMs) this.held.delete(id);
  }

  /** What is in force now. */
  inForce(nowMs: number): string[] {
    this.#expire(nowMs);
    return [...this.held.keys()].sort();
  }

  apply(order: Order, nowMs: number, mood: Mood = this.mood()): Outcome {
    this.#expire(nowMs);
    if (mood === 'fail') return { kind: 'retry', reason: 'busy' };
    if (mood === 'refuse') return { kind: 'refused', reason: 'not allowed' };
    if (mood === 'lose-request') return { kind: 'unknown', reason: 'nobody answered' };
    if (mood === 'lie') return { kind: 'done', hash: 'never' };
    if (mood === 'late') {
      this.late.push({ act: 'apply', order });
      return { kind: 'unknown', reason: 'nobody answered' };
    }
    this.acts.apply += 1;
    const outcome = this.#applied(order, nowMs);
    return mood === 'lose-answer' ? { kind: 'unknown', reason: 'the answer was lost' } : outcome;
  }

  /** What was late is worked off now. */
  land(nowMs: number): void {
    for (const { act, order } of this.late.splice(0)) {
      if (act === 'apply') this.#applied(order, nowMs);
      else this.#reverted(order);
    }
  }

  #applied(order: Order, nowMs: number): Outcome {
    if (this.byPerson.has(order.effectId)) return { kind: 'drifted', reason: 'a person changed it' };
    const known = this.held.get(order.effectId);
    if (order.sequence < (this.#highest.get(order.effectId) ?? 0)) return { kind: 'retry', reason: 'an old request' };
    this.#highest.set(order.effectId, order.sequence);
    const hash = known?.hash ?? `h${(this.#revision += 1)}`;
    this.held.set(order.effectId, { order, hash, expiresAtMs: nowMs + order.expiresInMs, edited: false });
    return { kind: 'done', hash };
  }

  revert(order: Order, nowMs: number, mood: Mood = this.mood()): Outcome {
    this.#expire(nowMs);
    if (mood === 'fail') return { kind: 'retry', reason: 'busy' };
    if (mood === 'refuse') return { kind: 'refused', reason: 'not allowed' };
    if (mood === 'lose-request') return { kind: 'unknown', reason: 'nobody answered' };
    if (mood === 'lie') return { kind: 'done' };
    if (mood === 'late') {
      this.late.push({ act: 'revert', order });
      return { kind: 'unknown', reason: 'nobody answered' };
    }
    this.acts.revert += 1;
    const outcome = this.#reverted(order);
    return mood === 'lose-answer' ? { kind: 'unknown', reason: 'the answer was lost' } : outcome;
  }

  #reverted(order: Order): Outcome {
    if (this.byPerson.has(order.effectId)) return { kind: 'drifted', reason: 'a person changed it' };
    if (order.sequence < (this.#highest.get(order.effectId) ?? 0)) return { kind: 'retry', reason: 'an old request' };
    this.#highest.set(order.effectId, order.sequence);
    this.held.delete(order.effectId);
    return { kind: 'done' };
  }

  observe(order: Order, nowMs: number): Observation {
    this.#expire(nowMs);
    this.acts.observe += 1;
    if (this.byPerson.has(order.effectId)) return { kind: 'changed', reason: 'a person changed it' };
    const known = this.held.get(order.effectId);
    if (known === undefined) return { kind: 'absent' };
    if (order.hash !== undefined && order.hash !== known.hash && order.hash !== 'never')
      return { kind: 'changed', reason: 'its hash differs' };
    return { kind: 'in-place' };
  }

  /** The point loses what it has, e.g. with its memory. */
  forget(effectId: string): void {
    this.held.delete(effectId);
  }

  /** A person makes something else of it. */
  edit(effectId: string): void {
    const known = this.held.get(effectId);
    if (known === undefined) return;
    known.edited = true;
    known.hash = 'by hand';
    this.byPerson.set(effectId, 'edited');
  }

  /** A person takes it away. */
  remove(effectId: string): void {
    if (!this.held.delete(effectId)) return;
    this.byPerson.set(effectId, 'removed');
  }
}

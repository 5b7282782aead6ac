/**
 * What is to be done at the enforcement points, and when: the journal in memory with a clock face per point. Pure: it says
 * what must be durable (`Changes`) before the next thing may happen; service.ts does the writing and the asking, and a model
 * check drives it without either.
 */
import type { Contraction } from '../../schemas/contraction.js';
import type { SignalOf } from '../../schemas/signal.js';
import { DECISION_POINT_NAME } from '../policy/enforcement-points.js';
import { TimerIndex } from '../runtime/timer-index.js';
import { type EffectEntry, orderOf, reportOf, type Step } from './entry.js';
import type { Observation, Order, Outcome } from './point.js';
import { acted, begin, desire, observed, type ReconcileOptions, release, unanswered } from './reconcile.js';

/** One thing to ask a point. */
export interface Call {
  id: string;
  point: string;
  step: Step;
  order: Order;
}

export interface Changes {
  /** To be durable before anything else is done about them. */
  put: EffectEntry[];
  /** To be told to response, durably, in this order. */
  report: SignalOf<'effect'>[];
  /** Told and over: may leave the journal once what is reported is durable. */
  drop: EffectEntry[];
}

export const NO_CHANGES: Changes = { put: [], report: [], drop: [] };

export interface AgendaOptions extends ReconcileOptions {
  /** The points that are configured; effects at others wait and are told. */
  points: readonly string[];
  random: () => number;
}

const GONE = 'no such enforcement point is configured any more';

export class Agenda {
  readonly #options: AgendaOptions;
  readonly #entries = new Map<string, EffectEntry>();
  readonly #clocks: ReadonlyMap<string, TimerIndex>;
  readonly #busy = new Set<string>();

  constructor(options: AgendaOptions) {
    this.#options = options;
    this.#clocks = new Map(options.points.map((point) => [point, new TimerIndex()]));
  }

  get entries(): ReadonlyMap<string, EffectEntry> {
    return this.#entries;
  }

  /**
   * The journal as it was found at a start. A request that was under way has an unknown end; what is in place is looked at
   * at once, and everything is told again, since what was told last is not known.
   */
  load(found: Iterable<EffectEntry>, nowMs: number): Changes {
    const changes: Changes = { put: [], report: [], drop: [] };
    for (const each of found) {
      let entry = unanswered(each);
      entry = this.#placed(entry);
      if (entry.next?.step === 'observe' && entry.want === 'in-place')
        entry = { ...entry, next: { step: 'observe', dueMs: nowMs } };
      this.#set(entry);
      if (entry !== each) changes.put.push(entry);
      if (entry.revision > 0) changes.report.push(reportOf(entry, nowMs));
      if (entry.settled === true) changes.drop.push(entry);
    }
    return changes;
  }

  /** A contraction as the ledger has it. Repeats and older versions change nothing. */
  take(contraction: Contraction, nowMs: number): Changes {
    const changes: Changes = { put: [], report: [], drop: [] };
    for (const effect of contraction.effects) {
      if (effect.point === DECISION_POINT_NAME) continue;
      const known = this.#entries.get(effect.id);
      let entry = desire(known, contraction, effect, nowMs, this.#options);
      if (entry === undefined || entry === known) continue;
      entry = this.#placed(entry);
      this.#changed(known, entry, nowMs, changes);
    }
    return changes;
  }

  /** Entries whose contraction the ledger knows as live no more, and does not tell of. */
  orphaned(isLive: (entry: EffectEntry) => boolean, nowMs: number): Changes {
    const changes: Changes = { put: [], report: [], drop: [] };
    for (const entry of [...this.#entries.values()]) {
      if (entry.want === 'gone' || isLive(entry) || !this.#clocks.has(entry.point)) continue;
      this.#changed(entry, release(entry, nowMs), nowMs, changes);
    }
    return changes;
  }

  /** When a point's next thing is due; `undefined`: nothing is. */
  nextDueMs(point: string): number | undefined {
    return this.#clocks.get(point)?.earliest()?.dueMs;
  }

  /** What kind of thing that is. */
  nextStep(point: string): Step | undefined {
    const due = this.#clocks.get(point)?.earliest();
    return due === undefined ? undefined : this.#entries.get(due.id)?.next?.step;
  }

  /** Up to `most` things of one kind that are due at a point; each stays busy until `finish` or `seen`. */
  begin(point: string, most: number, nowMs: number): { calls: Call[]; changes: Changes } {
    const clock = this.#clocks.get(point);
    const calls: Call[] = [];
    const changes: Changes = { put: [], report: [], drop: [] };
    while (clock !== undefined && calls.length < most) {
      const due = clock.earliest();
      if (due === undefined || due.dueMs > nowMs) break;
      const entry = this.#entries.get(due.id);
      const step = entry?.next?.step;
      if (entry === undefined || step === undefined) {
        clock.delete(due.id);
        continue;
      }
      if (calls.length > 0 && (step === 'observe') !== (calls[0]?.step === 'observe')) break;
      this.#busy.add(entry.id);
      clock.delete(entry.id);
      const begun = begin(entry, step, nowMs, this.#options);
      if (begun !== entry) {
        this.#entries.set(entry.id, begun);
        changes.put.push(begun);
      }
      calls.push({ id: entry.id, point, step, order: orderOf(begun, nowMs) });
    }
    return { calls, changes };
  }

  finish(call: Call, outcome: Outcome, nowMs: number): Changes {
    const changes: Changes = { put: [], report: [], drop: [] };
    this.#busy.delete(call.id);
    const entry = this.#entries.get(call.id);
    if (entry === undefined || call.step === 'observe') return changes;
    const next = acted(entry, call.step, outcome, nowMs, this.#options, this.#options.random());
    this.#changed(entry, next, nowMs, changes);
    return changes;
  }

  seen(call: Call, observation: Observation, nowMs: number): Changes {
    const changes: Changes = { put: [], report: [], drop: [] };
    this.#busy.delete(call.id);
    const entry = this.#entries.get(call.id);
    if (entry === undefined) return changes;
    // It changed its mind while it was looked at: what was seen is about the past.
    if (entry.next?.step !== 'observe') {
      this.#set(entry);
      return changes;
    }
    const next = observed(entry, observation, nowMs, this.#options, this.#options.random());
    this.#changed(entry, next, nowMs, changes);
    return changes;
  }

  /** What was due could not be begun, e.g. because it could not be made durable: once more, later. */
  postpone(calls: readonly Call[], untilMs: number): void {
    for (const { id } of calls) {
      this.#busy.delete(id);
      const entry = this.#entries.get(id);
      if (entry?.next !== undefined) this.#set({ ...entry, next: { ...entry.next, dueMs: untilMs } });
    }
  }

  /** After what `drop` named is told and out of the journal. */
  forget(id: string): void {
    const entry = this.#entries.get(id);
    if (entry?.settled === true) this.#entries.delete(id);
  }

  /** At a point that is not configured nothing can be done: that is told, and tried when it is there again. */
  #placed(entry: EffectEntry): EffectEntry {
    if (this.#clocks.has(entry.point) || entry.settled === true) return entry;
    if (entry.want === 'in-place' && entry.state === 'drifted') return entry;
    const state = entry.want === 'gone' ? ('revert_failed' as const) : ('failed' as const);
    if (entry.state === state && entry.error === GONE) return entry;
    return { ...entry, state, error: GONE, revision: entry.revision + 1 };
  }

  #changed(before: EffectEntry | undefined, after: EffectEntry, nowMs: number, changes: Changes): void {
    this.#set(after);
    // When to look again is worth no write of its own: after a start everything in place is looked at.
    if (!(before !== undefined && onlyLooked(before, after))) changes.put.push(after);
    if (after.revision !== (before?.revision ?? 0)) changes.report.push(reportOf(after, nowMs));
    if (after.settled === true) changes.drop.push(after);
  }

  #set(entry: EffectEntry): void {
    this.#entries.set(entry.id, entry);
    const clock = this.#clocks.get(entry.point);
    if (clock === undefined) return;
    if (entry.next === undefined || this.#busy.has(entry.id)) clock.delete(entry.id);
    else clock.set({ id: entry.id, owner: entry.point, dueMs: entry.next.dueMs });
  }
}

/** Looked at and found as it should be: nothing but the time of the next look has changed. */
function onlyLooked(before: EffectEntry, after: EffectEntry): boolean {
  return (
    before.revision === after.revision &&
    before.sequence === after.sequence &&
    before.want === after.want &&
    before.next?.step === 'observe' &&
    after.next?.step === 'observe' &&
    before.askingUntilMs === after.askingUntilMs &&
    before.expiresAtMs === after.expiresAtMs &&
    before.contractionVersion === after.contractionVersion
  );
}

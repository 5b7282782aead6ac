/**
 * A machine run in memory and in event time: backtests, benches and unit tests. Live work (`worker.ts`) drives the same
 * `Stepping`, so that what a backtest shows is what happens.
 */
import { EventClock } from './clock.js';
import type { Machine, States } from './machine.js';
import type { Timer } from './schedule/types.js';
import { Stepping } from './stepping.js';
import type { AnyOutgoing } from './stream/types.js';
import { TimerIndex } from './timer-index.js';

export interface StepperOptions<In> {
  machine: Machine<In>;
  /** Default: one of its own, starting at 0. */
  clock?: EventClock;
  /**
   * Whether a read of a state that `keys` or `timerKeys` did not name throws, as it would live. Default true; off saves
   * about a microsecond per input where the machine is known to be right.
   */
  strict?: boolean;
  /** States and timers to begin with, e.g. learned baselines. Values are taken over, not copied. */
  initial?: { states?: Iterable<readonly [string, unknown]>; timers?: Iterable<Timer> };
}

export class Stepper<In> {
  readonly clock: EventClock;
  readonly #machine: Machine<In>;
  readonly #documents: Map<string, unknown>;
  readonly #stepping: Stepping<In>;
  readonly #strict: boolean;
  #named = new Set<string>();
  /** All states there are, live: look, do not change. */
  readonly states: Pick<States, 'get'>;

  constructor(options: StepperOptions<In>) {
    this.#machine = options.machine;
    this.#strict = options.strict ?? true;
    this.clock = options.clock ?? new EventClock();
    this.#documents = new Map(options.initial?.states);
    this.states = { get: (key) => this.#documents.get(key) };
    const timers = new TimerIndex();
    for (const timer of options.initial?.timers ?? []) timers.set(timer);
    this.#stepping = new Stepping(options.machine, this.clock, timers, {
      get: (key) => {
        if (this.#strict && !this.#named.has(key))
          throw new Error(`${this.#machine.name} read the state ${key} without naming it`);
        return this.#documents.get(key);
      },
      set: (key, value) => {
        if (value === undefined) this.#documents.delete(key);
        else this.#documents.set(key, value);
      },
    });
  }

  /** Fires what is due at or before the input's time, then steps. Returns what both emitted, in order. */
  feed(input: In): AnyOutgoing[] {
    const timeMs = this.#machine.timeOf(input);
    this.#fireUntil(timeMs);
    if (this.#strict) this.#named = new Set(this.#machine.keys(input, this.states));
    this.#stepping.step(input, timeMs);
    return this.#stepping.take().outputs;
  }

  /** Lets time pass without input: fires what is due until then. */
  advance(toMs: number): AnyOutgoing[] {
    this.#fireUntil(toMs);
    this.clock.advance(toMs);
    return this.#stepping.take().outputs;
  }

  /** When the next timer is due; `undefined`: none. */
  nextDueMs(): number | undefined {
    return this.#stepping.timers.earliest()?.dueMs;
  }

  /** Everything there is, for carrying on elsewhere; in no particular order. */
  snapshot(): { states: [string, unknown][]; timers: Timer[]; nowMs: number } {
    return { states: [...this.#documents], timers: [...this.#stepping.timers.values()], nowMs: this.clock.now() };
  }

  #fireUntil(timeMs: number): void {
    for (let timer = this.#stepping.due(timeMs); timer !== undefined; timer = this.#stepping.due(timeMs)) {
      if (this.#strict) this.#named = new Set(this.#machine.timerKeys(timer, this.states));
      this.#stepping.fire(timer);
    }
  }
}

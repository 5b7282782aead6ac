/**
 * How a machine is driven, without any I/O: the part that live work, backtests and tests share.
 *
 * It keeps the time, fires timers in the order they fall due, gives the machine its context, and collects what steps
 * made until that is taken. Where states come from is the caller's matter.
 */
import type { Clock } from './clock.js';
import type { Machine, States, StepContext } from './machine.js';
import type { Timer } from './schedule/types.js';
import type { AnyOutgoing } from './stream/types.js';
import type { TimerIndex } from './timer-index.js';

/** What steps made since it was last taken, states apart: those the caller sees through its own `States`. */
export interface Made {
  outputs: AnyOutgoing[];
  timers: { set: Timer[]; cancel: { owner: string; id: string }[]; done: Timer[] };
}

export class Stepping<In> {
  readonly machine: Machine<In>;
  readonly clock: Clock;
  readonly timers: TimerIndex;
  readonly #context: StepContext;
  #outputs: AnyOutgoing[] = [];
  readonly #set = new Map<string, Timer>();
  readonly #cancel = new Set<string>();
  #done: Timer[] = [];
  /** The timer that is being fired, where the schedule holds it as it is and will be told that it is done. */
  #fired: string | undefined;

  readonly #owner: string;

  /** @param owner whose timers they are; default: the machine's name */
  constructor(machine: Machine<In>, clock: Clock, timers: TimerIndex, states: States, owner: string = machine.name) {
    this.machine = machine;
    this.#owner = owner;
    this.clock = clock;
    this.timers = timers;
    this.#context = {
      nowMs: clock.now(),
      states,
      emit: (record) => {
        this.#outputs.push(record);
      },
      setTimer: (id, dueMs, payload) => {
        const timer: Timer = { owner, id, dueMs, ...(payload === undefined ? {} : { payload }) };
        this.timers.set(timer);
        this.#set.set(id, timer);
        this.#cancel.delete(id);
      },
      cancelTimer: (id) => {
        this.timers.delete(id);
        this.#set.delete(id);
        // Of what was just fired the schedule is told that it is done, which takes it off.
        if (this.#fired !== id) this.#cancel.add(id);
      },
    };
  }

  /** How many outputs wait to be taken. */
  get outputs(): number {
    return this.#outputs.length;
  }

  /** Whether anything waits to be taken, states apart. */
  get idle(): boolean {
    return this.#outputs.length === 0 && this.#set.size === 0 && this.#cancel.size === 0 && this.#done.length === 0;
  }

  /** The earliest timer due at or before a time. */
  due(atMs: number): Timer | undefined {
    const timer = this.timers.earliest();
    return timer !== undefined && timer.dueMs <= atMs ? timer : undefined;
  }

  /** Moves the clock to the timer's time (never back) and fires it. Its states must be at hand. */
  fire(timer: Timer): void {
    this.clock.advance(timer.dueMs);
    this.settle(timer);
    this.#context.nowMs = this.clock.now();
    this.#fired = this.#cancel.has(timer.id) ? undefined : timer.id;
    try {
      this.machine.onTimer(timer, this.#context);
    } finally {
      this.#fired = undefined;
    }
  }

  /** Sets a timer that no step set, e.g. one that the schedule has lost. */
  adopt(timer: Omit<Timer, 'owner'>): void {
    this.#context.setTimer(timer.id, timer.dueMs, timer.payload);
  }

  /** Takes a timer off without firing it. */
  settle(timer: Timer): void {
    this.timers.delete(timer.id);
    // A timer that was set since the last take is not what the schedule holds under this id, so it goes by name.
    if (this.#set.delete(timer.id)) this.#cancel.add(timer.id);
    else this.#done.push(timer);
  }

  /** Moves the clock to the input's time (never back) and steps. Its states must be at hand. */
  step(input: In, timeMs: number): void {
    this.clock.advance(timeMs);
    this.#context.nowMs = this.clock.now();
    this.machine.step(input, this.#context);
  }

  /** Adds an output of the caller's own, e.g. a dead letter. */
  emit(record: AnyOutgoing): void {
    this.#outputs.push(record);
  }

  take(): Made {
    const made: Made = {
      outputs: this.#outputs,
      timers: {
        set: this.#set.size === 0 ? [] : [...this.#set.values()],
        cancel: this.#cancel.size === 0 ? [] : Array.from(this.#cancel, (id) => ({ owner: this.#owner, id })),
        done: this.#done,
      },
    };
    this.#outputs = [];
    this.#done = [];
    // Runs in memory take after every input, and most inputs touch no timer.
    if (this.#set.size > 0) this.#set.clear();
    if (this.#cancel.size > 0) this.#cancel.clear();
    return made;
  }
}

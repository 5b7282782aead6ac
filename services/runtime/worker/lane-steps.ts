/**
 * The steps of one partition: what the machine is asked, over the states and timers at hand, and what came of it that is not
 * durable yet. Nothing here writes anything; the lane takes what was made and makes it durable.
 *
 * - `event` clock: before each record, every timer due at or before the record's time is fired, in order. The partition has
 *   a clock of its own, durable with each checkpoint, so that a restart goes on at the same time and where a batch ends
 *   makes no difference.
 * - `wall` clock: timers are fired when they fall due, between batches; see wall-timers.ts.
 */
import { EventClock } from '../clock.js';
import type { States } from '../machine.js';
import type { Timer } from '../schedule/types.js';
import { StateCache } from '../state-cache.js';
import { type Made, Stepping } from '../stepping.js';
import type { Write } from '../store/types.js';
import type { StreamRecord } from '../stream/types.js';
import { TimerIndex } from '../timer-index.js';
import type { LanePosition } from './lane-position.js';
import { finite, listed } from './machine-answers.js';
import type { WorkerOptions } from './options.js';
import type { Origins, StepFaults } from './step-faults.js';
import { TimerWindow } from './timer-window.js';

/** Timers held in memory per lane; the others are read when their time comes near. */
const TIMERS_HELD = 10_000;
const STATES_CACHED = 50_000;
/** Of timers that are due together, of how many the states are read at once. */
const READ_AHEAD = 1_000;

export interface LaneStepsOptions<In> extends WorkerOptions<In> {
  /** Whose timers and clock they are. */
  owner: string;
  partition: number;
  position: LanePosition;
  faults: StepFaults;
}

/** What steps made since it was last taken. */
export interface Taken extends Made {
  writes: Write[];
  origins: Origins;
  /** The partition's own time; none by the wall clock. */
  nowMs: number | undefined;
}

/** The records of a batch, of which the states are read at once when the first is missing. */
export interface Ahead {
  records: readonly StreamRecord[];
  read: boolean;
}

export class LaneSteps<In> {
  /** The states as they are now, live: look, do not change. A state that is not in memory is `undefined`; see `warm`. */
  readonly states: Pick<States, 'get'>;
  readonly window: TimerWindow;
  readonly #options: LaneStepsOptions<In>;
  readonly #cache: StateCache;
  readonly #clockKey: string;
  #stepping: Stepping<In>;
  #ownClock: EventClock | undefined;
  #durableNowMs = 0;
  /** Keys of the running step that have seen its record already: what it sets there is dropped. */
  readonly #stale = new Set<string>();
  #offset: number | undefined;

  constructor(options: LaneStepsOptions<In>) {
    this.#options = options;
    this.#cache = new StateCache(options.drivers.store, options.maxCached ?? STATES_CACHED);
    this.#clockKey = `worker/${encodeURIComponent(options.owner)}`;
    this.states = { get: (key) => this.#cache.peek(key) };
    const most = options.clock.kind === 'event' ? Infinity : (options.maxTimers ?? TIMERS_HELD);
    this.window = new TimerWindow(options.drivers.schedule, options.owner, most);
    this.#stepping = this.#newStepping();
  }

  /** Those at hand. */
  get timers(): TimerIndex {
    return this.#stepping.timers;
  }

  /** How many outputs wait to be taken. */
  get outputs(): number {
    return this.#stepping.outputs;
  }

  /** Reads states into memory, so that `states` shows them. */
  async warm(keys: readonly string[]): Promise<void> {
    await this.#cache.warm(keys);
  }

  /** @param everything another owner may have written any state; else only what the running batch touched is in doubt */
  forget(everything: boolean): void {
    if (everything) this.#cache.clear();
    else this.#cache.drop([this.#clockKey]);
  }

  /** Time and timers as they are durable; whatever steps made since is forgotten. */
  async restore(): Promise<void> {
    await this.#cache.load([this.#clockKey]);
    this.#durableNowMs = (this.#cache.peek(this.#clockKey) as { nowMs: number } | undefined)?.nowMs ?? 0;
    // Others count from the shared clock what they are told of anew; it must not begin at the beginning of time.
    if (this.#options.clock.kind === 'event') this.#options.clock.advance(this.#durableNowMs);
    this.#stepping = this.#newStepping();
    await this.window.fill(this.timers);
  }

  /** Works one record off; by the events' clock, what falls due before it too. */
  async record(record: StreamRecord, ahead: Ahead): Promise<void> {
    const { machine, faults } = this.#options;
    this.#offset = record.offset;
    const what = `${record.topic}/${record.partition}@${record.offset}`;
    if (faults.has(what)) {
      this.#setAside(what, record.value);
      return;
    }
    const input = record.value as In;
    const timeMs = faults.ask(what, () => finite(machine.timeOf(input)));
    if (this.#ownClock !== undefined) await this.#fireUntil(timeMs, record, Infinity);
    const keysOf = () => machine.keys(input, this.states);
    let keys = faults.ask(what, () => listed(keysOf()));
    if (!keys.every((key) => this.#cache.has(key))) {
      // One read for the whole batch, and then only for keys that depend on what a state holds.
      if (!ahead.read) await this.#cache.load(ahead.records.flatMap((each) => this.#guessKeys(each)));
      ahead.read = true;
      keys = await this.#load(what, keysOf);
    }
    if (this.#seenByAll(keys, record)) return;
    this.#begins(what);
    faults.ask(what, () => this.#stepping.step(input, timeMs));
  }

  /** What is due by the wall clock, at most so many. */
  async fire(untilMs: number, most: number): Promise<void> {
    this.#offset = undefined;
    await this.#fireUntil(untilMs, undefined, most);
  }

  /** Sets a timer that no step set, e.g. one that the schedule has lost. */
  adopt(timer: Omit<Timer, 'owner'>): void {
    this.#stepping.adopt(timer);
  }

  /** @param last the last record worked off; none for timers of the wall clock */
  take(last: StreamRecord | undefined): Taken {
    const made = this.#stepping.take();
    const origins = this.#options.faults.takeOrigins();
    const nowMs = this.#ownClock?.now();
    if (nowMs !== undefined && nowMs !== this.#durableNowMs) this.#cache.set(this.#clockKey, { nowMs }, last?.offset);
    // Where position and states are one transaction nobody asks what a state has seen, and what ends leaves no mark.
    const seeing = last !== undefined && !this.#options.drivers.checkpoint.atomic;
    const { position, partition } = this.#options;
    const writes = this.#cache.writes(seeing ? { epoch: position.epoch, partition } : undefined);
    return { ...made, writes, origins, nowMs };
  }

  /** What was taken is durable. */
  durable({ writes, nowMs }: Pick<Taken, 'writes' | 'nowMs'>, versions?: ReadonlyMap<string, number>): void {
    this.#cache.committed(writes, versions);
    this.window.trim(this.timers);
    if (nowMs === undefined) return;
    this.#durableNowMs = nowMs;
    this.#options.clock.advance(nowMs);
  }

  /** The store had lost these, and has them again under other versions. */
  renumber(versions: ReadonlyMap<string, number>): void {
    this.#cache.renumber(versions);
  }

  #newStepping(): Stepping<In> {
    const { machine, clock, owner, faults } = this.#options;
    faults.takeOrigins();
    this.#ownClock = clock.kind === 'event' ? new EventClock(this.#durableNowMs) : undefined;
    return new Stepping(
      machine,
      this.#ownClock ?? clock,
      new TimerIndex(),
      {
        get: (key) => {
          const entry = this.#cache.entry(key);
          if (entry === undefined) throw new Error(`${owner} read the state ${key} without naming it`);
          return entry.value;
        },
        set: (key, value) => {
          if (!this.#stale.has(key)) this.#cache.set(key, value, this.#offset);
        },
      },
      owner,
    );
  }

  /** @param record the one before which they are fired; none for the wall clock */
  async #fireUntil(timeMs: number, record: StreamRecord | undefined, most: number): Promise<void> {
    let read = false;
    for (let fired = 0; fired < most; fired++) {
      const timer = this.#stepping.due(timeMs);
      if (timer === undefined) return;
      const what = `timer/${timer.id}@${timer.dueMs}`;
      if (this.#options.faults.has(what)) {
        this.#stepping.settle(timer);
        this.#setAside(what, timer.payload);
        continue;
      }
      const keysOf = () => this.#options.machine.timerKeys(timer, this.states);
      let keys = this.#options.faults.ask(what, () => listed(keysOf()));
      if (!keys.every((key) => this.#cache.has(key))) {
        // Thousands may fall due at once: what they need is read together, not a round trip for each.
        if (!read) await this.#readAhead(timeMs, Math.min(most - fired, READ_AHEAD));
        read = true;
        keys = await this.#load(what, keysOf);
      }
      this.#fire(timer, what, keys, record);
    }
  }

  /** What the timers need that are due by then, read at once; and then what that leads to. */
  async #readAhead(untilMs: number, most: number): Promise<void> {
    const due = this.timers.due(untilMs, most);
    for (let there = true; there;) there = await this.#cache.load(due.flatMap((timer) => this.#guessTimerKeys(timer)));
  }

  #fire(timer: Timer, what: string, keys: readonly string[], record: StreamRecord | undefined): void {
    const { faults } = this.#options;
    if (this.#seenByAll(keys, record)) this.#stepping.settle(timer);
    else {
      this.#begins(what);
      faults.ask(what, () => this.#stepping.fire(timer));
    }
  }

  #begins(what: string): void {
    this.#options.faults.begins(what, this.#stepping.outputs);
  }

  #setAside(what: string, value: unknown): void {
    this.#begins(what);
    this.#stepping.emit(this.#options.faults.letterOf(what, value, this.#stepping.clock.now()));
  }

  /** Loads what is named until nothing new is named. */
  async #load(what: string, keysOf: () => string[]): Promise<string[]> {
    for (;;) {
      const keys = this.#options.faults.ask(what, () => listed(keysOf()));
      if (keys.every((key) => this.#cache.has(key))) return keys;
      // What is not there looks to the machine as it did before it was asked for: it would name the same again.
      if (!(await this.#cache.load(keys))) return keys;
    }
  }

  #guessKeys(record: StreamRecord): string[] {
    try {
      return listed(this.#options.machine.keys(record.value as In, this.states));
    } catch {
      return []; // Asked again, and answered for, when it is this record's turn.
    }
  }

  #guessTimerKeys(timer: Timer): string[] {
    try {
      return listed(this.#options.machine.timerKeys(timer, this.states));
    } catch {
      return []; // Asked again, and answered for, when it is this timer's turn.
    }
  }

  /** Whether every key has seen the record; keys that have are noted, so that what is set there is dropped. */
  #seenByAll(keys: readonly string[], record: StreamRecord | undefined): boolean {
    this.#stale.clear();
    const { drivers, position } = this.#options;
    // Where position and states are one transaction, a state is never ahead of the position.
    if (record === undefined || drivers.checkpoint.atomic) return false;
    const { epoch } = position;
    for (const key of keys) {
      const seen = this.#cache.entry(key)?.seen;
      if (
        seen !== undefined &&
        seen.epoch === epoch &&
        seen.partition === record.partition &&
        seen.offset >= record.offset
      )
        this.#stale.add(key);
    }
    return keys.length > 0 && keys.every((key) => this.#stale.has(key));
  }
}

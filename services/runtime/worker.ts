/**
 * Runs a machine behind a topic: reads, loads the states a step needs, steps, and makes outputs, states, timers and
 * position durable together, one checkpoint a batch (invariant 7).
 *
 * - `event` clock: before each record, every timer due at or before the record's time is fired, in order. The worker
 *   keeps a clock of its own, durable with each checkpoint, so that a restart goes on at the same time and where a
 *   batch ends makes no difference.
 * - `wall` clock: timers are fired when they fall due, between batches.
 * - A step that throws is a bug: its record goes to the dead letters with the reason, nothing of it remains, and work
 *   goes on. What the batch did before it is done again from the stored states, since objects are changed in place.
 * - A checkpoint that is lost or fails drops what is cached and does the batch again, with growing pauses.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Topic, TopicValues } from '../../schemas/topics.js';
import { type Clock, EventClock } from './clock.js';
import { deadLetterOf } from './dead-letter.js';
import type { Drivers } from './drivers.js';
import { StepdownError } from './errors.js';
import type { Log } from './log.js';
import type { Machine, States } from './machine.js';
import type { Timer } from './schedule/types.js';
import { StateCache } from './state-cache.js';
import { Stepping } from './stepping.js';
import type { AnyOutgoing, StreamRecord, Subscription } from './stream/types.js';
import { TimerIndex } from './timer-index.js';

/** The topics whose records are inputs of such a machine. */
export type TopicOf<In> = { [K in Topic]: TopicValues[K] extends In ? K : never }[Topic];

export interface WorkerOptions<In> {
  machine: Machine<In>;
  topic: TopicOf<In>;
  drivers: Pick<Drivers, 'stream' | 'store' | 'schedule' | 'checkpoint'>;
  clock: Clock;
  log: Log;
  /** Of the topic's history: rises when its offsets begin anew, so that old positions are not compared with new ones. Default 1. */
  epoch?: number;
  /** States kept in memory. Default 50,000. */
  maxCached?: number;
  /** Records per checkpoint. Default 1,000. */
  maxBatch?: number;
  /** Outputs after which a batch is cut, so that no checkpoint grows without bound. Default 10,000. */
  maxOutputs?: number;
  /** Whether a dead letter carries the record itself. Default false: its place in the topic is enough to find it. */
  deadletterContent?: boolean;
  /** Told after each checkpoint what it made durable. Must not throw. */
  onOutputs?: (outputs: readonly AnyOutgoing[]) => void;
}

/** The machine threw while it worked on `what`: a record (`topic/partition@offset`) or a timer (`timer/id@due`). */
class StepFault extends Error {
  readonly what: string;
  constructor(what: string, cause: unknown) {
    super(`${what}: ${messageOf(cause)}`, { cause });
    this.what = what;
  }
}

/** Longer timeouts overflow in Node and fire at once. */
const LONGEST_WAIT_MS = 2 ** 31 - 1;
const SHORTEST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 5_000;

export class Worker<In> {
  readonly name: string;
  /** The states as they are now, live: look, do not change. A state that is not in memory is `undefined`; see `warm`. */
  readonly states: Pick<States, 'get'>;
  readonly #options: WorkerOptions<In>;
  readonly #cache: StateCache;
  readonly #clockKey: string;
  #stepping: Stepping<In>;
  #ownClock: EventClock | undefined;
  #durableNowMs = 0;
  /** The last offset this worker made durable, by partition. */
  readonly #committed = new Map<number, number>();
  /** What the machine threw on, and with what; skipped when it comes again. */
  readonly #faults = new Map<string, unknown>();
  /** Keys of the running step that have seen its record already: what it sets there is dropped. */
  readonly #stale = new Set<string>();
  #offset: number | undefined;
  #subscription: Subscription | undefined;
  #stopping = new AbortController();
  #turn: Promise<void> = Promise.resolve();
  #wakeUp: NodeJS.Timeout | undefined;
  #trouble: string | undefined = 'not started';
  readonly #waiting = new Set<() => void>();

  constructor(options: WorkerOptions<In>) {
    this.#options = options;
    this.name = options.machine.name;
    this.#cache = new StateCache(options.drivers.store, options.maxCached ?? 50_000);
    this.#clockKey = `worker/${encodeURIComponent(this.name)}`;
    this.states = { get: (key) => this.#cache.peek(key) };
    this.#stepping = this.#newStepping();
  }

  /** Reads the clock and the pending timers, then begins behind the last committed record. */
  async start(): Promise<void> {
    if (this.#subscription !== undefined)
      throw new StepdownError('already-running', `the worker ${this.name} runs already`);
    this.#stopping = new AbortController();
    await this.#recover();
    this.#subscription = await this.#options.drivers.stream.subscribe({
      topic: this.#options.topic,
      group: this.name,
      from: 'earliest',
      maxBatch: this.#options.maxBatch ?? 1_000,
      // Where a checkpoint is one transaction, all that a record leads to stands behind the record in one log.
      early: this.#options.drivers.checkpoint.atomic,
      handler: async (records) => this.#exclusive(async () => this.#batch(records)),
      onError: (error) => {
        this.#trouble = `the stream ended the subscription: ${messageOf(error)}`;
        this.#options.log.error({ err: error, worker: this.name }, 'the stream ended the subscription');
      },
    });
    this.#trouble = undefined;
    this.#scheduleWakeUp();
  }

  /** Resolves when the running batch is durable; nothing is worked on afterwards. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    clearTimeout(this.#wakeUp);
    await this.#subscription?.stop();
    this.#subscription = undefined;
    await this.#turn;
    this.#trouble = 'stopped';
    this.#wakeWaiting();
  }

  /** `undefined`: working; else what hinders it. */
  unready(): string | undefined {
    return this.#trouble;
  }

  /** Reads states into memory, so that `states` shows them. */
  async warm(keys: readonly string[]): Promise<void> {
    await this.#cache.warm(keys);
  }

  /** Reads all states that a step on this input would need. */
  async warmFor(input: In): Promise<void> {
    for (let known = -1; ;) {
      const keys = this.#options.machine.keys(input, this.states);
      if (keys.length === known) return;
      await this.#cache.warm(keys);
      known = keys.length;
    }
  }

  /** How many records are appended and not worked off yet. */
  async lag(): Promise<number> {
    const partitions = await this.#options.drivers.stream.state(this.#options.topic, this.name);
    return partitions.reduce(
      (sum, { end, start, committed }) => sum + Math.max(0, end - Math.max(start, committed + 1)),
      0,
    );
  }

  /** Resolves when everything appended before the call is worked off, or the worker is stopped. */
  async settled(): Promise<void> {
    const state = async () => this.#options.drivers.stream.state(this.#options.topic, this.name);
    const targets = new Map((await state()).map(({ partition, end }) => [partition, end - 1]));
    while (!this.#stopping.signal.aborted) {
      const behind = (await state()).some(
        ({ partition, committed, start, end }) => start < end && committed < (targets.get(partition) ?? -1),
      );
      // What is worked off may still be on its way to the disk.
      if (!behind) return this.#turn;
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
    }
  }

  #newStepping(): Stepping<In> {
    this.#ownClock = this.#options.clock.kind === 'event' ? new EventClock(this.#durableNowMs) : undefined;
    return new Stepping(this.#options.machine, this.#ownClock ?? this.#options.clock, new TimerIndex(), {
      get: (key) => {
        const entry = this.#cache.entry(key);
        if (entry === undefined) throw new Error(`${this.name} read the state ${key} without naming it`);
        return entry.value;
      },
      set: (key, value) => {
        if (!this.#stale.has(key)) this.#cache.set(key, value, this.#offset);
      },
    });
  }

  /** Time and timers as they are durable; whatever steps made since is forgotten. */
  async #recover(): Promise<void> {
    await this.#options.drivers.checkpoint.recover?.(this.name);
    this.#cache.drop([this.#clockKey]);
    await this.#cache.load([this.#clockKey]);
    this.#durableNowMs = (this.#cache.peek(this.#clockKey) as { nowMs: number } | undefined)?.nowMs ?? 0;
    // Others count from the shared clock what they are told of anew; it must not begin at the beginning of time.
    if (this.#options.clock.kind === 'event') this.#options.clock.advance(this.#durableNowMs);
    this.#stepping = this.#newStepping();
    const timers = await this.#options.drivers.schedule.due(this.name, Number.MAX_VALUE, Number.MAX_SAFE_INTEGER);
    for (const timer of timers) this.#stepping.timers.set(timer);
  }

  /** One thing at a time, done again until it is durable or the worker is stopped (then the stream delivers it anew). */
  #exclusive(work: () => Promise<void>): Promise<void> {
    const run = this.#turn.then(async () => this.#untilDurable(work));
    this.#turn = run.catch(() => undefined);
    return run;
  }

  async #untilDurable(work: () => Promise<void>): Promise<void> {
    const { signal } = this.#stopping;
    let again = false;
    for (let failures = 0; ;) {
      if (signal.aborted) throw new StepdownError('not-running', `the worker ${this.name} is stopped`);
      try {
        if (again) await this.#recover();
        await work();
        this.#trouble = undefined;
        this.#scheduleWakeUp();
        return;
      } catch (error) {
        again = true;
        if (error instanceof StepFault) {
          this.#faults.set(error.what, error.cause);
          this.#options.log.error(
            { err: error.cause, worker: this.name, at: error.what },
            'a step failed; its input goes to the dead letters',
          );
          continue;
        }
        this.#trouble = messageOf(error);
        this.#options.log.warn(
          { err: error, worker: this.name, failures },
          'a batch could not be made durable and is done again',
        );
        const longest = Math.min(LONGEST_PAUSE_MS, SHORTEST_PAUSE_MS * 2 ** failures++);
        await delay(longest / 2 + (Math.random() * longest) / 2, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  async #batch(records: readonly StreamRecord[]): Promise<void> {
    const maxOutputs = this.#options.maxOutputs ?? 10_000;
    let open: StreamRecord | undefined;
    let prefetched = false;
    for (const record of records) {
      // A first part of this very batch may have become durable before a later part failed.
      if (record.offset <= (this.#committed.get(record.partition) ?? -1)) continue;
      open = record;
      this.#offset = record.offset;
      const what = `${record.topic}/${record.partition}@${record.offset}`;
      if (this.#faults.has(what)) this.#setAside(what, record.value);
      else {
        const input = record.value as In;
        const timeMs = this.#ask(what, () => this.#options.machine.timeOf(input));
        if (this.#ownClock !== undefined) await this.#fireUntil(timeMs, record, Infinity);
        const keysOf = () => this.#options.machine.keys(input, this.states);
        let keys = this.#ask(what, keysOf);
        if (!keys.every((key) => this.#cache.has(key))) {
          // One read for the whole batch, and then only for keys that depend on what a state holds.
          if (!prefetched) await this.#cache.load(records.flatMap((each) => this.#guessKeys(each)));
          prefetched = true;
          keys = await this.#load(what, keysOf);
        }
        if (!this.#seenByAll(keys, record)) this.#ask(what, () => this.#stepping.step(input, timeMs));
      }
      if (this.#stepping.outputs >= maxOutputs) {
        await this.#checkpoint(record);
        open = undefined;
      }
    }
    if (open !== undefined) await this.#checkpoint(open);
  }

  /** @param record the one before which they are fired; none for the wall clock */
  async #fireUntil(timeMs: number, record: StreamRecord | undefined, most: number): Promise<void> {
    for (let fired = 0; fired < most; fired++) {
      const timer = this.#stepping.due(timeMs);
      if (timer === undefined) return;
      await this.#fire(timer, record);
    }
  }

  async #fire(timer: Timer, record: StreamRecord | undefined): Promise<void> {
    const what = `timer/${timer.id}@${timer.dueMs}`;
    if (this.#faults.has(what)) {
      this.#stepping.settle(timer);
      this.#setAside(what, timer.payload);
      return;
    }
    const keys = await this.#load(what, () => this.#options.machine.timerKeys(timer, this.states));
    if (this.#seenByAll(keys, record)) this.#stepping.settle(timer);
    else this.#ask(what, () => this.#stepping.fire(timer));
  }

  /** Whatever the machine throws names what it was working on. */
  #ask<T>(what: string, question: () => T): T {
    try {
      return question();
    } catch (error) {
      throw new StepFault(what, error);
    }
  }

  /** Loads what is named until nothing new is named. */
  async #load(what: string, keysOf: () => string[]): Promise<string[]> {
    for (;;) {
      const keys = this.#ask(what, keysOf);
      if (keys.every((key) => this.#cache.has(key))) return keys;
      await this.#cache.load(keys);
    }
  }

  #guessKeys(record: StreamRecord): string[] {
    try {
      return this.#options.machine.keys(record.value as In, this.states);
    } catch {
      return []; // Asked again, and answered for, when it is this record's turn.
    }
  }

  /** Whether every key has seen the record; keys that have are noted, so that what is set there is dropped. */
  #seenByAll(keys: readonly string[], record: StreamRecord | undefined): boolean {
    this.#stale.clear();
    // Where position and states are one transaction, a state is never ahead of the position.
    if (record === undefined || this.#options.drivers.checkpoint.atomic) return false;
    const epoch = this.#options.epoch ?? 1;
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

  #setAside(what: string, value: unknown): void {
    const cause = this.#faults.get(what);
    this.#stepping.emit(
      deadLetterOf({
        machine: this.name,
        what,
        value,
        cause,
        atMs: this.#stepping.clock.now(),
        keep: this.#options.deadletterContent ?? false,
      }),
    );
  }

  /** @param last the last record worked off, whose position becomes durable; none for timers of the wall clock */
  async #checkpoint(last: StreamRecord | undefined): Promise<void> {
    const { outputs, timers } = this.#stepping.take();
    const nowMs = this.#ownClock?.now();
    if (nowMs !== undefined && nowMs !== this.#durableNowMs) this.#cache.set(this.#clockKey, { nowMs }, last?.offset);
    const writes = this.#cache.writes(
      last === undefined ? undefined : { epoch: this.#options.epoch ?? 1, partition: last.partition },
    );
    const position =
      last === undefined
        ? {}
        : { position: { group: this.name, topic: last.topic, partition: last.partition, offset: last.offset } };
    const outcome = await this.#options.drivers.checkpoint.commit({ outputs, writes, timers, ...position });
    if (!outcome.ok) {
      throw new StepdownError('store-conflict', `others have written ${outcome.lost.join(', ')}`);
    }
    this.#cache.committed(writes);
    if (last !== undefined) this.#committed.set(last.partition, last.offset);
    if (nowMs !== undefined) {
      this.#durableNowMs = nowMs;
      this.#options.clock.advance(nowMs);
    }
    this.#options.onOutputs?.(outputs);
    this.#wakeWaiting();
  }

  #wakeWaiting(): void {
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
  }

  #scheduleWakeUp(): void {
    if (this.#ownClock !== undefined || this.#stopping.signal.aborted) return;
    clearTimeout(this.#wakeUp);
    const timer = this.#stepping.timers.earliest();
    if (timer === undefined) return;
    const waitMs = Math.min(LONGEST_WAIT_MS, Math.max(0, Math.ceil(timer.dueMs - this.#options.clock.now())));
    this.#wakeUp = setTimeout(() => {
      this.#exclusive(async () => {
        this.#offset = undefined;
        await this.#fireUntil(this.#options.clock.now(), undefined, this.#options.maxBatch ?? 1_000);
        await this.#checkpoint(undefined);
      }).catch((error: unknown) => {
        if (!this.#stopping.signal.aborted)
          this.#options.log.error({ err: error, worker: this.name }, 'timers could not be fired');
      });
    }, waitMs);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

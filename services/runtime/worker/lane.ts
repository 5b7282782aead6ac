/**
 * One partition's work: everything that has one writer per partition stands here, and nothing of it elsewhere. The claim
 * (checkpoint), the clock, the timers, the states in memory and the position belong to the partition, not to the process:
 * a partition that moves to another process is taken up there by a new lane, and this one's late work is refused. It is one
 * long class for that: what it holds is private to the one writer.
 *
 * - `event` clock: before each record, every timer due at or before the record's time is fired, in order. The lane keeps
 *   a clock of its own, durable with each checkpoint, so that a restart goes on at the same time and where a batch ends
 *   makes no difference.
 * - `wall` clock: timers are fired when they fall due, between batches.
 * - A step that throws is a bug, and one that makes what the stream can never take is no better: its record goes to the
 *   dead letters with the reason, nothing of it remains, and work goes on. What the batch did before it is done again from
 *   the stored states, since objects are changed in place.
 * - A checkpoint that is lost or fails drops what is cached, claims again and does the batch again, with growing pauses.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Claim } from '../checkpoint/types.js';
import { EventClock } from '../clock.js';
import { deadLetterOf } from '../dead-letter.js';
import { StepdownError } from '../errors.js';
import type { Ledger, States } from '../machine.js';
import type { Timer, Watch } from '../schedule/types.js';
import { StateCache } from '../state-cache.js';
import { Stepping } from '../stepping.js';
import { RecordTooLarge } from '../stream/too-large.js';
import type { AnyOutgoing, StreamRecord } from '../stream/types.js';
import { TimerIndex } from '../timer-index.js';
import { finite, listed } from './machine-answers.js';
import type { WorkerOptions } from './options.js';
import { StepFault } from './step-fault.js';
import { LedgerSweep, type LedgerTimer, SWEEP_EVERY_MS } from './sweep.js';
import { TimerWindow } from './timer-window.js';

/** Longer timeouts overflow in Node and fire at once. */
const LONGEST_WAIT_MS = 2 ** 31 - 1;
const SHORTEST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 5_000;
/** Timers held in memory per lane; the others are read when their time comes near. */
const TIMERS_HELD = 10_000;

/**
 * Whose timers, clock and claim these are. The first partition bears the bare name, as it does where there is no other, so
 * that what was written with one partition goes on with several.
 */
export function laneName(machine: string, partition: number): string {
  return partition === 0 ? machine : `${machine}/${partition}`;
}

export interface LaneOptions<In> extends WorkerOptions<In> {
  partition: number;
  /** Told whenever something became durable, or the lane ended. */
  onProgress: () => void;
}

export class Lane<In> {
  readonly partition: number;
  readonly name: string;
  /** The states as they are now, live: look, do not change. A state that is not in memory is `undefined`; see `warm`. */
  readonly states: Pick<States, 'get'>;
  readonly #options: LaneOptions<In>;
  readonly #cache: StateCache;
  readonly #clockKey: string;
  readonly #window: TimerWindow;
  #stepping: Stepping<In>;
  #ownClock: EventClock | undefined;
  #durableNowMs = 0;
  #claim: Claim | undefined;
  /** The last offset this lane made durable. */
  #committed = -1;
  /** When that record was appended, where it is known. */
  #committedAtMs: number | undefined;
  /** Whose outputs begin where among those that are not durable yet. */
  #made: { what: string; from: number }[] = [];
  /** What the machine threw on, or made too large, and with what; skipped when it comes again. */
  readonly #faults = new Map<string, unknown>();
  /** Keys of the running step that have seen its record already: what it sets there is dropped. */
  readonly #stale = new Set<string>();
  #offset: number | undefined;
  readonly #ending = new AbortController();
  #turn: Promise<void> = Promise.resolve();
  #wakeUp: NodeJS.Timeout | undefined;
  #sweeping: LedgerSweep | undefined;
  #watch: Promise<Watch | undefined> | undefined;
  #trouble: string | undefined = 'not begun';

  constructor(options: LaneOptions<In>) {
    this.#options = options;
    this.partition = options.partition;
    this.name = laneName(options.machine.name, options.partition);
    this.#cache = new StateCache(options.drivers.store, options.maxCached ?? 50_000);
    this.#clockKey = `worker/${encodeURIComponent(this.name)}`;
    this.states = { get: (key) => this.#cache.peek(key) };
    const most = options.clock.kind === 'event' ? Infinity : (options.maxTimers ?? TIMERS_HELD);
    this.#window = new TimerWindow(options.drivers.schedule, this.name, most);
    this.#stepping = this.#newStepping();
  }

  /** Takes the partition over: claims it, finishes what was cut short, reads the clock and the nearest timers. */
  async begin(): Promise<void> {
    await this.#recover();
    this.#begun();
  }

  /** The same, tried until it is done or the lane is ended. */
  beginPatiently(): Promise<void> {
    return this.#exclusive(async () => this.#begun(), true);
  }

  /** The partition is this process's again or still: what is in memory counts if nobody claimed it in between. */
  confirm(): Promise<void> {
    const { checkpoint } = this.#options.drivers;
    return this.#exclusive(async () => {
      if (this.#claim === undefined || checkpoint.holds === undefined) return;
      if (!(await checkpoint.holds(this.#claim))) await this.#recover();
    });
  }

  /** Works a batch off; resolves when it is durable. Rejects with `not-running` once the lane is ended. */
  work(records: readonly StreamRecord[]): Promise<void> {
    return this.#exclusive(async () => this.#batch(records));
  }

  /** Nothing is worked on any more; resolves when the running batch is durable or given up. */
  async end(): Promise<void> {
    this.#ending.abort();
    clearTimeout(this.#wakeUp);
    this.#sweeping?.stop();
    await this.#turn;
    await (await this.#watch)?.stop();
    this.#trouble = 'ended';
    this.#options.onProgress();
  }

  get ended(): boolean {
    return this.#ending.signal.aborted;
  }

  /** Resolves when what was begun is done. */
  get idle(): Promise<void> {
    return this.#turn;
  }

  /** `undefined`: working; else what hinders it. */
  get trouble(): string | undefined {
    return this.#trouble;
  }

  /** Reads states into memory, so that `states` shows them. */
  async warm(keys: readonly string[]): Promise<void> {
    await this.#cache.warm(keys);
  }

  #begun(): void {
    this.#trouble = undefined;
    this.#scheduleWakeUp();
    const { machine, clock, drivers } = this.#options;
    if (clock.kind === 'event' || this.ended) return;
    if (!drivers.checkpoint.atomic) this.#watch ??= this.#watchSchedule();
    if (machine.ledger !== undefined) this.#sweeping ??= this.#newSweep(machine.ledger);
  }

  #newStepping(): Stepping<In> {
    this.#made = [];
    this.#ownClock = this.#options.clock.kind === 'event' ? new EventClock(this.#durableNowMs) : undefined;
    return new Stepping(
      this.#options.machine,
      this.#ownClock ?? this.#options.clock,
      new TimerIndex(),
      {
        get: (key) => {
          const entry = this.#cache.entry(key);
          if (entry === undefined) throw new Error(`${this.name} read the state ${key} without naming it`);
          return entry.value;
        },
        set: (key, value) => {
          if (!this.#stale.has(key)) this.#cache.set(key, value, this.#offset);
        },
      },
      this.name,
    );
  }

  /** Time and timers as they are durable; whatever steps made since is forgotten. */
  async #recover(): Promise<void> {
    const { checkpoint } = this.#options.drivers;
    const former = this.#claim;
    this.#claim = await checkpoint.claim?.(this.name);
    // Another owner may have written anything; without one only the running batch is in doubt.
    if (this.#claim === undefined || former === undefined || this.#claim.version === former.version + 1)
      this.#cache.drop([this.#clockKey]);
    else this.#cache.clear();
    await this.#checkEpoch();
    this.#reached(this.#claim?.position);
    await this.#cache.load([this.#clockKey]);
    this.#durableNowMs = (this.#cache.peek(this.#clockKey) as { nowMs: number } | undefined)?.nowMs ?? 0;
    // Others count from the shared clock what they are told of anew; it must not begin at the beginning of time.
    if (this.#options.clock.kind === 'event') this.#options.clock.advance(this.#durableNowMs);
    this.#stepping = this.#newStepping();
    await this.#window.fill(this.#stepping.timers);
  }

  #reached(position: { offset: number; appendedAtMs?: number } | undefined): void {
    if (position === undefined || position.offset < this.#committed) return;
    this.#committed = position.offset;
    this.#committedAtMs = position.appendedAtMs;
  }

  /**
   * A topic that was made anew counts from 0: positions of the old one must not hide its records.
   * @param first what was delivered although its offset is worked off; at the start nothing
   */
  async #checkEpoch(first?: StreamRecord): Promise<void> {
    const claim = this.#claim;
    const { checkpoint, stream } = this.#options.drivers;
    if (claim?.position === undefined || checkpoint.beginEpoch === undefined) return;
    const { topic } = this.#options;
    const state = (await stream.state(topic)).find(({ partition }) => partition === this.partition);
    if (state === undefined) return;
    const { offset } = claim.position;
    if (offset < state.end) {
      if (first === undefined || offset < state.start) return;
      const [same] = await stream.read(topic, { partition: this.partition, from: offset, limit: 1 });
      if (same?.offset !== offset || same.appendedAtMs === this.#committedAtMs) return;
    }
    this.#options.log.warn(
      { worker: this.name, position: offset, end: state.end },
      'the topic begins anew: a new epoch',
    );
    await checkpoint.beginEpoch(claim);
    this.#committed = -1;
    this.#committedAtMs = undefined;
  }

  /** Delivered once more it is as old as it was; newer than the last that was worked off, it may be of another topic. */
  #mayBeginAnew({ offset, appendedAtMs }: StreamRecord): boolean {
    return offset <= this.#committed && this.#committedAtMs !== undefined && appendedAtMs > this.#committedAtMs;
  }

  get #epoch(): number {
    return this.#claim?.epoch ?? this.#options.epoch ?? 1;
  }

  /** One thing at a time, done again until it is durable or the lane is ended (then the stream delivers it anew). */
  #exclusive(work: () => Promise<void>, recoverFirst = false): Promise<void> {
    const run = this.#turn.then(async () => this.#untilDurable(work, recoverFirst));
    this.#turn = run.catch(() => undefined);
    return run;
  }

  async #untilDurable(work: () => Promise<void>, recoverFirst: boolean): Promise<void> {
    const { signal } = this.#ending;
    let again = recoverFirst;
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
    const [first] = records;
    if (first !== undefined && this.#mayBeginAnew(first)) await this.#checkEpoch(first);
    for (const record of records) {
      // A first part of this very batch may have become durable before a later part failed.
      if (record.offset <= this.#committed) continue;
      open = record;
      this.#offset = record.offset;
      const what = `${record.topic}/${record.partition}@${record.offset}`;
      if (this.#faults.has(what)) this.#setAside(what, record.value);
      else {
        const input = record.value as In;
        const timeMs = this.#ask(what, () => finite(this.#options.machine.timeOf(input)));
        if (this.#ownClock !== undefined) await this.#fireUntil(timeMs, record, Infinity);
        const keysOf = () => this.#options.machine.keys(input, this.states);
        let keys = this.#ask(what, () => listed(keysOf()));
        if (!keys.every((key) => this.#cache.has(key))) {
          // One read for the whole batch, and then only for keys that depend on what a state holds.
          if (!prefetched) await this.#cache.load(records.flatMap((each) => this.#guessKeys(each)));
          prefetched = true;
          keys = await this.#load(what, keysOf);
        }
        if (!this.#seenByAll(keys, record)) {
          this.#begins(what);
          this.#ask(what, () => this.#stepping.step(input, timeMs));
        }
      }
      if (this.#stepping.outputs >= maxOutputs) {
        await this.#checkpoint(record);
        open = undefined;
      }
    }
    if (open !== undefined) await this.#checkpoint(open);
    else await this.#moveUp(records);
  }

  /**
   * All of it was durable already, but the stream delivered it anew: a rebalance has refused the position, and where nothing
   * more comes nobody else would move it.
   */
  async #moveUp(records: readonly StreamRecord[]): Promise<void> {
    const last = records.at(-1);
    const { checkpoint, stream } = this.#options.drivers;
    if (last === undefined || last.offset > this.#committed || checkpoint.atomic) return;
    const { topic, partition, offset } = last;
    try {
      await stream.commit({ group: this.#options.machine.name, topic, partition, offset });
    } catch (error) {
      // Refused again it comes again, here or at its new owner's.
      if (!(error instanceof StepdownError && error.code === 'not-owner')) throw error;
    }
    this.#options.onProgress();
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
    else {
      this.#begins(what);
      this.#ask(what, () => this.#stepping.fire(timer));
    }
  }

  /** What is made from now on is this one's. */
  #begins(what: string): void {
    this.#made.push({ what, from: this.#stepping.outputs });
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
      const keys = this.#ask(what, () => listed(keysOf()));
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

  /** Whether every key has seen the record; keys that have are noted, so that what is set there is dropped. */
  #seenByAll(keys: readonly string[], record: StreamRecord | undefined): boolean {
    this.#stale.clear();
    // Where position and states are one transaction, a state is never ahead of the position.
    if (record === undefined || this.#options.drivers.checkpoint.atomic) return false;
    const epoch = this.#epoch;
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
    this.#begins(what);
    this.#stepping.emit(
      deadLetterOf({
        machine: this.#options.machine.name,
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
    const made = this.#made;
    this.#made = [];
    const nowMs = this.#ownClock?.now();
    if (nowMs !== undefined && nowMs !== this.#durableNowMs) this.#cache.set(this.#clockKey, { nowMs }, last?.offset);
    // Where position and states are one transaction nobody asks what a state has seen, and what ends leaves no mark.
    const seeing = last !== undefined && !this.#options.drivers.checkpoint.atomic;
    const writes = this.#cache.writes(seeing ? { epoch: this.#epoch, partition: this.partition } : undefined);
    const position =
      last === undefined
        ? {}
        : {
            position: {
              group: this.#options.machine.name,
              topic: last.topic,
              partition: this.partition,
              offset: last.offset,
              appendedAtMs: last.appendedAtMs,
            },
          };
    const claim = this.#claim === undefined ? {} : { claim: this.#claim };
    const unit = { outputs, writes, timers, ...position, ...claim };
    const outcome = await this.#options.drivers.checkpoint.commit(unit).catch((error: unknown) => {
      throw tooLargeStep(error, outputs, made) ?? error;
    });
    if (!outcome.ok) {
      throw new StepdownError(
        'store-conflict',
        outcome.fenced === true
          ? `another process has claimed ${this.name}`
          : `others have written ${outcome.lost.join(', ')}`,
      );
    }
    this.#cache.committed(writes);
    if (last !== undefined) this.#reached(last);
    this.#window.trim(this.#stepping.timers);
    if (nowMs !== undefined) {
      this.#durableNowMs = nowMs;
      this.#options.clock.advance(nowMs);
    }
    this.#options.onOutputs?.(outputs);
    this.#options.onProgress();
  }

  #scheduleWakeUp(): void {
    if (this.#ownClock !== undefined || this.ended) return;
    clearTimeout(this.#wakeUp);
    const nextMs = Math.min(this.#stepping.timers.earliest()?.dueMs ?? Infinity, this.#window.untilMs);
    if (nextMs === Infinity) return;
    const waitMs = Math.min(LONGEST_WAIT_MS, Math.max(0, Math.ceil(nextMs - this.#options.clock.now())));
    this.#wakeUp = setTimeout(
      () => this.#inTheBackground(async () => this.#fireDue(), 'timers could not be fired'),
      waitMs,
    );
  }

  /** What is due by the wall clock, then whatever of the schedule has come near. */
  async #fireDue(): Promise<void> {
    this.#offset = undefined;
    const nowMs = this.#options.clock.now();
    const before = this.#window.untilMs;
    // Beyond what is held another timer may be due earlier.
    await this.#fireUntil(nowMs < before ? nowMs : before - 1, undefined, this.#options.maxBatch ?? 1_000);
    await this.#checkpoint(undefined);
    const next = this.#stepping.timers.earliest();
    if (nowMs >= before && (next === undefined || next.dueMs >= before)) await this.#window.fill(this.#stepping.timers);
  }

  #newSweep(ledger: Ledger): LedgerSweep {
    const { drivers, topic, sweepEveryMs, log } = this.#options;
    return new LedgerSweep({
      ledger,
      store: drivers.store,
      everyMs: sweepEveryMs ?? SWEEP_EVERY_MS,
      isMine: (key) => (drivers.partitionOf?.(topic, key) ?? 0) === this.partition,
      // Whatever the schedule has that is due before the window's end is at hand.
      isMissing: ({ id, dueMs }) => dueMs < this.#window.untilMs && this.#stepping.timers.get(id) === undefined,
      alone: async (work) => this.#exclusive(work),
      makeUpFor: async (lost) => this.#makeUpFor(lost),
      onFailure: (error) => log.error({ err: error, worker: this.name }, 'the ledger could not be swept'),
    });
  }

  /** Looks now at what should have had a timer; the machine says what is to be done, and when to look again. */
  async #makeUpFor(lost: readonly LedgerTimer[]): Promise<void> {
    const { clock, log } = this.#options;
    for (const timer of lost) {
      log.warn({ worker: this.name, timer: timer.id }, 'a timer was lost and is made up for');
      this.#stepping.adopt({ ...timer, dueMs: Math.min(timer.dueMs, clock.now()) });
    }
    await this.#fireDue();
  }

  /** Where the schedule is an engine of its own: what another process has set, or this one has lost sight of, is fired too. */
  async #watchSchedule(): Promise<Watch | undefined> {
    const { schedule } = this.#options.drivers;
    const look = async (): Promise<void> => {
      const dueMs = await schedule.nextDueMs(this.name);
      if (dueMs === undefined || dueMs > this.#options.clock.now()) return;
      await this.#window.fill(this.#stepping.timers);
      await this.#fireDue();
    };
    try {
      return await schedule.watch(this.name, () => {
        if (!this.ended) this.#inTheBackground(look, 'the schedule could not be looked at');
      });
    } catch (error) {
      this.#options.log.warn(
        { err: error, worker: this.name },
        'the schedule cannot be watched; timers are held in memory',
      );
      this.#watch = undefined;
      return undefined;
    }
  }

  #inTheBackground(work: () => Promise<void>, failed: string): void {
    this.#exclusive(work).catch((error: unknown) => {
      if (!this.ended) this.#options.log.error({ err: error, worker: this.name }, failed);
    });
  }
}

/** The step whose output the stream can never take: to try it again would stop its partition for ever. */
function tooLargeStep(
  error: unknown,
  outputs: readonly AnyOutgoing[],
  made: readonly { what: string; from: number }[],
): StepFault | undefined {
  if (!(error instanceof RecordTooLarge)) return undefined;
  const at = outputs.indexOf(error.record);
  const step = at < 0 ? undefined : [...made].reverse().find(({ from }) => from <= at);
  return step === undefined ? undefined : new StepFault(step.what, error);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

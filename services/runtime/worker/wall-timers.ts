/**
 * Timers of a partition by the wall clock: they are fired when they fall due, between batches, and what a schedule has lost,
 * or another process has set, is found too. By the events' clock nothing here happens.
 */
import type { Ledger } from '../machine.js';
import type { Watch } from '../schedule/types.js';
import type { LaneSteps } from './lane-steps.js';
import type { WorkerOptions } from './options.js';
import { LedgerSweep, type LedgerTimer, SWEEP_EVERY_MS } from './sweep.js';

/** Longer timeouts overflow in Node and fire at once. */
const LONGEST_WAIT_MS = 2 ** 31 - 1;
/** Fired at once, unless the worker's batches say otherwise. */
const MOST_AT_ONCE = 1_000;

export interface WallTimersOptions<In> extends WorkerOptions<In> {
  owner: string;
  partition: number;
  steps: LaneSteps<In>;
  /** Runs work while nothing else is worked on, until it is durable. */
  alone: (work: () => Promise<void>) => Promise<void>;
  /** Makes durable what the timers led to. */
  checkpoint: () => Promise<void>;
}

export class WallTimers<In> {
  readonly #options: WallTimersOptions<In>;
  #wakeUp: NodeJS.Timeout | undefined;
  #sweeping: LedgerSweep | undefined;
  #watch: Promise<Watch | undefined> | undefined;
  #ended = false;

  constructor(options: WallTimersOptions<In>) {
    this.#options = options;
  }

  /** From now on they are fired; may be said again. */
  begin(): void {
    this.arm();
    const { machine, clock, drivers } = this.#options;
    if (clock.kind === 'event' || this.#ended) return;
    if (!drivers.checkpoint.atomic) this.#watch ??= this.#watchSchedule();
    if (machine.ledger !== undefined) this.#sweeping ??= this.#newSweep(machine.ledger);
  }

  /** Wakes when the next of those at hand falls due. */
  arm(): void {
    const { clock, steps } = this.#options;
    if (clock.kind === 'event' || this.#ended) return;
    clearTimeout(this.#wakeUp);
    const nextMs = Math.min(steps.timers.earliest()?.dueMs ?? Infinity, steps.window.untilMs);
    if (nextMs === Infinity) return;
    const waitMs = Math.min(LONGEST_WAIT_MS, Math.max(0, Math.ceil(nextMs - clock.now())));
    this.#wakeUp = setTimeout(
      () => this.#inTheBackground(async () => this.#fireDue(), 'timers could not be fired'),
      waitMs,
    );
  }

  /** Nothing is begun afterwards. */
  end(): void {
    this.#ended = true;
    clearTimeout(this.#wakeUp);
    this.#sweeping?.stop();
  }

  /** Lets go of the schedule, once what was begun is done. */
  async leave(): Promise<void> {
    await (await this.#watch)?.stop();
  }

  /** What is due by the wall clock, then whatever of the schedule has come near. */
  async #fireDue(): Promise<void> {
    const { steps, clock, maxBatch, checkpoint } = this.#options;
    const nowMs = clock.now();
    const before = steps.window.untilMs;
    // Beyond what is held another timer may be due earlier.
    await steps.fire(nowMs < before ? nowMs : before - 1, maxBatch ?? MOST_AT_ONCE);
    await checkpoint();
    const next = steps.timers.earliest();
    if (nowMs >= before && (next === undefined || next.dueMs >= before)) await steps.window.fill(steps.timers);
  }

  #newSweep(ledger: Ledger): LedgerSweep {
    const { drivers, topic, sweepEveryMs, log, owner, partition, steps, alone } = this.#options;
    return new LedgerSweep({
      ledger,
      store: drivers.store,
      everyMs: sweepEveryMs ?? SWEEP_EVERY_MS,
      isMine: (key) => (drivers.partitionOf?.(topic, key) ?? 0) === partition,
      // Whatever the schedule has that is due before the window's end is at hand.
      isMissing: ({ id, dueMs }) => dueMs < steps.window.untilMs && steps.timers.get(id) === undefined,
      alone,
      makeUpFor: async (lost) => this.#makeUpFor(lost),
      onFailure: (error) => log.error({ err: error, worker: owner }, 'the ledger could not be swept'),
    });
  }

  /** Looks now at what should have had a timer; the machine says what is to be done, and when to look again. */
  async #makeUpFor(lost: readonly LedgerTimer[]): Promise<void> {
    const { clock, log, owner, steps } = this.#options;
    for (const timer of lost) {
      log.warn({ worker: owner, timer: timer.id }, 'a timer was lost and is made up for');
      steps.adopt({ ...timer, dueMs: Math.min(timer.dueMs, clock.now()) });
    }
    await this.#fireDue();
  }

  /** Where the schedule is an engine of its own: what another process has set, or this one has lost sight of, is fired too. */
  async #watchSchedule(): Promise<Watch | undefined> {
    const { owner, clock, drivers, steps, log } = this.#options;
    const { schedule } = drivers;
    const look = async (): Promise<void> => {
      const dueMs = await schedule.nextDueMs(owner);
      if (dueMs === undefined || dueMs > clock.now()) return;
      await steps.window.fill(steps.timers);
      await this.#fireDue();
    };
    try {
      return await schedule.watch(owner, () => {
        if (!this.#ended) this.#inTheBackground(look, 'the schedule could not be looked at');
      });
    } catch (error) {
      log.warn({ err: error, worker: owner }, 'the schedule cannot be watched; timers are held in memory');
      this.#watch = undefined;
      return undefined;
    }
  }

  #inTheBackground(work: () => Promise<void>, failed: string): void {
    const { alone, log, owner } = this.#options;
    alone(work).catch((error: unknown) => {
      if (!this.#ended) log.error({ err: error, worker: owner }, failed);
    });
  }
}

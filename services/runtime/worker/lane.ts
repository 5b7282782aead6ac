/**
 * One partition's work: everything that has one writer per partition stands here, and nothing of it elsewhere. The claim
 * and the position (lane-position.ts), the clock, the timers and the states in memory (lane-steps.ts, wall-timers.ts)
 * belong to the partition, not to the process: a partition that moves to another process is taken up there by a new lane,
 * and this one's late work is refused.
 *
 * - One thing at a time: batches, timers and the sweep take turns.
 * - A step that fails (step-faults.ts) has its record go to the dead letters, nothing of it remains, and work goes on. What
 *   the batch did before it is done again from the stored states, since objects are changed in place.
 * - A checkpoint that is lost or fails drops what is cached, claims again and does the batch again, with growing pauses.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { StepdownError } from '../errors.js';
import type { States } from '../machine.js';
import type { StreamRecord } from '../stream/types.js';
import { LanePosition } from './lane-position.js';
import { type Ahead, LaneSteps } from './lane-steps.js';
import type { WorkerOptions } from './options.js';
import { StepFault } from './step-fault.js';
import { StepFaults } from './step-faults.js';
import { WallTimers } from './wall-timers.js';

const SHORTEST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 5_000;
const MOST_OUTPUTS = 10_000;

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
  readonly #position: LanePosition;
  readonly #faults: StepFaults;
  readonly #steps: LaneSteps<In>;
  readonly #timers: WallTimers<In>;
  readonly #ending = new AbortController();
  #turn: Promise<void> = Promise.resolve();
  #trouble: string | undefined = 'not begun';
  /** Waits for its turn. */
  #puttingBack = false;

  constructor(options: LaneOptions<In>) {
    const { partition, machine, topic, drivers, epoch, log } = options;
    this.#options = options;
    this.partition = partition;
    this.name = laneName(machine.name, partition);
    const owner = this.name;
    this.#position = new LanePosition({
      ...{ owner, partition, topic, drivers, log },
      ...{ group: machine.name, epoch: epoch ?? 1 },
    });
    this.#faults = new StepFaults({ machine: machine.name, keep: options.deadletterContent ?? false });
    this.#steps = new LaneSteps({ ...options, owner, position: this.#position, faults: this.#faults });
    this.#timers = new WallTimers({
      ...{ ...options, owner, steps: this.#steps },
      alone: async (work) => this.#exclusive(work),
      checkpoint: async () => this.#checkpoint(undefined),
    });
    this.states = this.#steps.states;
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
    return this.#exclusive(async () => {
      if (!(await this.#position.holds())) await this.#recover();
    });
  }

  /** The store was away, and may have come back without what it answered last: what is gone is written again. */
  async putBack(): Promise<void> {
    if (this.#puttingBack) return;
    this.#puttingBack = true;
    await this.#exclusive(async () => {
      this.#puttingBack = false;
      const { claim } = this.#position;
      const versions = claim === undefined ? undefined : await this.#options.drivers.checkpoint.putBack?.(claim);
      if (versions === undefined || versions.size === 0) return;
      this.#steps.renumber(versions);
      this.#sayPutBack(versions);
    });
  }

  /** Works a batch off; resolves when it is durable. Rejects with `not-running` once the lane is ended. */
  work(records: readonly StreamRecord[]): Promise<void> {
    return this.#exclusive(async () => this.#batch(records));
  }

  /** Nothing is worked on any more; resolves when the running batch is durable or given up. */
  async end(): Promise<void> {
    this.#ending.abort();
    this.#timers.end();
    await this.#turn;
    await this.#timers.leave();
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
    await this.#steps.warm(keys);
  }

  #sayPutBack(versions: ReadonlyMap<string, number>): void {
    this.#options.log.warn(
      { worker: this.name, documents: versions.size },
      'the store had lost what it had answered; it was written again',
    );
  }

  #begun(): void {
    this.#trouble = undefined;
    this.#timers.begin();
  }

  /** Time, timers and position as they are durable; whatever steps made since is forgotten. */
  async #recover(): Promise<void> {
    this.#steps.forget(await this.#position.takeOver());
    await this.#position.checkEpoch();
    this.#position.resume();
    await this.#steps.restore();
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
        this.#timers.arm();
        return;
      } catch (error) {
        again = true;
        if (error instanceof StepFault) {
          this.#faults.note(error);
          this.#options.log.error(
            { err: error.cause, worker: this.name, at: error.what },
            'a step failed; its input goes to the dead letters',
          );
          continue;
        }
        this.#trouble = error instanceof Error ? error.message : String(error);
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
    const maxOutputs = this.#options.maxOutputs ?? MOST_OUTPUTS;
    const ahead: Ahead = { records, read: false };
    let open: StreamRecord | undefined;
    const [first] = records;
    if (first !== undefined && this.#position.mayBeginAnew(first)) await this.#position.checkEpoch(first);
    for (const record of records) {
      // A first part of this very batch may have become durable before a later part failed.
      if (this.#position.isWorkedOff(record.offset)) continue;
      open = record;
      await this.#steps.record(record, ahead);
      if (this.#steps.outputs >= maxOutputs) {
        await this.#checkpoint(record);
        open = undefined;
      }
    }
    if (open !== undefined) await this.#checkpoint(open);
    else {
      await this.#position.moveUp(records);
      this.#options.onProgress();
    }
  }

  /** @param last the last record worked off, whose position becomes durable; none for timers of the wall clock */
  async #checkpoint(last: StreamRecord | undefined): Promise<void> {
    const taken = this.#steps.take(last);
    const { outputs, writes, timers } = taken;
    const { claim } = this.#position;
    const unit = {
      ...{ outputs, writes, timers },
      ...(last === undefined ? {} : { position: this.#position.at(last) }),
      positionMayFollow: this.#options.positionsMayFollow ?? false,
      ...(claim === undefined ? {} : { claim }),
    };
    const outcome = await this.#options.drivers.checkpoint.commit(unit).catch((error: unknown) => {
      throw this.#faults.tooLarge(error, outputs, taken.origins) ?? error;
    });
    if (!outcome.ok) {
      throw new StepdownError(
        'store-conflict',
        outcome.fenced === true
          ? `another process has claimed ${this.name}`
          : `others have written ${outcome.lost.join(', ')}`,
      );
    }
    if (last !== undefined) this.#position.reached(last);
    this.#steps.durable(taken, outcome.versions);
    if (outcome.versions !== undefined) this.#sayPutBack(outcome.versions);
    this.#options.onOutputs?.(outputs);
    this.#options.onProgress();
  }
}

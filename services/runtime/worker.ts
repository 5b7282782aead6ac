/**
 * Runs a machine behind a topic: a lane (worker/lane.ts) for each partition that this process has. Embedded there is one
 * partition and so one lane; with many processes partitions come and go, and lanes with them.
 */
import { StepdownError } from './errors.js';
import type { States } from './machine.js';
import type { StreamRecord, Subscription } from './stream/types.js';
import { Lane } from './worker/lane.js';
import type { WorkerOptions } from './worker/options.js';

const LEAST_CACHED = 1_000;
/** Where other processes work too, nobody tells this one of their progress. */
const LOOK_EVERY_MS = 25;
/** How often it is asked whether the store was away. */
const INTERRUPTED_EVERY_MS = 1_000;

export class Worker<In> {
  readonly name: string;
  /** The states as they are now, live: look, do not change. A state that is not in memory is `undefined`; see `warm`. */
  readonly states: Pick<States, 'get'>;
  readonly #options: WorkerOptions<In>;
  readonly #lanes = new Map<number, Lane<In>>();
  #subscription: Subscription | undefined;
  #trouble: string | undefined = 'not started';
  #stopped = false;
  readonly #waiting = new Set<() => void>();
  #storeWatch: NodeJS.Timeout | undefined;

  constructor(options: WorkerOptions<In>) {
    this.#options = options;
    this.name = options.machine.name;
    // One process has everything: its lane is there from the beginning, so that states can be looked at before start.
    if (options.drivers.checkpoint.atomic) this.#lanes.set(0, this.#newLane(0, 1));
    this.states = {
      get: (key) => {
        for (const lane of this.#lanes.values()) {
          const value = lane.states.get(key);
          if (value !== undefined) return value;
        }
        return undefined;
      },
    };
  }

  /** Takes over what the stream gives it, then begins behind the last committed record of each partition. */
  async start(): Promise<void> {
    if (this.#subscription !== undefined)
      throw new StepdownError('already-running', `the worker ${this.name} runs already`);
    const { drivers, topic, maxBatch, log } = this.#options;
    if (this.#stopped && drivers.checkpoint.atomic) this.#lanes.set(0, this.#newLane(0, 1));
    this.#stopped = false;
    await Promise.all([...this.#lanes.values()].map(async (lane) => lane.begin()));
    const subscription = await drivers.stream.subscribe({
      topic,
      group: this.name,
      from: 'earliest',
      maxBatch: maxBatch ?? 1_000,
      // Where a checkpoint is one transaction, all that a record leads to stands behind the record in one log.
      early: drivers.checkpoint.atomic,
      assigned: async (partitions) => this.#assign(partitions),
      handler: async (records) => this.#work(records),
      onError: (error) => {
        this.#trouble = `the stream ended the subscription: ${error instanceof Error ? error.message : String(error)}`;
        log.error({ err: error, worker: this.name }, 'the stream ended the subscription');
      },
    });
    if (this.#isStopped()) {
      // Stopped while it joined.
      await subscription.stop();
      return;
    }
    this.#subscription = subscription;
    this.#trouble = undefined;
    this.#watchStore();
    await Promise.all([...this.#lanes.values()].map(async (lane) => lane.idle));
  }

  /** Resolves when the running batches are durable; nothing is worked on afterwards. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#storeWatch);
    const lanes = [...this.#lanes.values()];
    const ended = lanes.map(async (lane) => lane.end());
    await this.#subscription?.stop();
    this.#subscription = undefined;
    await Promise.all(ended);
    this.#lanes.clear();
    this.#trouble = 'stopped';
    this.#wakeWaiting();
  }

  /** The partitions it works on now. */
  get partitions(): number[] {
    return [...this.#lanes.keys()].sort((a, b) => a - b);
  }

  /** `undefined`: working; else what hinders it. */
  unready(): string | undefined {
    if (this.#trouble !== undefined) return this.#trouble;
    for (const lane of this.#lanes.values()) if (lane.trouble !== undefined) return lane.trouble;
    return undefined;
  }

  /** Reads states into memory, so that `states` shows them. Only where one process has everything. */
  async warm(keys: readonly string[]): Promise<void> {
    await this.#lanes.get(0)?.warm(keys);
  }

  /** Reads all states that a step on this input would need. */
  async warmFor(input: In): Promise<void> {
    for (let known = -1; ;) {
      const keys = this.#options.machine.keys(input, this.states);
      if (keys.length === known) return;
      await this.warm(keys);
      known = keys.length;
    }
  }

  /** How many records are appended and not worked off yet, by any process. */
  async lag(): Promise<number> {
    const partitions = await this.#options.drivers.stream.state(this.#options.topic, this.name);
    return partitions.reduce(
      (sum, { end, start, committed }) => sum + Math.max(0, end - Math.max(start, committed + 1)),
      0,
    );
  }

  /** Resolves when everything appended before the call is worked off, by whomever, or the worker is stopped. */
  async settled(): Promise<void> {
    const state = async () => this.#options.drivers.stream.state(this.#options.topic, this.name);
    const targets = new Map((await state()).map(({ partition, end }) => [partition, end - 1]));
    while (!this.#stopped) {
      const behind = (await state()).some(
        ({ partition, committed, start, end }) => start < end && committed < (targets.get(partition) ?? -1),
      );
      // What is worked off may still be on its way to the disk.
      if (!behind) {
        await Promise.all([...this.#lanes.values()].map(async (lane) => lane.idle));
        return;
      }
      await new Promise<void>((resolve) => {
        this.#waiting.add(resolve);
        if (!this.#options.drivers.checkpoint.atomic) setTimeout(resolve, LOOK_EVERY_MS).unref();
      });
    }
  }

  #newLane(partition: number, ofHowMany: number): Lane<In> {
    const maxCached = Math.max(LEAST_CACHED, Math.ceil((this.#options.maxCached ?? 50_000) / ofHowMany));
    return new Lane<In>({
      ...this.#options,
      partition,
      maxCached: ofHowMany === 1 ? (this.#options.maxCached ?? 50_000) : maxCached,
      onProgress: () => this.#wakeWaiting(),
    });
  }

  /** Lanes for what this process has now. Those it had and has still go on, if nobody claimed them in between. */
  #assign(partitions: readonly number[]): void {
    if (this.#stopped) return;
    for (const [partition, lane] of this.#lanes) {
      if (partitions.includes(partition)) continue;
      this.#lanes.delete(partition);
      void lane.end();
    }
    for (const partition of partitions) {
      const known = this.#lanes.get(partition);
      const lane = known ?? this.#newLane(partition, partitions.length);
      this.#lanes.set(partition, lane);
      // Records of it wait behind this; other partitions do not.
      (known === undefined ? lane.beginPatiently() : lane.confirm()).catch((error: unknown) => {
        if (!lane.ended)
          this.#options.log.error({ err: error, worker: lane.name }, 'a partition could not be taken over');
      });
    }
  }

  /** A lane that has nothing to write would not notice that the store has gone back behind what it wrote last. */
  #watchStore(): void {
    const { drivers, log } = this.#options;
    const { interruptedAtMs } = drivers;
    if (interruptedAtMs === undefined) return;
    let known = interruptedAtMs();
    this.#storeWatch = setInterval(() => {
      const now = interruptedAtMs();
      if (now === known) return;
      known = now;
      for (const lane of this.#lanes.values())
        lane.putBack().catch((error: unknown) => {
          if (!lane.ended)
            log.error({ err: error, worker: lane.name }, 'what the store has lost could not be looked for');
        });
    }, INTERRUPTED_EVERY_MS).unref();
  }

  async #work(records: readonly StreamRecord[]): Promise<void> {
    const lane = this.#lanes.get(records[0]?.partition ?? 0);
    if (lane === undefined) {
      if (this.#stopped) throw new StepdownError('not-running', `the worker ${this.name} is stopped`);
      return;
    }
    try {
      await lane.work(records);
    } catch (error) {
      // Given to another while it was worked on: that one does it.
      if (!lane.ended || this.#stopped) throw error;
    }
  }

  /** Asked anew after something was waited for. */
  #isStopped(): boolean {
    return this.#stopped;
  }

  #wakeWaiting(): void {
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
  }
}

/**
 * How far a partition is worked off, under which claim, and in which epoch of its topic. Whoever takes the partition over
 * goes on from here; a topic that was made anew begins a new epoch, since its offsets count from 0 again.
 */
import type { Claim } from '../checkpoint/types.js';
import { StepdownError } from '../errors.js';
import type { Drivers } from '../drivers.js';
import type { Log } from '../log.js';
import type { GroupPosition, StreamRecord } from '../stream/types.js';
import type { Topic } from '../../../schemas/topics.js';

export interface LanePositionOptions {
  /** Whose claim it is. */
  owner: string;
  group: string;
  topic: Topic;
  partition: number;
  drivers: Pick<Drivers, 'stream' | 'checkpoint'>;
  /** Where the checkpoint keeps none. */
  epoch: number;
  log: Log;
}

export class LanePosition {
  readonly #options: LanePositionOptions;
  #claim: Claim | undefined;
  /** The last offset that is durable. */
  #committed = -1;
  /** When that record was appended, where it is known. */
  #committedAtMs: number | undefined;

  constructor(options: LanePositionOptions) {
    this.#options = options;
  }

  get claim(): Claim | undefined {
    return this.#claim;
  }

  get epoch(): number {
    return this.#claim?.epoch ?? this.#options.epoch;
  }

  /** Claims anew. Gives whether another may have written states since this one last had the partition. */
  async takeOver(): Promise<boolean> {
    const former = this.#claim;
    this.#claim = await this.#options.drivers.checkpoint.claim?.(this.#options.owner);
    return this.#claim !== undefined && former !== undefined && this.#claim.version !== former.version + 1;
  }

  /** Whether nobody claimed it since {@link takeOver}; nothing is lost where it was never claimed. */
  async holds(): Promise<boolean> {
    const { checkpoint } = this.#options.drivers;
    if (this.#claim === undefined || checkpoint.holds === undefined) return true;
    return checkpoint.holds(this.#claim);
  }

  /** Goes on behind what the claim says is done. */
  resume(): void {
    this.reached(this.#claim?.position);
  }

  /** Never back. */
  reached(position: { offset: number; appendedAtMs?: number } | undefined): void {
    if (position === undefined || position.offset < this.#committed) return;
    this.#committed = position.offset;
    this.#committedAtMs = position.appendedAtMs;
  }

  isWorkedOff(offset: number): boolean {
    return offset <= this.#committed;
  }

  /** What is committed with a unit whose last record this is. */
  at({ topic, offset, appendedAtMs }: StreamRecord): GroupPosition {
    return { group: this.#options.group, topic, partition: this.#options.partition, offset, appendedAtMs };
  }

  /** Delivered once more it is as old as it was; newer than the last that was worked off, it may be of another topic. */
  mayBeginAnew({ offset, appendedAtMs }: StreamRecord): boolean {
    return offset <= this.#committed && this.#committedAtMs !== undefined && appendedAtMs > this.#committedAtMs;
  }

  /**
   * A topic that was made anew counts from 0: positions of the old one must not hide its records.
   * @param first what was delivered although its offset is worked off; at the start nothing
   */
  async checkEpoch(first?: StreamRecord): Promise<void> {
    const claim = this.#claim;
    const { topic, partition, drivers, log, owner } = this.#options;
    const { checkpoint, stream } = drivers;
    if (claim?.position === undefined || checkpoint.beginEpoch === undefined) return;
    const state = (await stream.state(topic)).find((each) => each.partition === partition);
    if (state === undefined) return;
    const { offset } = claim.position;
    if (offset < state.end) {
      if (first === undefined || offset < state.start) return;
      const [same] = await stream.read(topic, { partition, from: offset, limit: 1 });
      if (same?.offset !== offset || same.appendedAtMs === this.#committedAtMs) return;
    }
    log.warn({ worker: owner, position: offset, end: state.end }, 'the topic begins anew: a new epoch');
    await checkpoint.beginEpoch(claim);
    this.#committed = -1;
    this.#committedAtMs = undefined;
  }

  /**
   * All of it was durable already, but the stream delivered it anew: a rebalance has refused the position, and where nothing
   * more comes nobody else would move it.
   */
  async moveUp(records: readonly StreamRecord[]): Promise<void> {
    const last = records.at(-1);
    const { group, drivers } = this.#options;
    if (last === undefined || last.offset > this.#committed || drivers.checkpoint.atomic) return;
    const { topic, partition, offset } = last;
    try {
      await drivers.stream.commit({ group, topic, partition, offset });
    } catch (error) {
      // Refused again it comes again, here or at its new owner's.
      if (!(error instanceof StepdownError && error.code === 'not-owner')) throw error;
    }
  }
}

/**
 * The checkpoint port: what one step of work produced, made durable so that state and position agree (invariant 7).
 *
 * Where stream, store and schedule are one database it is one transaction. Where they are not, outputs come first, then
 * the unit itself as a redo log, then its parts; a claim finishes what a crash cut short. Outputs may repeat, under the
 * same ids.
 *
 * A claim is what makes one writer of many: whoever works on a partition claims it first and then commits under the claim.
 * A later claim by anyone, on any machine, makes every earlier one worthless: its units are refused whole, before any of
 * their states is written. So a process that was stopped for a while and does not know that it was replaced loses.
 *
 * Of one timer in one unit, `done` and `cancel` come before `set`. Values are serialized when `commit` is called.
 */
import type { AnyOutgoing, GroupPosition } from '../stream/types.js';
import type { Write } from '../store/types.js';
import type { Timer } from '../schedule/types.js';

export interface Unit {
  outputs: readonly AnyOutgoing[];
  writes: readonly Write[];
  timers: { set: readonly Timer[]; cancel: readonly { owner: string; id: string }[]; done: readonly Timer[] };
  position?: GroupPosition;
  /**
   * Whether `commit` may resolve before the position has reached its group, where the next claim knows it all the same: what
   * comes next does not wait for the broker. Only under a claim. Default false.
   */
  positionMayFollow?: boolean;
  /** Of the one who commits. Without it the unit is logged under the position's group, for a sole worker. */
  claim?: Claim;
}

/** Held by one worker of one partition. Made by the checkpoint, which alone changes it. */
export interface Claim {
  readonly owner: string;
  /** Of the topic's history: rises when its offsets begin anew. */
  epoch: number;
  /** Version of the log's document after this claim's last write. */
  version: number;
  /** The last position that was logged: everything up to it is worked off, whatever the stream says. */
  position: GroupPosition | undefined;
}

/**
 * `lost`: another worker has written these keys since; drop what is cached and read them again.
 * `fenced`: another has claimed the same; claim again, if it is still yours.
 */
export type UnitOutcome =
  | {
      ok: true;
      /** Of documents that the store had lost and that were written again: the version each has now. */
      versions?: ReadonlyMap<string, number>;
    }
  | { ok: false; lost: string[]; fenced?: true };

export interface Checkpoint {
  commit(unit: Unit): Promise<UnitOutcome>;
  /**
   * Finishes what a crash cut short and takes the place of any earlier claim of this owner. Before a worker reads timers
   * and states. Absent where one process alone can have the engine open.
   */
  claim?(owner: string): Promise<Claim>;
  /** Whether nobody has claimed since. */
  holds?(claim: Claim): Promise<boolean>;
  /**
   * Writes again what this claim wrote in the last two minutes and the store has lost since (a failover), where nobody has
   * claimed in between. Gives the versions that those documents have now; none: nothing was lost, or it is another's.
   */
  putBack?(claim: Claim): Promise<ReadonlyMap<string, number>>;
  /** Offsets begin anew: what was logged of the old ones counts no more. */
  beginEpoch?(claim: Claim): Promise<void>;
  /** One transaction for all of it, or an ordered sequence. */
  readonly atomic: boolean;
}

/**
 * The checkpoint port: what one step of work produced, made durable so that state and position agree (invariant 7).
 *
 * Order, where the engines share no transaction: outputs acknowledged → states written compare-and-set → timers →
 * position committed. A crash in between repeats the step: keys that have already seen the offset are skipped by the
 * worker, and outputs repeat under the same ids. Where stream and store are one database it is one transaction.
 */
import type { AnyOutgoing, GroupPosition } from '../stream/types.js';
import type { Write } from '../store/types.js';
import type { Timer } from '../schedule/types.js';

export interface Unit {
  outputs: readonly AnyOutgoing[];
  writes: readonly Write[];
  timers: { set: readonly Timer[]; cancel: readonly { owner: string; id: string }[]; done: readonly Timer[] };
  position?: GroupPosition;
}

/** `lost`: another worker has written these keys since; drop what is cached and stop working on them. */
export type UnitOutcome = { ok: true } | { ok: false; lost: string[] };

export interface Checkpoint {
  commit(unit: Unit): Promise<UnitOutcome>;
  /** One transaction for all of it, or an ordered sequence. */
  readonly atomic: boolean;
}

/**
 * The checkpoint port: what one step of work produced, made durable so that state and position agree (invariant 7).
 *
 * Where stream, store and schedule are one database it is one transaction. Where they are not, the order is: outputs
 * acknowledged → new timers → states written compare-and-set → timers done or cancelled → position committed. A crash in
 * between repeats the step: keys that have already seen the offset are skipped by the worker, outputs repeat under the
 * same ids, and a timer may fire whose state was never written.
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
}

/** `lost`: another worker has written these keys since; drop what is cached and read them again. */
export type UnitOutcome = { ok: true } | { ok: false; lost: string[] };

export interface Checkpoint {
  commit(unit: Unit): Promise<UnitOutcome>;
  /** One transaction for all of it, or an ordered sequence. */
  readonly atomic: boolean;
}

/**
 * The checkpoint port: what one step of work produced, made durable so that state and position agree (invariant 7).
 *
 * Where stream, store and schedule are one database it is one transaction. Where they are not, outputs come first, then
 * the unit itself as a redo log, then its parts; `recover` finishes what a crash cut short. Outputs may repeat, under the
 * same ids.
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
  /** Called by a worker before it reads its timers and states; absent where there is nothing to finish. */
  recover?(worker: string): Promise<void>;
  /** One transaction for all of it, or an ordered sequence. */
  readonly atomic: boolean;
}

/** One place in the directory: how it is read as a set, and how a change is made there. */
import type { Change, Holding } from './holding.js';
import type { Failure } from './graph.js';

export type Read =
  /** `elements` may know more than `raw`: what was confirmed and is not shown yet (`settling`). */
  | { kind: 'found'; elements: ReadonlySet<string>; raw?: unknown; settling?: ReadonlySet<string> }
  /** It was deleted: nothing of ours is there to take back. */
  | { kind: 'gone'; reason: string }
  | Failure;
/** `refused`: elements that were not changed, and why; all others were. */
export type Written = { kind: 'done'; refused?: ReadonlyMap<string, string> } | Failure;

export interface Slot {
  readonly key: string;
  /** The place itself goes when nothing is left in it, and is made anew. */
  readonly removable: boolean;
  read(holding: Holding, signal: AbortSignal): Promise<Read>;
  write(change: Change, found: Extract<Read, { kind: 'found' }>, signal: AbortSignal): Promise<Written>;
}

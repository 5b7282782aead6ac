/**
 * The contract between a pure machine (detection, response) and the worker that drives it.
 *
 * A machine is given one input at a time with the states it named, and says what changes. It does no I/O, reads no
 * clock and keeps nothing between calls that its states do not tell again. The same machine runs behind a worker
 * (`stepdown up`), in a backtest and in tests.
 */
import type { AnyOutgoing } from './stream/types.js';

/** States by key. A machine treats what it gets as its own to mutate only if it `set`s it again afterwards. */
export interface States {
  get(key: string): unknown;
  /** `undefined` deletes. */
  set(key: string, value: unknown): void;
}

export interface StepContext {
  /** Event runs: the event's time; wall runs: the machine's. Never goes back. */
  nowMs: number;
  states: States;
  emit: (record: AnyOutgoing) => void;
  /** Replaces a timer of the same id. */
  setTimer: (id: string, dueMs: number, payload?: unknown) => void;
  cancelTimer: (id: string) => void;
}

export interface Machine<In> {
  /** Used as consumer group, timer owner and in metrics. */
  readonly name: string;
  /**
   * The state keys a step on this input needs. Asked again after the named ones are loaded, until it names no new one,
   * so a key may depend on another state.
   */
  keys(input: In, states: Pick<States, 'get'>): string[];
  step(input: In, context: StepContext): void;
  timerKeys(timer: { id: string; payload?: unknown }, states: Pick<States, 'get'>): string[];
  onTimer(timer: { id: string; dueMs: number; payload?: unknown }, context: StepContext): void;
  /** Documents that must never be without a timer; swept now and then, by the wall clock (worker/sweep.ts). */
  readonly ledger?: Ledger;
  /** What the input says the time is, for event-time runs. */
  timeOf(input: In): number;
}

/** Documents of which each has a timer for as long as it is there: a schedule is a help, the ledger is the truth. */
export interface Ledger {
  prefix: string;
  /** The document's timer, at the latest time at which it is to fire; `undefined`: it has none. */
  timerOf(value: unknown): { id: string; dueMs: number; payload?: unknown } | undefined;
  /** By what the document's inputs are shared out over partitions; see `partitionKeyOf` in schemas/topics.ts. */
  partitionKeyOf(value: unknown): string;
}

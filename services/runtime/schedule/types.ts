/**
 * The schedule port: durable timers, pulled by whoever owns them.
 *
 * - `set` replaces a timer of the same id (an `extend` is never lost). It resolves when durable.
 * - `due` returns timers whose time has come, earliest first; they stay until `done`, so delivery is at least once.
 * - `done` with the `dueMs` that was handled: a timer that was set anew in between stays.
 * - A schedule is a help, not the truth: owners sweep their ledger for what a queue lost.
 */
export interface Timer {
  id: string;
  /** Which service's timers these are, e.g. `respond`. */
  owner: string;
  dueMs: number;
  payload?: unknown;
}

export interface Schedule {
  set(timers: readonly Timer[]): Promise<void>;
  cancel(owner: string, ids: readonly string[]): Promise<void>;
  due(owner: string, nowMs: number, limit: number): Promise<Timer[]>;
  done(handled: readonly Timer[]): Promise<void>;
  /** When the owner's earliest timer is due; `undefined`: none. */
  nextDueMs(owner: string): Promise<number | undefined>;
  close(): Promise<void>;
}

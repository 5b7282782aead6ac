/**
 * The schedule port: durable timers, pulled by whoever owns them.
 *
 * - `set` replaces a timer of the same id (an `extend` is never lost). It resolves when durable.
 * - `due` returns timers whose time has come, earliest first; they stay until `done`, so delivery is at least once.
 * - `done` with the `dueMs` that was handled: a timer that was set anew in between stays.
 * - `watch` says when to look: once or more after a timer fell due by the wall clock, whoever set it, and again while it is
 *   not done. It may be late by a second, and is only a help.
 * - A schedule is a help, not the truth: owners sweep their ledger for what a queue lost.
 *
 * Seven methods and not six: a timer that another process has set is noticed by `watch` alone.
 */
export interface Timer {
  id: string;
  /** Which service's timers these are, e.g. `respond`. */
  owner: string;
  dueMs: number;
  payload?: unknown;
}

export interface Watch {
  /** Nothing is told afterwards. */
  stop(): Promise<void>;
}

export interface Schedule {
  set(timers: readonly Timer[]): Promise<void>;
  cancel(owner: string, ids: readonly string[]): Promise<void>;
  due(owner: string, nowMs: number, limit: number): Promise<Timer[]>;
  done(handled: readonly Timer[]): Promise<void>;
  /** When the owner's earliest timer is due; `undefined`: none. */
  nextDueMs(owner: string): Promise<number | undefined>;
  /** @param onDue looks with `due`; must not throw */
  watch(owner: string, onDue: () => void): Promise<Watch>;
  close(): Promise<void>;
}

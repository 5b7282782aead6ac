/**
 * The one writer. All durable writes pass through this queue, first in, first out; those that arrive while others are
 * being written share one transaction and so one flush to the disk.
 *
 * Work is done inside the transaction and must not await. It must depend on nothing but the database and its arguments,
 * since it is done again, alone, where another work of the same transaction failed.
 */
import type Database from 'better-sqlite3';
import { StepdownError } from '../errors.js';
import { sqliteFault } from './faults.js';

interface Job {
  work: () => unknown;
  resolve: (value: never) => void;
  reject: (error: unknown) => void;
}

/** Told around each transaction, by whom it was opened. */
export interface CommitHooks {
  /** Last words inside the transaction. */
  beforeCommit(): void;
  committed(): void;
  rolledBack(): void;
}

export class GroupCommit {
  readonly #database: Database.Database;
  readonly #hooks: CommitHooks[] = [];
  #queue: Job[] = [];
  #scheduled = false;
  #closed = false;
  readonly #begin: Database.Statement;
  readonly #commit: Database.Statement;
  readonly #rollback: Database.Statement;

  readonly #readOnly: boolean;

  constructor(database: Database.Database, readOnly = false) {
    this.#database = database;
    this.#readOnly = readOnly;
    this.#begin = database.prepare('BEGIN IMMEDIATE');
    this.#commit = database.prepare('COMMIT');
    this.#rollback = database.prepare('ROLLBACK');
  }

  listen(hooks: CommitHooks): void {
    this.#hooks.push(hooks);
  }

  /** Resolves with what the work returned when that is durable. */
  run<T>(work: () => T): Promise<T> {
    if (this.#closed) return Promise.reject(new StepdownError('stream-closed', 'the database is closed'));
    if (this.#readOnly)
      return Promise.reject(
        new StepdownError('not-running', 'the data is open for reading only', { mend: 'start the engine' }),
      );
    return new Promise<T>((resolve, reject) => {
      this.#queue.push({ work, resolve: resolve, reject });
      if (this.#scheduled) return;
      this.#scheduled = true;
      // After the I/O of this turn of the event loop: what its requests write goes out together.
      setImmediate(() => this.flush());
    });
  }

  /** Writes all that waits, now. */
  flush(): void {
    this.#scheduled = false;
    const jobs = this.#queue;
    if (jobs.length === 0) return;
    this.#queue = [];
    if (this.#together(jobs)) return;
    // One of them failed and took the others with it: each for itself tells which.
    for (const job of jobs) this.#together([job]);
  }

  /** What waits is written; what comes later is refused. */
  close(): void {
    this.flush();
    this.#closed = true;
  }

  #together(jobs: readonly Job[]): boolean {
    const results: unknown[] = [];
    try {
      this.#begin.run();
      for (const job of jobs) results.push(job.work());
      for (const hooks of this.#hooks) hooks.beforeCommit();
      this.#commit.run();
    } catch (error) {
      // Some errors (a full disk, say) have rolled back already.
      if (this.#database.inTransaction) this.#rollback.run();
      for (const hooks of this.#hooks) hooks.rolledBack();
      if (jobs.length > 1) return false;
      jobs[0]?.reject(sqliteFault(error));
      return true;
    }
    for (const hooks of this.#hooks) hooks.committed();
    jobs.forEach((job, index) => job.resolve(results[index] as never));
    return true;
  }
}

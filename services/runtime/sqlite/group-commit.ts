/**
 * The one writer. All durable writes pass through this queue, first in, first out; those that arrive within a turn of
 * the event loop share one transaction, and all transactions that end while the disk is busy share its next flush.
 *
 * A transaction is *written* when it has ended: everyone who reads this database sees it. It is *durable* when a flush
 * that began later has ended, and only then is whoever asked for it told. Later transactions stand behind earlier ones in
 * one log, so after a power failure what is there is always a beginning of what was written, without gaps.
 *
 * Work is done inside the transaction and must not await. It must depend on nothing but the database and its arguments,
 * since it is done again, alone, where another work of the same transaction failed.
 */
import type Database from 'better-sqlite3';
import { StepdownError } from '../errors.js';
import { diskFault, sqliteFault } from './faults.js';

interface Job {
  work: () => unknown;
  resolve: (value: never) => void;
  reject: (error: unknown) => void;
}

/** Told around each transaction, by whom it was opened. */
export interface CommitHooks {
  /** Last words inside the transaction. */
  beforeCommit(): void;
  /** Written: readers see it. */
  committed(): void;
  rolledBack(): void;
  /** A flush begins; what is given back is called when all that was written until now is durable. */
  flushing?(): () => void;
}

/** Where the log of transactions lies. */
export interface Disk {
  /** Resolves when all that was written before the call is on the disk; away from the event loop. */
  flush(): Promise<void>;
}

/** Written, and waiting to be durable. */
interface Written {
  jobs: readonly Job[];
  results: readonly unknown[];
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
  readonly #disk: Disk | undefined;
  #written: Written[] = [];
  #flushing: Promise<void> | undefined;
  /** Set when a flush failed: what the disk holds is not known any more, so nothing is promised on top of it. */
  #broken: StepdownError | undefined;

  /** @param disk none: what is written counts as durable (a database in memory, or one that flushes by itself) */
  constructor(database: Database.Database, readOnly = false, disk?: Disk) {
    this.#database = database;
    this.#readOnly = readOnly;
    this.#disk = disk;
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
    if (this.#broken !== undefined) return Promise.reject(this.#broken);
    return new Promise<T>((resolve, reject) => {
      this.#queue.push({ work, resolve: resolve, reject });
      if (this.#scheduled) return;
      this.#scheduled = true;
      // After the I/O of this turn of the event loop: what its requests write goes out together.
      setImmediate(() => this.write());
    });
  }

  /** Writes all that waits, now. */
  write(): void {
    this.#scheduled = false;
    const jobs = this.#queue;
    if (jobs.length === 0) return;
    this.#queue = [];
    if (!this.#together(jobs)) {
      // One of them failed and took the others with it: each for itself tells which.
      for (const job of jobs) this.#together([job]);
    }
    if (this.#written.length === 0) return;
    if (this.#disk === undefined) this.#settle(this.#marks(), this.#take());
    else this.#flushing ??= this.#flush(this.#disk).finally(() => (this.#flushing = undefined));
  }

  /** What waits is made durable; what comes later is refused. */
  async close(): Promise<void> {
    this.write();
    this.#closed = true;
    await this.#flushing;
  }

  /** One flush at a time; what is written meanwhile shares the next. */
  async #flush(disk: Disk): Promise<void> {
    while (this.#written.length > 0) {
      const written = this.#take();
      const marks = this.#marks();
      try {
        if (this.#broken !== undefined) throw this.#broken;
        await disk.flush();
      } catch (error) {
        this.#broken ??= diskFault(error);
        for (const { jobs } of written) for (const job of jobs) job.reject(this.#broken);
        continue;
      }
      this.#settle(marks, written);
    }
  }

  #take(): Written[] {
    const written = this.#written;
    this.#written = [];
    return written;
  }

  #marks(): (() => void)[] {
    return this.#hooks.flatMap((hooks) => hooks.flushing?.() ?? []);
  }

  #settle(marks: readonly (() => void)[], written: readonly Written[]): void {
    for (const mark of marks) mark();
    for (const { jobs, results } of written) jobs.forEach((job, index) => job.resolve(results[index] as never));
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
    this.#written.push({ jobs, results });
    return true;
  }
}

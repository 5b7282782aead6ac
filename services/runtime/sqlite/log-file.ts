/**
 * The database's log of transactions (SQLite's `-wal` file), flushed by us: with `synchronous=NORMAL` SQLite writes a
 * transaction behind the earlier ones and leaves it to the system when it reaches the disk, which `fdatasync` says. That
 * is the flush that `synchronous=FULL` makes inside each commit, but off the event loop and shared by many commits.
 *
 * SQLite keeps the file as long as the database is open, and holds no locks on it that closing a second handle would drop
 * (its locks are on the database and the `-shm` file).
 */
import { open, type FileHandle } from 'node:fs/promises';
import type { Disk } from './group-commit.js';

export class LogFile implements Disk {
  readonly #file: string;
  #handle: Promise<FileHandle> | undefined;

  /** @param databaseFile the database beside which the log lies; it exists from the first transaction on */
  constructor(databaseFile: string) {
    this.#file = `${databaseFile}-wal`;
  }

  async flush(): Promise<void> {
    this.#handle ??= open(this.#file, 'r+');
    await (await this.#handle).datasync();
  }

  async close(): Promise<void> {
    await (await this.#handle?.catch(() => undefined))?.close();
  }
}

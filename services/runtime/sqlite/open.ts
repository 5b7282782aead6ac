/** The embedded drivers: stream, store, schedule and checkpoint in one database file, with one writer. */
import type Database from 'better-sqlite3';
import { SqliteCheckpoint } from '../checkpoint/sqlite.js';
import { type Clock, WallClock } from '../clock.js';
import type { DriverConfig, Drivers, OpenOptions } from '../drivers.js';
import type { Log } from '../log.js';
import { SqliteSchedule } from '../schedule/sqlite.js';
import { SqliteStore } from '../store/sqlite.js';
import { EmbeddedStream } from '../stream/embedded.js';
import { makeFolder, openDatabase } from './database.js';
import { GroupCommit } from './group-commit.js';
import { lockFolder, type Lock } from './lock.js';

/** @throws StepdownError `already-running`, `schema-too-new`, `store-corrupt`, `driver-unavailable`, `not-found` */
export async function openSqlite(
  config: DriverConfig,
  log: Log,
  clock: Clock,
  options: OpenOptions = {},
): Promise<Drivers> {
  const readOnly = options.readOnly ?? false;
  // Records are kept by the age they have here, not by what events say the time is.
  const wall = clock.kind === 'wall' ? clock : new WallClock();
  let lock: Lock | undefined;
  let database: Database.Database | undefined;
  try {
    if (!readOnly) {
      makeFolder(config.dataDir);
      lock = lockFolder(config.dataDir);
    }
    database = openDatabase({ dataDir: config.dataDir, readOnly, log });
    const commits = new GroupCommit(database, readOnly);
    const stream = new EmbeddedStream(database, commits, wall);
    const store = new SqliteStore(database, commits, wall);
    const schedule = new SqliteSchedule(database, commits);
    const checkpoint = new SqliteCheckpoint(commits, stream, store, schedule);
    return { stream, store, schedule, checkpoint, close: closer(database, commits, stream, lock) };
  } catch (error) {
    database?.close();
    lock?.release();
    throw error;
  }
}

/** What waits is written, readers end their batch, and the folder is free for the next. */
function closer(
  database: Database.Database,
  commits: GroupCommit,
  stream: EmbeddedStream,
  lock: Lock | undefined,
): () => Promise<void> {
  let closing: Promise<void> | undefined;
  return () =>
    (closing ??= (async () => {
      await stream.close();
      commits.close();
      database.close();
      lock?.release();
    })());
}

/** The embedded drivers: stream, store, schedule and checkpoint in one database file, with one writer. */
import { join } from 'node:path';
import type Database from 'better-sqlite3';
import { SqliteCheckpoint } from '../checkpoint/sqlite.js';
import { type Clock, WallClock } from '../clock.js';
import type { DriverConfig, Drivers, OpenOptions } from '../driver-set.js';
import type { Log } from '../log.js';
import { SqliteSchedule } from '../schedule/sqlite.js';
import { SqliteStore } from '../store/sqlite.js';
import { EmbeddedStream } from '../stream/embedded.js';
import { DATABASE_FILE, makeFolder, openDatabase } from './database.js';
import { GroupCommit } from './group-commit.js';
import { lockFolder, type Lock } from './lock.js';
import { LogFile } from './log-file.js';
import { Retention } from './retention.js';
import { retentionPolicy } from '../retention-policy.js';
import { Rewriter } from './rewriter.js';

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
    const logFile = new LogFile(join(config.dataDir, DATABASE_FILE));
    const commits = new GroupCommit(database, readOnly, logFile);
    let retention: Retention | undefined;
    const stream = new EmbeddedStream(database, commits, wall, { refuseAppends: () => retention?.refusal() });
    const store = new SqliteStore(database, commits, wall);
    const schedule = new SqliteSchedule(database, commits, wall);
    const checkpoint = new SqliteCheckpoint(commits, stream, store, schedule, wall);
    const rewriter = new Rewriter(database, commits, stream);
    if (!readOnly) {
      retention = new Retention({
        database,
        commits,
        stream,
        rewriter,
        policy: retentionPolicy(config.retention),
        clock: wall,
      });
    }
    const stopSweeping = retention === undefined ? undefined : sweepNowAndThen(retention, log);
    const opened = database;
    return {
      stream,
      store,
      schedule,
      checkpoint,
      upkeep: {
        rewrite: async (topic, change) => rewriter.run(topic, change),
        sweep: async () => (await retention?.sweep()) ?? { records: 0, documents: 0, bared: 0 },
        check: () => integrityFaults(opened),
      },
      close: closer(async () => {
        await stopSweeping?.();
        await schedule.close();
        await stream.close();
        await commits.close();
        await logFile.close();
        opened.close();
        lock?.release();
      }),
    };
  } catch (error) {
    database?.close();
    lock?.release();
    throw error;
  }
}

/** How long after opening, and how often, what is old is dropped. */
const SWEEP_EVERY_MS = 30_000;

function sweepNowAndThen(retention: Retention, log: Log): () => Promise<void> {
  const timer = setInterval(() => {
    retention.sweep().then(
      (swept) => {
        if (swept.records + swept.documents + swept.bared > 0) log.debug(swept, 'dropped what is older than it may be');
      },
      (error: unknown) => log.warn({ err: error }, 'what is old could not be dropped'),
    );
  }, SWEEP_EVERY_MS);
  timer.unref();
  return async () => {
    clearInterval(timer);
    await retention.stop();
  };
}

function integrityFaults(database: Database.Database): string[] {
  try {
    const rows = database.pragma('integrity_check(20)') as { integrity_check: string }[];
    return rows.map(({ integrity_check: fault }) => fault).filter((fault) => fault !== 'ok');
  } catch (error) {
    // Damaged so badly that it cannot even be looked through.
    return [error instanceof Error ? error.message : String(error)];
  }
}

/** Closes once, however often it is asked. */
function closer(close: () => Promise<void>): () => Promise<void> {
  let closing: Promise<void> | undefined;
  return () => (closing ??= close());
}

/** Opens the one database file of the embedded drivers. */
import { chmodSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { StepdownError } from '../errors.js';
import type { Log } from '../log.js';
import { sqliteFault } from './faults.js';
import { migrate, type Migration, MIGRATIONS, refuseNewer, schemaVersion } from './migrations.js';

export const DATABASE_FILE = 'stepdown.db';

export interface OpenDatabase {
  dataDir: string;
  readOnly: boolean;
  log: Log;
  migrations?: readonly Migration[];
}

/**
 * Makes the folder where there is none, for its owner alone: telemetry holds what people wrote.
 * @throws StepdownError `driver-unavailable`
 */
export function makeFolder(dataDir: string): void {
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw new StepdownError(
      'driver-unavailable',
      `the data folder cannot be made: ${cause instanceof Error ? cause.message : String(cause)}`,
      {
        place: { file: dataDir },
        mend: 'name a `dataDir` that may be written',
        cause,
      },
    );
  }
}

/**
 * WAL with `synchronous=NORMAL`: a commit is on the disk once `LogFile` has flushed it, which whoever promises
 * something waits for; SQLite itself flushes before it moves anything from the log into the database.
 * @throws StepdownError `not-found`, `schema-too-new`, `store-corrupt`, `driver-unavailable`
 */
export function openDatabase({ dataDir, readOnly, log, migrations = MIGRATIONS }: OpenDatabase): Database.Database {
  const file = join(dataDir, DATABASE_FILE);
  let database: Database.Database | undefined;
  try {
    if (readOnly && !existsSync(file)) {
      throw new StepdownError('not-found', 'there is no data here yet', {
        place: { file },
        mend: 'start the engine once, or name its `dataDir`',
      });
    }
    database = new Database(file, { readonly: readOnly, fileMustExist: readOnly, timeout: readOnly ? 2_000 : 5_000 });
    if (readOnly) {
      const version = schemaVersion(database);
      refuseNewer(version, migrations.length);
      if (version < migrations.length) {
        throw new StepdownError(
          'driver-unavailable',
          'the data was written by an older version and has to be brought up to date first',
          { place: { file }, mend: 'start the engine once' },
        );
      }
      return database;
    }
    chmodSync(file, 0o600);
    refuseNewer(schemaVersion(database), migrations.length);
    database.pragma('journal_mode = WAL');
    database.pragma('synchronous = NORMAL');
    // Moving the log into the database holds up whoever commits just then: seldom, in pages of 4 KB.
    database.pragma('wal_autocheckpoint = 8000');
    // What is dropped or forgotten is overwritten, not only unlinked.
    database.pragma('secure_delete = FAST');
    database.pragma('journal_size_limit = 67108864');
    database.pragma('cache_size = -32768');
    database.pragma('foreign_keys = OFF');
    for (const title of migrate(database, migrations)) log.debug({ step: title }, 'database schema brought up to date');
    return database;
  } catch (error) {
    database?.close();
    throw sqliteFault(error, file);
  }
}

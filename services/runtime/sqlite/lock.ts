/**
 * One engine at a time on a data folder.
 *
 * The lock is an exclusive transaction on a database of its own, held for life: the operating system lets go of it when
 * the process ends, however it ends, so that no stale lock is ever left and no process number is mistaken for another.
 * Who holds it is written beside it, for people only.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { StepdownError } from '../errors.js';
import { sqliteFault } from './faults.js';

export interface Lock {
  release(): void;
}

/** @throws StepdownError `already-running`, naming the process that has the folder */
export function lockFolder(dataDir: string): Lock {
  const holderFile = join(dataDir, 'engine.pid');
  const file = join(dataDir, 'engine.lock');
  let database: Database.Database | undefined;
  try {
    database = new Database(file, { timeout: 0 });
    database.pragma('journal_mode = MEMORY');
    database.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    database?.close();
    if (error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY')) {
      throw new StepdownError('already-running', `another engine${holderOf(holderFile)} uses this data folder`, {
        place: { file: dataDir },
        mend: 'stop it, or give this one another `dataDir`',
        cause: error,
      });
    }
    throw sqliteFault(error, file);
  }
  writeFileSync(holderFile, `${process.pid}\n`);
  const held = database;
  return {
    release: () => {
      held.exec('ROLLBACK');
      held.close();
    },
  };
}

function holderOf(file: string): string {
  try {
    return ` (process ${readFileSync(file, 'utf8').trim()})`;
  } catch {
    return '';
  }
}

/** What SQLite says, as one of the house's codes. */
import Database from 'better-sqlite3';
import { type ErrorCode, StepdownError } from '../errors.js';

const BY_PREFIX: readonly (readonly [string, ErrorCode, string, string])[] = [
  [
    'SQLITE_FULL',
    'stream-full',
    'the disk is full',
    'free space on the disk of `dataDir`; nothing that was answered is lost',
  ],
  [
    'SQLITE_CORRUPT',
    'store-corrupt',
    'the database is damaged',
    'restore `dataDir` from a backup, or move it away to begin anew',
  ],
  [
    'SQLITE_NOTADB',
    'store-corrupt',
    'the database file is not a database',
    'restore `dataDir` from a backup, or move it away to begin anew',
  ],
  ['SQLITE_TOOBIG', 'input-too-large', 'a record is larger than the database can hold', 'lower `ingest.otlp.maxBody`'],
  ['SQLITE_READONLY', 'driver-unavailable', 'the database cannot be written', 'check the rights of `dataDir`'],
  [
    'SQLITE_CANTOPEN',
    'driver-unavailable',
    'the database cannot be opened',
    'check that `dataDir` exists and its rights',
  ],
  ['SQLITE_BUSY', 'driver-unavailable', 'the database is locked by another program', 'close what else has it open'],
  ['SQLITE_IOERR', 'driver-unavailable', 'the disk does not answer', 'check the disk of `dataDir`'],
];

/** A {@link StepdownError} for what SQLite threw; anything else is given back as it is. */
export function sqliteFault(error: unknown, file?: string): unknown {
  if (!(error instanceof Database.SqliteError)) return error;
  const known = BY_PREFIX.find(([prefix]) => error.code.startsWith(prefix));
  const place = file === undefined ? {} : { place: { file } };
  if (known === undefined)
    return new StepdownError('driver-unavailable', `the database refused: ${error.message}`, {
      ...place,
      cause: error,
    });
  const [, code, message, mend] = known;
  return new StepdownError(code, `${message} (${error.message})`, { ...place, mend, cause: error });
}

/** What a failed flush comes to: after it nobody knows what the disk holds, so only opening the data anew mends it. */
export function diskFault(cause: unknown): StepdownError {
  return new StepdownError('driver-unavailable', 'the disk does not keep what is written', {
    mend: 'check the disk of `dataDir`, then start the engine again',
    cause,
  });
}

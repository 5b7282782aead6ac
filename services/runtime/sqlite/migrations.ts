/**
 * The database's schema, step by step. A step that has shipped is never changed; a new need is a new step.
 * `PRAGMA user_version` counts the steps a database has taken.
 */
import type Database from 'better-sqlite3';
import { TOPICS } from '../../../schemas/topics.js';
import { StepdownError } from '../errors.js';

export interface Migration {
  /** What it brings, for the log. */
  title: string;
  run(database: Database.Database): void;
}

export const MIGRATIONS: readonly Migration[] = [
  {
    title: 'streams, documents, timers',
    run: (database) => {
      // One table a topic: appends go to the end of a tree of their own, and dropping the oldest touches no other topic.
      // `bytes` stands before `value`, so that sizes are summed without reading long values.
      for (const topic of TOPICS) {
        database.exec(`CREATE TABLE stream_${topic} (
          offset INTEGER PRIMARY KEY, key TEXT NOT NULL, appended_at REAL NOT NULL, bytes INTEGER NOT NULL, value TEXT NOT NULL)`);
      }
      database.exec(`
        CREATE TABLE topic (name TEXT PRIMARY KEY, next INTEGER NOT NULL, bytes INTEGER NOT NULL) WITHOUT ROWID;
        CREATE TABLE consumer (name TEXT, topic TEXT, offset INTEGER NOT NULL, PRIMARY KEY (topic, name)) WITHOUT ROWID;
        CREATE TABLE document (
          key TEXT PRIMARY KEY, version INTEGER NOT NULL, epoch INTEGER, partition INTEGER, seen INTEGER,
          updated_at REAL NOT NULL, value TEXT);
        CREATE TABLE reservation (key TEXT, holder TEXT, until REAL NOT NULL, PRIMARY KEY (key, holder)) WITHOUT ROWID;
        CREATE TABLE timer (owner TEXT, id TEXT, due REAL NOT NULL, payload TEXT, PRIMARY KEY (owner, id)) WITHOUT ROWID;
        CREATE INDEX timer_due ON timer (owner, due, id);`);
    },
  },
  {
    title: 'marks of deleted documents, found by age',
    run: (database) => {
      database.exec('CREATE INDEX document_mark ON document (updated_at) WHERE value IS NULL');
    },
  },
];

/** Brings the database to the newest schema, each step whole or not at all. Returns the titles of the steps taken. */
export function migrate(database: Database.Database, migrations: readonly Migration[] = MIGRATIONS): string[] {
  const version = schemaVersion(database);
  refuseNewer(version, migrations.length);
  const taken: string[] = [];
  migrations.slice(version).forEach((migration, index) => {
    database.transaction(() => {
      migration.run(database);
      database.pragma(`user_version = ${version + index + 1}`);
    })();
    taken.push(migration.title);
  });
  return taken;
}

export function schemaVersion(database: Database.Database): number {
  return database.pragma('user_version', { simple: true }) as number;
}

/** @throws StepdownError `schema-too-new`: what a newer engine wrote is not touched by an older one */
export function refuseNewer(version: number, known: number): void {
  if (version <= known) return;
  throw new StepdownError(
    'schema-too-new',
    `the data was written by a newer version (schema ${version}; this one knows ${known})`,
    {
      mend: 'use the newer version, or another `dataDir`',
    },
  );
}

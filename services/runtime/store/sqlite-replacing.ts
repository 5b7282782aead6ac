/**
 * Compare-and-set in one statement each: the condition stands in the statement, and whether it changed a row says whether
 * it held. Reading a document first, as a refusal that tells what is there has to, costs as much again as writing it.
 */
import type Database from 'better-sqlite3';
import type { SerializedWrite } from './serialized.js';

type Value = string | number | null;
type Statement = Database.Statement<Value[]>;

/** It is there, at the version that was read. */
const THERE = 'key = ? AND version = ? AND value IS NOT NULL';
/** What it has seen is not as new as this, or of another partition or history. */
const NOT_STALE = 'AND (document.seen IS NULL OR document.epoch <> ? OR document.partition <> ? OR document.seen < ?)';
const SEES = 'epoch = ?, partition = ?, seen = ?,';

export class Replacing {
  readonly #change: { plain: Statement; seeing: Statement };
  readonly #make: { plain: Statement; seeing: Statement };
  /** Leaves the mark of what it had seen. */
  readonly #mark: { plain: Statement; seeing: Statement };
  readonly #remove: Statement;

  constructor(database: Database.Database) {
    const prepare = (sql: string): Statement => database.prepare(sql);
    const both = (sql: (sees: string, notStale: string) => string) => ({
      plain: prepare(sql('', '')),
      seeing: prepare(sql(SEES, NOT_STALE)),
    });
    this.#change = both(
      (sees, notStale) =>
        `UPDATE document SET ${sees} version = version + 1, updated_at = ?, value = ? WHERE ${THERE} ${notStale}`,
    );
    const made = (columns: string, values: string) =>
      `INSERT INTO document (${columns} version, updated_at, value, key) VALUES (${values} 1, ?, ?, ?)`;
    this.#make = {
      plain: prepare(
        `${made('', '')} ON CONFLICT DO UPDATE SET version = 1, updated_at = excluded.updated_at, value = excluded.value
         WHERE document.value IS NULL`,
      ),
      seeing: prepare(
        `${made('epoch, partition, seen,', '?, ?, ?,')} ON CONFLICT DO UPDATE SET version = 1, epoch = excluded.epoch,
           partition = excluded.partition, seen = excluded.seen, updated_at = excluded.updated_at, value = excluded.value
         WHERE document.value IS NULL ${NOT_STALE}`,
      ),
    };
    this.#mark = {
      plain: prepare(
        `UPDATE document SET version = 0, updated_at = ?, value = NULL WHERE ${THERE} AND document.seen IS NOT NULL`,
      ),
      seeing: prepare(
        `UPDATE document SET ${SEES} version = 0, updated_at = ?, value = NULL WHERE ${THERE} ${NOT_STALE}`,
      ),
    };
    this.#remove = prepare(`DELETE FROM document WHERE ${THERE} AND seen IS NULL`);
  }

  /** Whether it was applied. `expectVersion` 0 with a value: it must not be there. */
  run({ key, json, seen }: SerializedWrite, expectVersion: number, nowMs: number): boolean {
    const position = seen === undefined ? [] : [seen.epoch, seen.partition, seen.offset];
    const as = seen === undefined ? 'plain' : 'seeing';
    if (json !== null && expectVersion === 0)
      return this.#make[as].run(...position, nowMs, json, key, ...position).changes === 1;
    if (json !== null)
      return this.#change[as].run(...position, nowMs, json, key, expectVersion, ...position).changes === 1;
    if (seen === undefined && this.#remove.run(key, expectVersion).changes === 1) return true;
    return this.#mark[as].run(...position, nowMs, key, expectVersion, ...position).changes === 1;
  }
}

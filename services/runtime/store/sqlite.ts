/**
 * The store driver inside the one database.
 *
 * A deleted document leaves a mark with what it had seen, so that a late write of an older position is refused; for
 * everyone who reads it is gone, and its next version is 1 again. Marks go with the retention.
 */
import type Database from 'better-sqlite3';
import type { Clock } from '../clock.js';
import { StepdownError } from '../errors.js';
import { sqliteFault } from '../sqlite/faults.js';
import type { GroupCommit } from '../sqlite/group-commit.js';
import type { Document, Seen, Store, Write, WriteOutcome } from './types.js';

interface Row {
  key: string;
  version: number;
  epoch: number | null;
  partition: number | null;
  seen: number | null;
  value: string | null;
}

/** A write whose value is serialized already. */
export interface SerializedWrite extends Omit<Write, 'value'> {
  json: string | null;
}

const DEFAULT_LIMIT = 1_000;

export class SqliteStore implements Store {
  readonly #commits: GroupCommit;
  readonly #clock: Pick<Clock, 'now'>;
  readonly #select: Database.Statement<[string], Row>;
  readonly #scan: Database.Statement<[string, string, number], Row>;
  readonly #put: Database.Statement<
    [string, number, number | null, number | null, number | null, number, string | null]
  >;
  readonly #remove: Database.Statement<[string]>;
  readonly #expire: Database.Statement<[string, number]>;
  readonly #count: Database.Statement<[string], number>;
  readonly #holds: Database.Statement<[string, string], number>;
  readonly #hold: Database.Statement<[string, string, number]>;
  readonly #release: Database.Statement<[string, string]>;

  constructor(database: Database.Database, commits: GroupCommit, clock: Pick<Clock, 'now'>) {
    this.#commits = commits;
    this.#clock = clock;
    const columns = 'key, version, epoch, partition, seen, value';
    this.#select = database.prepare(`SELECT ${columns} FROM document WHERE key = ?`);
    this.#scan = database.prepare(
      `SELECT ${columns} FROM document WHERE key > ? AND key < ? AND value IS NOT NULL ORDER BY key LIMIT ?`,
    );
    this.#put = database.prepare(
      `INSERT INTO document (key, version, epoch, partition, seen, updated_at, value) VALUES (?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET version = excluded.version, epoch = coalesce(excluded.epoch, epoch), partition = coalesce(excluded.partition, partition),
         seen = coalesce(excluded.seen, seen), updated_at = excluded.updated_at, value = excluded.value`,
    );
    this.#remove = database.prepare('DELETE FROM document WHERE key = ?');
    this.#expire = database.prepare('DELETE FROM reservation WHERE key = ? AND until <= ?');
    this.#count = database.prepare<[string], number>('SELECT count(*) FROM reservation WHERE key = ?').pluck();
    this.#holds = database
      .prepare<[string, string], number>('SELECT 1 FROM reservation WHERE key = ? AND holder = ?')
      .pluck();
    this.#hold = database.prepare(
      'INSERT INTO reservation (key, holder, until) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET until = max(until, excluded.until)',
    );
    this.#release = database.prepare('DELETE FROM reservation WHERE key = ? AND holder = ?');
  }

  async get<T = unknown>(keys: readonly string[]): Promise<(Document<T> | undefined)[]> {
    try {
      return keys.map((key) => documentOf<T>(this.#select.get(key)));
    } catch (error) {
      throw sqliteFault(error);
    }
  }

  async write(writes: readonly Write[]): Promise<WriteOutcome[]> {
    if (writes.length === 0) return [];
    const serialized = writes.map(serializeWrite);
    return this.#commits.run(() => serialized.map((write) => this.apply(write)));
  }

  async scan<T = unknown>(prefix: string, options: { after?: string; limit?: number } = {}): Promise<Document<T>[]> {
    const { after } = options;
    // Exclusive below: the key just before the prefix itself would be the prefix without its end, so the prefix as a
    // key of its own is asked for apart.
    const limit = options.limit ?? DEFAULT_LIMIT;
    if (limit <= 0) return [];
    try {
      const rows: Row[] = [];
      if (after === undefined || Buffer.compare(Buffer.from(after), Buffer.from(prefix)) < 0) {
        const itself = this.#select.get(prefix);
        if (itself !== undefined && itself.value !== null) rows.push(itself);
      }
      const begin = after !== undefined && Buffer.compare(Buffer.from(after), Buffer.from(prefix)) > 0 ? after : prefix;
      // U+10FFFF is the last character there is, and no well-formed key part holds it.
      if (rows.length < limit) rows.push(...this.#scan.all(begin, `${prefix}\u{10FFFF}`, limit - rows.length));
      return rows.map((row) => documentOf<T>(row) as Document<T>);
    } catch (error) {
      throw sqliteFault(error);
    }
  }

  async reserve(request: {
    key: string;
    holder: string;
    cap: number;
    untilMs: number;
    nowMs: number;
  }): Promise<{ granted: boolean; held: number }> {
    const { key, holder, cap, untilMs, nowMs } = request;
    return this.#commits.run(() => {
      this.#expire.run(key, nowMs);
      const held = this.#count.get(key) ?? 0;
      const already = this.#holds.get(key, holder) !== undefined;
      if (!already && held >= cap) return { granted: false, held };
      this.#hold.run(key, holder, untilMs);
      return { granted: true, held: already ? held : held + 1 };
    });
  }

  async release(key: string, holder: string): Promise<void> {
    await this.#commits.run(() => this.#release.run(key, holder));
  }

  async close(): Promise<void> {
    // The database is closed by whoever opened it, once for all drivers in it.
  }

  /** Inside a transaction: whether the write would be applied. */
  check(write: SerializedWrite): WriteOutcome {
    const row = this.#select.get(write.key);
    const version = row === undefined || row.value === null ? 0 : row.version;
    const refuse = (reason: 'version' | 'stale'): WriteOutcome => ({ ok: false, reason, current: documentOf(row) });
    if (
      write.seen !== undefined &&
      row?.seen != null &&
      row.epoch === write.seen.epoch &&
      row.partition === write.seen.partition &&
      write.seen.offset <= row.seen
    ) {
      return refuse('stale');
    }
    if (write.expectVersion !== undefined && write.expectVersion !== version) return refuse('version');
    return { ok: true, version: write.json === null ? 0 : version + 1 };
  }

  /** Inside a transaction: applies the write whole, or refuses it. */
  apply(write: SerializedWrite): WriteOutcome {
    const outcome = this.check(write);
    if (outcome.ok) this.put(write, outcome.version);
    return outcome;
  }

  /** Inside a transaction: writes what was checked. */
  put({ key, json, seen }: SerializedWrite, version: number): void {
    if (json === null && seen === undefined && this.#select.get(key)?.seen == null) {
      this.#remove.run(key);
      return;
    }
    this.#put.run(
      key,
      version,
      seen?.epoch ?? null,
      seen?.partition ?? null,
      seen?.offset ?? null,
      this.#clock.now(),
      json,
    );
  }
}

export function serializeWrite({ value, ...rest }: Write): SerializedWrite {
  if (value === undefined) return { ...rest, json: null };
  const json = JSON.stringify(value) as string | undefined;
  if (json === undefined) throw new StepdownError('input-malformed', `the document ${rest.key} is no JSON`);
  return { ...rest, json };
}

function documentOf<T>(row: Row | undefined): Document<T> | undefined {
  if (row === undefined || row.value === null) return undefined;
  const seen: Seen | undefined =
    row.epoch === null || row.partition === null || row.seen === null
      ? undefined
      : { epoch: row.epoch, partition: row.partition, offset: row.seen };
  return {
    key: row.key,
    value: JSON.parse(row.value) as T,
    version: row.version,
    ...(seen === undefined ? {} : { seen }),
  };
}

/**
 * The store driver inside the one database.
 *
 * A deleted document leaves a mark with what it had seen, so that a late write of an older position is refused; for
 * everyone who reads it is gone, and its next version is 1 again. Marks go with the retention.
 */
import type Database from 'better-sqlite3';
import type { Clock } from '../clock.js';
import { sqliteFault } from '../sqlite/faults.js';
import type { GroupCommit } from '../sqlite/group-commit.js';
import { type SerializedWrite, serializeWrite } from './serialized.js';
import { Replacing } from './sqlite-replacing.js';
import type { Document, ScanOptions, Seen, Store, StoredText, Write, WriteOutcome } from './types.js';

interface Row {
  key: string;
  version: number;
  epoch: number | null;
  partition: number | null;
  seen: number | null;
  value: string | null;
}

const DEFAULT_LIMIT = 1_000;

export class SqliteStore implements Store {
  readonly #commits: GroupCommit;
  readonly #clock: Pick<Clock, 'now'>;
  readonly #select: Database.Statement<[string], Row>;
  readonly #scan: Database.Statement<[string, string, number], Row>;
  readonly #texts: Database.Statement<[string, string, number], [key: string, value: string]>;
  readonly #scanBack: Database.Statement<[string, string, number], Row>;
  readonly #put: Database.Statement<
    [string, number, number | null, number | null, number | null, number, string | null]
  >;
  readonly #remove: Database.Statement<[string]>;
  readonly #replacing: Replacing;
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
    const between = `SELECT ${columns} FROM document WHERE key > ? AND key < ? AND value IS NOT NULL ORDER BY key`;
    this.#scan = database.prepare(`${between} LIMIT ?`);
    this.#scanBack = database.prepare(`${between} DESC LIMIT ?`);
    this.#texts = database
      .prepare<[string, string, number], [key: string, value: string]>(
        'SELECT key, value FROM document WHERE key > ? AND key < ? AND value IS NOT NULL ORDER BY key LIMIT ?',
      )
      .raw();
    this.#put = database.prepare(
      `INSERT INTO document (key, version, epoch, partition, seen, updated_at, value) VALUES (?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET version = excluded.version, epoch = coalesce(excluded.epoch, epoch), partition = coalesce(excluded.partition, partition),
         seen = coalesce(excluded.seen, seen), updated_at = excluded.updated_at, value = excluded.value`,
    );
    this.#remove = database.prepare('DELETE FROM document WHERE key = ?');
    this.#replacing = new Replacing(database);
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
    const serialized = writes.map((write) => serializeWrite(write));
    return this.#commits.run(() => serialized.map((write) => this.apply(write)));
  }

  async scan<T = unknown>(prefix: string, options: ScanOptions = {}): Promise<Document<T>[]> {
    const { after, limit = DEFAULT_LIMIT, reverse = false } = options;
    if (limit <= 0) return [];
    try {
      const rows = reverse ? this.#down(prefix, after, limit) : this.#up(prefix, after, limit);
      return rows.map((row) => documentOf<T>(row) as Document<T>);
    } catch (error) {
      throw sqliteFault(error);
    }
  }

  async texts(prefix: string, options: Omit<ScanOptions, 'reverse'> = {}): Promise<StoredText[]> {
    const { after, limit = DEFAULT_LIMIT } = options;
    if (limit <= 0) return [];
    try {
      const own = after === undefined || inOrder(after, prefix) < 0 ? this.#itself(prefix) : [];
      const found = own.map(({ key, value }): StoredText => ({ key, text: value ?? '' }));
      const begin = after !== undefined && inOrder(after, prefix) > 0 ? after : prefix;
      if (found.length < limit)
        for (const [key, text] of this.#texts.all(begin, endOf(prefix), limit - found.length))
          found.push({ key, text });
      return found;
    } catch (error) {
      throw sqliteFault(error);
    }
  }

  /** The prefix as a key of its own is asked for apart: a bound that is exclusive below cannot let it in. */
  #itself(prefix: string): Row[] {
    const row = this.#select.get(prefix);
    return row === undefined || row.value === null ? [] : [row];
  }

  #up(prefix: string, after: string | undefined, limit: number): Row[] {
    const rows = after === undefined || inOrder(after, prefix) < 0 ? this.#itself(prefix) : [];
    const begin = after !== undefined && inOrder(after, prefix) > 0 ? after : prefix;
    if (rows.length < limit) rows.push(...this.#scan.all(begin, endOf(prefix), limit - rows.length));
    return rows;
  }

  #down(prefix: string, after: string | undefined, limit: number): Row[] {
    if (after !== undefined && inOrder(after, prefix) <= 0) return [];
    const end = endOf(prefix);
    const rows = this.#scanBack.all(prefix, after !== undefined && inOrder(after, end) < 0 ? after : end, limit);
    return rows.length < limit ? [...rows, ...this.#itself(prefix)] : rows;
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

  /**
   * Inside a transaction that is undone where this is refused: what `apply` does, but where the version is known, in one
   * statement that finds nothing to change if the write is to be refused.
   */
  replace(write: SerializedWrite, nowMs: number): boolean {
    const { expectVersion, json } = write;
    // Of what is not there nothing is deleted, and what was not read has no version.
    if (expectVersion === undefined || (expectVersion === 0 && json === null)) return this.apply(write).ok;
    return this.#replacing.run(write, expectVersion, nowMs);
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

const inOrder = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));
/** U+10FFFF is the last character there is, and no well-formed key part holds it. */
const endOf = (prefix: string): string => `${prefix}\u{10FFFF}`;

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

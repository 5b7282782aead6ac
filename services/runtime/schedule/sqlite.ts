/** The schedule driver inside the one database. */
import type Database from 'better-sqlite3';
import type { Clock } from '../clock.js';
import { sqliteFault } from '../sqlite/faults.js';
import type { GroupCommit } from '../sqlite/group-commit.js';
import { type SerializedTimer, serializeTimer } from './serialized.js';
import { LocalAlarms } from './local-alarms.js';
import type { Schedule, Timer, Watch } from './types.js';

interface Row {
  id: string;
  due: number;
  payload: string | null;
}

export class SqliteSchedule implements Schedule {
  readonly #commits: GroupCommit;
  readonly #set: Database.Statement<[string, string, number, string | null]>;
  readonly #cancel: Database.Statement<[string, string]>;
  readonly #done: Database.Statement<[string, string, number]>;
  readonly #due: Database.Statement<[string, number, number], Row>;
  readonly #next: Database.Statement<[string], number | null>;
  readonly #alarms: LocalAlarms;

  constructor(database: Database.Database, commits: GroupCommit, clock: Pick<Clock, 'now'>) {
    this.#commits = commits;
    this.#set = database.prepare(
      'INSERT INTO timer (owner, id, due, payload) VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET due = excluded.due, payload = excluded.payload',
    );
    this.#cancel = database.prepare('DELETE FROM timer WHERE owner = ? AND id = ?');
    this.#done = database.prepare('DELETE FROM timer WHERE owner = ? AND id = ? AND due = ?');
    this.#due = database.prepare(
      'SELECT id, due, payload FROM timer WHERE owner = ? AND due <= ? ORDER BY due, id LIMIT ?',
    );
    this.#next = database.prepare<[string], number | null>('SELECT min(due) FROM timer WHERE owner = ?').pluck();
    this.#alarms = new LocalAlarms((owner) => this.#next.get(owner) ?? undefined, clock);
  }

  async set(timers: readonly Timer[]): Promise<void> {
    const serialized = timers.map(serializeTimer);
    await this.#commits.run(() => serialized.forEach((timer) => this.put(timer)));
  }

  async cancel(owner: string, ids: readonly string[]): Promise<void> {
    await this.#commits.run(() => ids.forEach((id) => this.remove(owner, id)));
  }

  async due(owner: string, nowMs: number, limit: number): Promise<Timer[]> {
    try {
      return this.#due.all(owner, nowMs, limit).map(({ id, due, payload }) => ({
        owner,
        id,
        dueMs: due,
        ...(payload === null ? {} : { payload: JSON.parse(payload) as unknown }),
      }));
    } catch (error) {
      throw sqliteFault(error);
    }
  }

  async done(handled: readonly Timer[]): Promise<void> {
    await this.#commits.run(() => handled.forEach((timer) => this.finish(timer)));
  }

  async nextDueMs(owner: string): Promise<number | undefined> {
    try {
      return this.#next.get(owner) ?? undefined;
    } catch (error) {
      throw sqliteFault(error);
    }
  }

  async watch(owner: string, onDue: () => void): Promise<Watch> {
    return this.#alarms.watch(owner, onDue);
  }

  /** The database is closed by whoever opened it, once for all drivers in it. */
  async close(): Promise<void> {
    this.#alarms.close();
  }

  /** Inside a transaction. */
  put({ owner, id, dueMs, json }: SerializedTimer): void {
    this.#set.run(owner, id, dueMs, json);
    this.#alarms.changed(owner);
  }

  /** Inside a transaction. */
  remove(owner: string, id: string): void {
    this.#cancel.run(owner, id);
    this.#alarms.changed(owner);
  }

  /** Inside a transaction: only where it was not set anew since. */
  finish({ owner, id, dueMs }: Pick<Timer, 'owner' | 'id' | 'dueMs'>): void {
    this.#done.run(owner, id, dueMs);
    this.#alarms.changed(owner);
  }
}

/**
 * Changes records in place: to take content out of old telemetry, and to forget a user. Offsets, keys and order stay.
 * Pages that held the old text are overwritten (`secure_delete`), so that it cannot be read from the file afterwards;
 * a reader that has a batch in hand still has it.
 */
import type Database from 'better-sqlite3';
import type { Topic, TopicValues } from '../../../schemas/topics.js';
import type { EmbeddedStream } from '../stream/embedded.js';
import type { GroupCommit } from './group-commit.js';

const SLICE_ROWS = 500;
const SLICE_CHARS = 4 * 1024 * 1024;

export interface RewriteBounds {
  /** The first offset looked at. Default 0. */
  from?: number;
  /** Only records appended up to then. */
  beforeMs?: number;
  /** Only records below this offset. */
  beforeOffset?: number;
  stopped?: () => boolean;
}

export interface Rewritten {
  looked: number;
  changed: number;
  /** The first offset not looked at. */
  to: number;
}

type Row = [offset: number, bytes: number, value: string];

export class Rewriter {
  readonly #database: Database.Database;
  readonly #commits: GroupCommit;
  readonly #stream: EmbeddedStream;

  constructor(database: Database.Database, commits: GroupCommit, stream: EmbeddedStream) {
    this.#database = database;
    this.#commits = commits;
    this.#stream = stream;
  }

  /** @param change the new value, or `undefined` to leave the record as it is. Pure: it may be asked twice. */
  async run<K extends Topic>(
    topic: K,
    change: (value: TopicValues[K]) => TopicValues[K] | undefined,
    bounds: RewriteBounds = {},
  ): Promise<Rewritten> {
    const result: Rewritten = { looked: 0, changed: 0, to: bounds.from ?? 0 };
    const select = this.#database
      .prepare<[number, number, number, number], Row>(
        `SELECT offset, bytes, value FROM stream_${topic} WHERE offset >= ? AND offset < ? AND appended_at <= ? ORDER BY offset LIMIT ?`,
      )
      .raw();
    const update = this.#database.prepare<[string, number, number]>(
      `UPDATE stream_${topic} SET value = ?, bytes = ? WHERE offset = ?`,
    );
    while (bounds.stopped?.() !== true) {
      const slice = await this.#commits.run(() => {
        const rows: Row[] = [];
        let chars = 0;
        for (const row of select.iterate(
          result.to,
          bounds.beforeOffset ?? Number.MAX_SAFE_INTEGER,
          bounds.beforeMs ?? Number.MAX_VALUE,
          SLICE_ROWS,
        )) {
          rows.push(row);
          chars += row[2].length;
          if (chars >= SLICE_CHARS) break;
        }
        let changed = 0;
        for (const [offset, bytes, value] of rows) {
          const next = change(JSON.parse(value) as TopicValues[K]);
          if (next === undefined) continue;
          const json = JSON.stringify(next);
          update.run(json, bytes - value.length + json.length, offset);
          this.#stream.dropped(topic, value.length - json.length);
          changed++;
        }
        return { looked: rows.length, changed, last: rows.at(-1)?.[0] };
      });
      if (slice.last === undefined) break;
      result.looked += slice.looked;
      result.changed += slice.changed;
      result.to = slice.last + 1;
    }
    return result;
  }
}

/**
 * Drops what is old, in slices small enough that nobody waits for them.
 *
 * Records go by age, and oldest first where the database is larger than it may be; never past what a group has still to
 * work off, so that nothing is lost. Where nothing may go, appends from outside are refused until it may
 * (`stream-full`); work already taken in is always finished, since it is what makes room.
 */
import type Database from 'better-sqlite3';
import { type Topic, TOPICS } from '../../../schemas/topics.js';
import type { Clock } from '../clock.js';
import { formatSize } from '../config/size.js';
import { hasContent, withoutContent } from '../content.js';
import { StepdownError } from '../errors.js';
import type { EmbeddedStream } from '../stream/embedded.js';
import type { GroupCommit } from './group-commit.js';
import type { RetentionPolicy } from '../retention-policy.js';
import type { Rewriter } from './rewriter.js';

/** Rows a slice may take. */
const SLICE_ROWS = 1_000;
/** Trimming by size begins here and goes on until the lower share is reached, so that it does not run all the time. */
const TRIM_ABOVE = 0.95;
const TRIM_TO = 0.9;
/** A mark of a deleted document serves until every late write of its last input must have come. */
const MARK_AGE_MS = 86_400_000;

export interface Swept {
  records: number;
  documents: number;
  bared: number;
}

interface Slice {
  last: number | null;
  bytes: number | null;
  count: number;
}

export class Retention {
  readonly #database: Database.Database;
  readonly #commits: GroupCommit;
  readonly #stream: EmbeddedStream;
  readonly #rewriter: Rewriter;
  readonly #policy: RetentionPolicy;
  readonly #clock: Pick<Clock, 'now'>;
  #measured = { used: 0, streamed: 0 };
  #sweeping: Promise<Swept> | undefined;
  #stopped = false;
  /** Up to where telemetry has been bared of content. */
  #baredTo = 0;

  constructor(parts: {
    database: Database.Database;
    commits: GroupCommit;
    stream: EmbeddedStream;
    rewriter: Rewriter;
    policy: RetentionPolicy;
    clock: Pick<Clock, 'now'>;
  }) {
    this.#database = parts.database;
    this.#commits = parts.commits;
    this.#stream = parts.stream;
    this.#rewriter = parts.rewriter;
    this.#policy = parts.policy;
    this.#clock = parts.clock;
    this.#measure();
  }

  /** Why nothing more may be appended from outside now; `undefined`: go on. */
  refusal(): StepdownError | undefined {
    if (this.#estimate() <= this.#policy.maxDiskBytes) return undefined;
    this.#measure();
    if (this.#estimate() <= this.#policy.maxDiskBytes) return undefined;
    void this.sweep().catch(() => undefined);
    return new StepdownError(
      'stream-full',
      `the database holds ${formatSize(this.#measured.used)} and may hold ${formatSize(this.#policy.maxDiskBytes)}`,
      {
        mend: 'wait until what is there is worked off, or raise `retention.maxDisk`',
      },
    );
  }

  /** One whole pass. A second call while one runs joins it. */
  sweep(): Promise<Swept> {
    this.#sweeping ??= this.#pass().finally(() => (this.#sweeping = undefined));
    return this.#sweeping;
  }

  /** No further slice is begun. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#sweeping?.catch(() => undefined);
  }

  async #pass(): Promise<Swept> {
    const swept: Swept = { records: 0, documents: 0, bared: 0 };
    for (const topic of TOPICS) {
      const before = this.#clock.now() - this.#policy.topicAgeMs[topic];
      swept.records += await this.#repeat(() => this.#dropRecords(topic, before));
    }
    swept.bared = await this.#bareTelemetry();
    swept.documents = await this.#dropDocuments();
    this.#measure();
    if (this.#measured.used > TRIM_ABOVE * this.#policy.maxDiskBytes) swept.records += await this.#trim();
    return swept;
  }

  /**
   * The oldest records of whichever topic holds most, until there is room or nothing more may go. Not of the audit
   * stream: it is small, and who did what must not be lost because agents are busy.
   */
  async #trim(): Promise<number> {
    const exhausted = new Set<Topic>(['audit']);
    let dropped = 0;
    while (
      !this.#stopped &&
      exhausted.size < TOPICS.length &&
      this.#measured.used > TRIM_TO * this.#policy.maxDiskBytes
    ) {
      const [largest] = TOPICS.filter((topic) => !exhausted.has(topic)).sort(
        (a, b) => this.#stream.bytes(b) - this.#stream.bytes(a),
      );
      if (largest === undefined) break;
      const count = await this.#commits.run(() => this.#dropRecords(largest, Infinity));
      if (count === 0) exhausted.add(largest);
      dropped += count;
      this.#measure();
    }
    return dropped;
  }

  async #repeat(slice: () => number): Promise<number> {
    let total = 0;
    while (!this.#stopped) {
      const count = await this.#commits.run(slice);
      total += count;
      if (count < SLICE_ROWS) break;
    }
    return total;
  }

  /** Inside a transaction: the oldest records of a topic, appended before then and worked off by every group. */
  #dropRecords(topic: Topic, beforeMs: number): number {
    const { last, bytes, count } = this.#database
      .prepare<[number, number, number], Slice>(
        `SELECT max(offset) AS last, sum(bytes) AS bytes, count(*) AS count FROM
           (SELECT offset, bytes FROM stream_${topic} WHERE offset < ? AND appended_at <= ? ORDER BY offset LIMIT ?)`,
      )
      .get(this.#stream.neededFrom(topic), Math.min(beforeMs, Number.MAX_VALUE), SLICE_ROWS) ?? {
      last: null,
      bytes: null,
      count: 0,
    };
    if (last === null) return 0;
    this.#database.prepare(`DELETE FROM stream_${topic} WHERE offset <= ?`).run(last);
    this.#stream.dropped(topic, bytes ?? 0);
    return count;
  }

  async #dropDocuments(): Promise<number> {
    const now = this.#clock.now();
    let dropped = await this.#repeat(
      () =>
        this.#database
          .prepare(
            'DELETE FROM document WHERE rowid IN (SELECT rowid FROM document WHERE value IS NULL AND updated_at <= ? LIMIT ?)',
          )
          .run(now - MARK_AGE_MS, SLICE_ROWS).changes,
    );
    for (const { prefix, ageMs, only } of this.#policy.documents) {
      const condition =
        only === undefined ? '' : `AND json_extract(value, ?) IN (${only.values.map(() => '?').join(', ')})`;
      const extra = only === undefined ? [] : [`$.${only.field}`, ...only.values];
      dropped += await this.#repeat(
        () =>
          this.#database
            .prepare(
              `DELETE FROM document WHERE rowid IN (SELECT rowid FROM document WHERE key >= ? AND key < ? AND value IS NOT NULL AND updated_at <= ? ${condition} LIMIT ?)`,
            )
            .run(prefix, `${prefix}\u{10FFFF}`, now - ageMs, ...extra, SLICE_ROWS).changes,
      );
    }
    return dropped;
  }

  /** Content that is older than it may be goes out of telemetry that is kept longer. */
  async #bareTelemetry(): Promise<number> {
    if (this.#policy.contentAgeMs >= this.#policy.topicAgeMs.telemetry) return 0;
    const before = this.#clock.now() - this.#policy.contentAgeMs;
    const { changed, to } = await this.#rewriter.run(
      'telemetry',
      (event) => (hasContent(event) ? withoutContent(event) : undefined),
      {
        from: this.#baredTo,
        beforeMs: before,
        // What is not judged yet is judged as it came.
        beforeOffset: this.#stream.neededFrom('telemetry'),
        stopped: () => this.#stopped,
      },
    );
    this.#baredTo = to;
    return changed;
  }

  /** Pages in use; what records take that came since the last measure is added by their length. */
  #estimate(): number {
    return this.#measured.used + Math.max(0, this.#streamed() - this.#measured.streamed);
  }

  #measure(): void {
    const pragma = (name: string): number => this.#database.pragma(name, { simple: true }) as number;
    this.#measured = {
      used: (pragma('page_count') - pragma('freelist_count')) * pragma('page_size'),
      streamed: this.#streamed(),
    };
  }

  #streamed(): number {
    return TOPICS.reduce((sum, topic) => sum + this.#stream.bytes(topic), 0);
  }
}

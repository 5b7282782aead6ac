/**
 * The stream driver inside the one database: a table a topic, one partition each.
 *
 * Subscribers are woken in process and read durable rows only, but for `early` ones, which read what is committed and
 * whose own writes stand behind it in the same log; values are JSON text, parsed anew for each reader. A group's position only ever moves forward.
 */
import type Database from 'better-sqlite3';
import type { ContractionRecord } from '../../../schemas/signal.js';
import { type Topic, TOPICS, type TopicValues } from '../../../schemas/topics.js';
import type { Clock } from '../clock.js';
import { StepdownError } from '../errors.js';
import type { CommitHooks, GroupCommit } from '../sqlite/group-commit.js';
import { sqliteFault } from '../sqlite/faults.js';
import { EmbeddedSubscription } from './embedded-subscription.js';
import type {
  AnyOutgoing,
  GroupPosition,
  Stream,
  StreamRecord,
  SubscribeOptions,
  Subscription,
  TopicState,
} from './types.js';

/** A record ready to be written: serialized when it was handed over, so that later changes do not reach it. */
export interface Serialized {
  topic: Topic;
  key: string;
  json: string;
}

/** Rows are read until a batch holds about this much text, however many records that are. */
const BATCH_CHARS = 8 * 1024 * 1024;
/** Fixed cost of a row, counted with its texts. */
const ROW_BYTES = 24;

type Row = [offset: number, key: string, appendedAt: number, value: string];

interface Log {
  next: number;
  /** Records below this offset are on the disk. */
  durable: number;
  bytes: number;
  touched: boolean;
  insert: Database.Statement<[number, string, number, number, string]>;
  select: Database.Statement<[number, number], Row>;
  oldest: Database.Statement<[], number>;
}

export interface EmbeddedOptions {
  /** Says why nothing more may be appended from outside, or `undefined`. Work already taken in is always finished. */
  refuseAppends?: () => StepdownError | undefined;
}

export class EmbeddedStream implements Stream {
  readonly #commits: GroupCommit;
  readonly #clock: Pick<Clock, 'now'>;
  readonly #options: EmbeddedOptions;
  readonly #logs = new Map<Topic, Log>();
  readonly #subscriptions = new Set<EmbeddedSubscription<Topic>>();
  readonly #loadTopic: Database.Statement<[string], { next: number; bytes: number }>;
  readonly #saveTopic: Database.Statement<[string, number, number]>;
  readonly #loadPosition: Database.Statement<[string, string], number>;
  readonly #savePosition: Database.Statement<[string, string, number]>;
  readonly #lowestPosition: Database.Statement<[string], number | null>;
  #closed = false;

  constructor(
    database: Database.Database,
    commits: GroupCommit,
    clock: Pick<Clock, 'now'>,
    options: EmbeddedOptions = {},
  ) {
    this.#commits = commits;
    this.#clock = clock;
    this.#options = options;
    this.#loadTopic = database.prepare('SELECT next, bytes FROM topic WHERE name = ?');
    this.#saveTopic = database.prepare(
      'INSERT INTO topic (name, next, bytes) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET next = excluded.next, bytes = excluded.bytes',
    );
    this.#loadPosition = database
      .prepare<[string, string], number>('SELECT offset FROM consumer WHERE topic = ? AND name = ?')
      .pluck();
    this.#savePosition = database.prepare(
      'INSERT INTO consumer (topic, name, offset) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET offset = max(offset, excluded.offset)',
    );
    this.#lowestPosition = database
      .prepare<[string], number | null>('SELECT min(offset) FROM consumer WHERE topic = ?')
      .pluck();
    for (const topic of TOPICS) {
      const stored = this.#loadTopic.get(topic) ?? { next: 0, bytes: 0 };
      this.#logs.set(topic, {
        ...stored,
        durable: stored.next,
        touched: false,
        insert: database.prepare(
          `INSERT INTO stream_${topic} (offset, key, appended_at, bytes, value) VALUES (?, ?, ?, ?, ?)`,
        ),
        select: database
          .prepare<[number, number], Row>(
            `SELECT offset, key, appended_at, value FROM stream_${topic} WHERE offset >= ? ORDER BY offset LIMIT ?`,
          )
          .raw(),
        oldest: database.prepare<[], number>(`SELECT offset FROM stream_${topic} ORDER BY offset LIMIT 1`).pluck(),
      });
    }
    commits.listen(this.#hooks());
  }

  async append(records: readonly AnyOutgoing[]): Promise<{ partition: number; offset: number }[]> {
    if (records.length === 0) return [];
    const refusal = this.#options.refuseAppends?.();
    if (refusal !== undefined) throw refusal;
    const serialized = serialize(records);
    return this.#commits.run(() => this.insert(serialized));
  }

  async subscribe<K extends Topic>(options: SubscribeOptions<K>): Promise<Subscription> {
    this.#assertOpen();
    const log = this.#log(options.topic);
    const committed = this.#loadPosition.get(options.topic, options.group);
    const begin = committed === undefined ? (options.from === 'earliest' ? 0 : log.next) : committed + 1;
    const record = options.texts === true ? textRecord<K> : parsedRecord<K>;
    const subscription = new EmbeddedSubscription<K>(options, begin, (from, limit) =>
      this.#rows(options.topic, from, limit, options.early === true ? log.next : log.durable, record),
    );
    this.#subscriptions.add(subscription as unknown as EmbeddedSubscription<Topic>);
    void subscription.ended.then(() =>
      this.#subscriptions.delete(subscription as unknown as EmbeddedSubscription<Topic>),
    );
    return subscription;
  }

  async commit(position: GroupPosition): Promise<void> {
    await this.#commits.run(() => this.savePosition(position));
  }

  async read<K extends Topic>(
    topic: K,
    options: { partition?: number; from: number; limit: number },
  ): Promise<StreamRecord<K>[]> {
    this.#assertOpen();
    if (options.partition !== undefined && options.partition !== 0) return [];
    const from = options.from < 0 ? Math.max(0, this.#log(topic).next + options.from) : options.from;
    return this.#rows(topic, from, Math.min(options.limit, Number.MAX_SAFE_INTEGER), Infinity);
  }

  async state(topic: Topic, group?: string): Promise<TopicState[]> {
    this.#assertOpen();
    const { next } = this.#log(topic);
    const committed = group === undefined ? undefined : this.#loadPosition.get(topic, group);
    return [{ partition: 0, start: this.start(topic), end: next, committed: committed ?? -1 }];
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#subscriptions].map((subscription) => subscription.stop()));
  }

  /** Inside a transaction: appends, and gives each record its place. */
  insert(records: readonly Serialized[]): { partition: number; offset: number }[] {
    const now = this.#clock.now();
    return records.map(({ topic, key, json }) => {
      const log = this.#log(topic);
      const offset = log.next++;
      const bytes = ROW_BYTES + key.length + json.length;
      log.bytes += bytes;
      log.touched = true;
      log.insert.run(offset, key, now, bytes, json);
      return { partition: 0, offset };
    });
  }

  /** Inside a transaction. */
  savePosition({ topic, group, offset }: GroupPosition): void {
    this.#savePosition.run(topic, group, offset);
  }

  /** Inside a transaction: the retention has dropped this much. */
  dropped(topic: Topic, bytes: number): void {
    const log = this.#log(topic);
    log.bytes = Math.max(0, log.bytes - bytes);
    log.touched = true;
  }

  /** The oldest offset kept; the end where there is none. */
  start(topic: Topic): number {
    const log = this.#log(topic);
    return log.oldest.get() ?? log.next;
  }

  /** How much text a topic holds. */
  bytes(topic: Topic): number {
    return this.#log(topic).bytes;
  }

  /** The first offset that some group has not worked off yet: nothing from there on may be dropped. */
  neededFrom(topic: Topic): number {
    let needed = this.#log(topic).next;
    const lowest = this.#lowestPosition.get(topic);
    if (lowest !== null && lowest !== undefined) needed = Math.min(needed, lowest + 1);
    for (const subscription of this.#subscriptions) {
      if (
        subscription.topic === topic &&
        subscription.from === 'earliest' &&
        this.#loadPosition.get(topic, subscription.group) === undefined
      )
        needed = 0;
    }
    return needed;
  }

  #hooks(): CommitHooks {
    return {
      beforeCommit: () => {
        for (const [topic, log] of this.#logs) if (log.touched) this.#saveTopic.run(topic, log.next, log.bytes);
      },
      committed: () => {
        for (const [topic, log] of this.#logs) {
          if (!log.touched) continue;
          log.touched = false;
          this.#wake(topic, true);
        }
      },
      rolledBack: () => {
        for (const [topic, log] of this.#logs) {
          if (!log.touched) continue;
          Object.assign(log, this.#loadTopic.get(topic) ?? { next: 0, bytes: 0 });
          log.touched = false;
        }
      },
      flushing: () => {
        const written = [...this.#logs].flatMap(([topic, log]) =>
          log.next > log.durable ? [{ topic, log, next: log.next }] : [],
        );
        return () => {
          for (const { topic, log, next } of written) {
            log.durable = next;
            this.#wake(topic, false);
          }
        };
      },
    };
  }

  #wake(topic: Topic, early: boolean): void {
    for (const subscription of this.#subscriptions)
      if (subscription.topic === topic && subscription.early === early) subscription.wake();
  }

  /** Up to `limit` records from an offset on, all below `end`. */
  #rows<K extends Topic>(
    topic: K,
    from: number,
    limit: number,
    end: number,
    record: (topic: K, row: Row) => StreamRecord<K> = parsedRecord,
  ): StreamRecord<K>[] {
    const records: StreamRecord<K>[] = [];
    let chars = 0;
    if (from >= end) return records;
    try {
      for (const row of this.#log(topic).select.iterate(from, limit)) {
        if (row[0] >= end) break;
        records.push(record(topic, row));
        chars += row[3].length;
        if (chars >= BATCH_CHARS) break;
      }
    } catch (error) {
      throw sqliteFault(error);
    }
    return records;
  }

  #log(topic: Topic): Log {
    const log = this.#logs.get(topic);
    if (log === undefined) throw new StepdownError('usage', `there is no topic ${String(topic)}`);
    return log;
  }

  #assertOpen(): void {
    if (this.#closed) throw new StepdownError('stream-closed', 'the stream is closed');
  }
}

function parsedRecord<K extends Topic>(topic: K, [offset, key, appendedAtMs, value]: Row): StreamRecord<K> {
  return { topic, partition: 0, offset, key, value: JSON.parse(value) as TopicValues[K], appendedAtMs };
}

function textRecord<K extends Topic>(topic: K, [offset, key, appendedAtMs, text]: Row): StreamRecord<K> {
  let value: TopicValues[K] | undefined;
  return {
    ...{ topic, partition: 0, offset, key, text, appendedAtMs },
    get value() {
      return (value ??= JSON.parse(text) as TopicValues[K]);
    },
  };
}

/**
 * @param known is told the texts of the objects inside that are also kept as documents
 * @throws StepdownError `input-malformed` where a value is no JSON
 */
export function serialize(records: readonly AnyOutgoing[], known?: Map<object, string>): Serialized[] {
  return records.map((record) => {
    const { topic, key, value } = record;
    const json =
      known !== undefined && record.topic === 'contractions' && record.value.kind === 'contraction'
        ? contractionRecord(record.value, known)
        : (JSON.stringify(value) as string | undefined);
    if (json === undefined) throw new StepdownError('input-malformed', `a record for ${topic} has no value`);
    return { topic, key, json };
  });
}

function contractionRecord(
  { kind, contraction, ...none }: Extract<ContractionRecord, { kind: 'contraction' }>,
  known: Map<object, string>,
): string {
  // A member more is one that this would leave out.
  none satisfies Record<string, never>;
  const text = JSON.stringify(contraction);
  known.set(contraction, text);
  return `{"kind":"${kind}","contraction":${text}}`;
}

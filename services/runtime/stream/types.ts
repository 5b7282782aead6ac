/**
 * The stream port: append-only topics, ordered per key, read by consumer groups.
 *
 * What every driver guarantees, and the conformance suite checks:
 * - `append` resolves only when every record is durable; on rejection none, some or all may be there, so a
 *   sender repeats and readers drop repeats by id.
 * - Records of one key keep their append order. Values are serialized: no reference is shared with the sender.
 * - A group gets each record at least once. The handler gets one batch at a time per partition; the next comes
 *   after its promise resolves. Nothing is committed unless `commit` (or a checkpoint) says so; after a crash
 *   or a rejected handler, delivery resumes behind the last committed offset.
 * - A group's position only moves forward; a lower commit changes nothing. `commit` rejects with `not-owner` where the
 *   partition is another reader's by now.
 * - A partition has one reader per group at a time, and a slow one holds up no other. What waits in memory is bounded.
 * - What stands in a topic and is no record goes to the dead letters with the reason, and its partition goes on.
 * - `append` rejects with `stream-full` when the retention policy's hard limit is reached and nothing may be
 *   dropped: back-pressure reaches the source. Checkpoints are let through: they are what makes room.
 */
import type { Topic, TopicValues } from '../../../schemas/topics.js';

export interface Outgoing<K extends Topic = Topic> {
  topic: K;
  key: string;
  value: TopicValues[K];
}
/** A union over topics, so that topic and value always agree. */
export type AnyOutgoing = { [K in Topic]: Outgoing<K> }[Topic];

export interface StreamRecord<K extends Topic = Topic> {
  topic: K;
  partition: number;
  /** Rises by one or more from record to record within a partition. */
  offset: number;
  key: string;
  value: TopicValues[K];
  /** What the value is parsed from, where the reader asked for it and the driver has it. */
  text?: string;
  appendedAtMs: number;
}

export interface GroupPosition {
  group: string;
  topic: Topic;
  partition: number;
  /** The last offset that was worked off (not the next one). */
  offset: number;
  /** When what stands there was appended; tells it from what stands there once the topic was made anew. */
  appendedAtMs?: number;
}

export interface SubscribeOptions<K extends Topic> {
  topic: K;
  group: string;
  /** Where a group without a committed offset begins. */
  from: 'earliest' | 'latest';
  maxBatch?: number;
  /**
   * Takes records as soon as they are written, before they are durable. Only for readers whose every effect goes
   * through the same drivers' checkpoint, and so is lost with the record if that is lost; anyone who acts outside waits.
   * Drivers without such an order ignore it. Default false.
   */
  early?: boolean;
  /**
   * This reader goes by the text of most records: `value` is parsed when it is first looked at. Drivers that have no text
   * of a record at hand ignore it. Default false.
   */
  texts?: boolean;
  /**
   * This reader wants everything, whoever else reads under its name: it shares partitions with nobody, commits nothing,
   * and begins, each time it is started, with the records of the last `sinceMs`, as writers' clocks have dated them; so
   * with the newest of each partition in any case, and no later than at the offsets of `noLater`, whatever the clocks say.
   * Without it, readers of one group share the partitions. Drivers with one reader per group ignore it and begin behind
   * the committed record.
   */
  each?: { sinceMs: number; noLater?: ReadonlyMap<number, number> };
  /**
   * Told which partitions this reader has, each time that may have changed; no record of them is delivered before it
   * resolves. What is not named any more is another's: late work on it must be refused by compare-and-set. A partition
   * that is named again may have been another's in between.
   */
  assigned?: (partitions: readonly number[]) => Promise<void>;
  /** Must not throw for bad data; a rejection stops the subscription and is given to `onError`. */
  handler: (records: StreamRecord<K>[]) => Promise<void>;
  onError?: (error: unknown) => void;
}

export interface Subscription {
  /** Resolves when the running batch is done; nothing is delivered afterwards. */
  stop(): Promise<void>;
}

export interface TopicState {
  partition: number;
  /** The oldest offset kept; `end` is one past the newest. Equal: empty. */
  start: number;
  end: number;
  /** The group's last committed offset; -1: none. */
  committed: number;
}

export interface Stream {
  append(records: readonly AnyOutgoing[]): Promise<{ partition: number; offset: number }[]>;
  subscribe<K extends Topic>(options: SubscribeOptions<K>): Promise<Subscription>;
  commit(position: GroupPosition): Promise<void>;
  /** For tools: up to `limit` records of a partition from an offset on (negative: that many before the end). */
  read<K extends Topic>(
    topic: K,
    options: { partition?: number; from: number; limit: number },
  ): Promise<StreamRecord<K>[]>;
  state(topic: Topic, group?: string): Promise<TopicState[]>;
  close(): Promise<void>;
}

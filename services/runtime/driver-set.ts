/** What a combination of drivers gives: one of each port, and what they can do together. */
import type { Topic, TopicValues } from '../../schemas/topics.js';
import type { Checkpoint } from './checkpoint/types.js';
import type { Config } from './config.js';
import type { Schedule } from './schedule/types.js';
import type { Store } from './store/types.js';
import type { Stream } from './stream/types.js';

export interface Drivers {
  stream: Stream;
  store: Store;
  schedule: Schedule;
  checkpoint: Checkpoint;
  /**
   * Set where partitions of telemetry have writers of their own: detection then keeps states per stream key, since no two
   * partitions may write one state. Absent: one writer sees all of it.
   */
  telemetryScope?: 'stream-key';
  /** Which partition of a topic has what is shared out by this key; absent: there is one. */
  partitionOf?: (topic: Topic, partitionKey: string) => number;
  /**
   * When the store last left a command without an answer, in milliseconds of `performance.now()`; `undefined`: never. What
   * it answered just before may be gone: its replica may have taken over. Absent: it never loses what it has answered.
   */
  interruptedAtMs?: () => number | undefined;
  /** Absent where the stream cannot change what was appended (Kafka): then only age makes it forget. */
  upkeep?: Upkeep;
  close(): Promise<void>;
}

/** What only a stream that this process owns can do. */
export interface Upkeep {
  /**
   * Changes records in place; offsets, keys and order stay. For taking a person out of what is stored.
   * @param change the new value, or `undefined` to leave the record as it is; pure, may be asked twice
   */
  rewrite<K extends Topic>(
    topic: K,
    change: (value: TopicValues[K]) => TopicValues[K] | undefined,
  ): Promise<{ looked: number; changed: number }>;
  /** Drops now what retention says is old; it also happens by itself. */
  sweep(): Promise<{ records: number; documents: number; bared: number }>;
  /** Whether the files are sound; what is wrong, otherwise. Reads everything: seconds to minutes. */
  check(): string[];
}

export interface OpenOptions {
  /** For looking at what a stopped engine left: nothing is written, and no lock is taken. */
  readOnly?: boolean;
}

export type DriverConfig = Pick<
  Config,
  'dataDir' | 'stream' | 'store' | 'schedule' | 'retention' | 'ingest' | 'tenant'
>;

/** What reads a stream that others write, all the time: one per entry of `ingest.sources`. */
import type { Config } from '../../runtime/config.js';
import type { Log } from '../../runtime/log.js';
import type { Store } from '../../runtime/store/types.js';
import type { AnyOutgoing } from '../../runtime/stream/types.js';
import type { Intake } from '../intake.js';

export type SourceConfig = Config['ingest']['sources'][number];
export type SourceConfigOf<T extends SourceConfig['type']> = Extract<SourceConfig, { type: T }>;

/** How far behind a partition is. */
export interface PartitionLag {
  partition: string;
  /** The last position whose events are durable; -1: none yet. */
  position: number;
  /** Records behind the end; undefined while the end is not known. */
  lag: number | undefined;
}

export interface SourceFacts {
  name: string;
  type: SourceConfig['type'];
  state: 'connecting' | 'reading' | 'failing' | 'stopped';
  records: number;
  events: number;
  ignored: number;
  refused: number;
  /** Records that the broker dropped before they were read: they are gone. */
  missed: number;
  partitions: PartitionLag[];
  /** The last trouble, and when; gone once records come again. */
  trouble?: { text: string; atMs: number };
}

export interface Source {
  readonly name: string;
  /**
   * Begins to read and resolves; an engine does not wait for a broker that is away, it tries on.
   * @throws StepdownError `config-invalid` where what is configured can never work
   */
  start(): Promise<void>;
  /** Resolves when what is under way is durable, or given back to be read again. Idempotent. */
  stop(): Promise<void>;
  facts(): SourceFacts;
}

export interface SourceParts {
  intake: Intake;
  append: (records: readonly AnyOutgoing[]) => Promise<unknown>;
  /** For positions and ownership. */
  store: Store;
  log: Log;
  /** Milliseconds since 1970. */
  now: () => number;
  /** A run in event time: what a record says its time is counts as its arrival. */
  eventTime: boolean;
}

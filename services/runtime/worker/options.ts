/** What a worker is given. */
import type { Topic, TopicValues } from '../../../schemas/topics.js';
import type { Clock } from '../clock.js';
import type { Drivers } from '../drivers.js';
import type { Log } from '../log.js';
import type { Machine } from '../machine.js';
import type { AnyOutgoing } from '../stream/types.js';

/** The topics whose records are inputs of such a machine. */
export type TopicOf<In> = { [K in Topic]: TopicValues[K] extends In ? K : never }[Topic];

export interface WorkerOptions<In> {
  machine: Machine<In>;
  topic: TopicOf<In>;
  drivers: Pick<Drivers, 'stream' | 'store' | 'schedule' | 'checkpoint' | 'partitionOf' | 'interruptedAtMs'>;
  clock: Clock;
  log: Log;
  /** Of the topic's history, where the checkpoint keeps none: rises when its offsets begin anew. Default 1. */
  epoch?: number;
  /** States kept in memory, over all partitions this process has when it takes them over. Default 50,000. */
  maxCached?: number;
  /** Records per checkpoint. Default 1,000. */
  maxBatch?: number;
  /**
   * Whether the next batch begins before the group knows the position of this one, see `positionMayFollow` of a unit: less
   * waits, and where much comes, more and smaller batches cost more work. Default false.
   */
  positionsMayFollow?: boolean;
  /** Outputs after which a batch is cut, so that no checkpoint grows without bound. Default 10,000. */
  maxOutputs?: number;
  /** Timers held in memory per partition, by the wall clock. Default 10,000. */
  maxTimers?: number;
  /** How often the machine's ledger is swept for timers that the schedule has lost. Default a minute. */
  sweepEveryMs?: number;
  /** Whether a dead letter carries the record itself. Default false: its place in the topic is enough to find it. */
  deadletterContent?: boolean;
  /** Told after each checkpoint what it made durable. Must not throw. */
  onOutputs?: (outputs: readonly AnyOutgoing[]) => void;
}

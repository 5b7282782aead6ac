/** What opening a sink takes, and what comes of it. */
import type { Writable } from 'node:stream';
import type { Checkpoint } from '../../runtime/checkpoint/types.js';
import type { Log } from '../../runtime/log.js';
import type { Service } from '../../runtime/service.js';
import type { Store } from '../../runtime/store/types.js';
import type { Backoff } from '../backoff.js';
import type { OutboxLimits } from '../outbox.js';
import type { ForwardRecord } from '../record.js';
import type { Sink } from '../sink.js';

export interface SinkEnvironment {
  product: { version: string };
  console: Writable;
  now: () => number;
  random: () => number;
  log: Log;
  drivers: { store: Store; checkpoint: Checkpoint };
  /** How pauses grow where the other side cannot be reached; for what works beside the sinks. */
  pauses: Backoff;
  publicUrl?: string;
}

export interface OpenedSink {
  sink: Sink;
  /** Over the defaults of the outbox. */
  limits?: Partial<OutboxLimits>;
  /** Which records of its kind it takes; default: all. */
  wants?: (record: ForwardRecord) => boolean;
  /** Told after records were taken and that is durable. */
  onTaken?: (records: readonly ForwardRecord[]) => void;
}

export interface OpenedSinks {
  sinks: readonly OpenedSink[];
  /** What works beside the sinks and is started and stopped with them. */
  companion?: Service;
}

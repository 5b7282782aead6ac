/**
 * The sink port: where records go. A sink delivers a batch or says why not; it keeps no queue of its own, the outbox does.
 *
 * - A sink takes one kind of record. What wants several (Sentinel) is several sinks, so that a table that is refused holds
 *   up no other.
 * - `send` settles the first `settled` deliveries of a batch, by default all, with one outcome; the others come again at
 *   once. After `success` the settled deliveries are durable at the other side.
 * - After a crash the same delivery (same record, same version) may be sent again: a sink that can tell drops the repeat,
 *   any other passes on the delivery's `id`, so that its reader can.
 * - `send` never throws for what the other side does; a thrown error is a bug.
 */
import type { Severity } from '../../schemas/common.js';
import type { Incident } from '../../schemas/incident.js';
import { type ForwardRecord, newsOf, type RecordKind, type RecordValues } from './record.js';

/** What the sink has been sent of the same incident before. */
export interface Before {
  /** The highest version that is settled: taken, refused for good, or given up; 0: none. */
  version: number;
  /** The gravest that it has taken for certain. Absent: it has taken none. */
  severity?: Severity;
  /** All under which it was sent, also where no answer came, in order. */
  severities: readonly Severity[];
}

export interface Delivery<K extends RecordKind = RecordKind> {
  /** Of an incident `<incident id>:<version>`: the same for every repeat. */
  id: string;
  value: RecordValues[K];
  /** When the oldest version of it that was not sent came in. */
  waitingSinceMs?: number;
  /** Absent: the sink has taken nothing of it yet. */
  before?: Before;
}

export type SendOutcome =
  | { kind: 'success'; settled?: number }
  /** Try again, not before `afterMs` from now where the other side named it. */
  | { kind: 'retryable'; reason: string; afterMs?: number }
  /** Its time has not come (something it rests on is not there yet); others go on meanwhile. */
  | { kind: 'not-yet'; reason: string; afterMs: number; settled?: number }
  /** These deliveries will never be taken; others may. */
  | { kind: 'failure'; reason: string; settled?: number };

export interface Sink<K extends RecordKind = RecordKind> {
  readonly name: string;
  readonly takes: K;
  /** How many deliveries one `send` is given at most. */
  readonly maxBatch: number;
  /** A later version that says the same as what was taken last is not sent. Left out: what {@link newsOf} says. */
  news?(value: RecordValues[K]): string;
  send(batch: readonly Delivery<K>[]): Promise<SendOutcome>;
  close(): Promise<void>;
}

export function deliveryId(incident: Pick<Incident, 'id' | 'version'>): string {
  return `${incident.id}:${incident.version}`;
}

/** What a record says, to this sink; `undefined`: every version of it is news. */
export function newsFor(sink: Sink, record: ForwardRecord): string | undefined {
  return sink.news && sink.takes === record.kind ? sink.news(record.value) : newsOf(record);
}

/**
 * The streams, what they carry and by what they are keyed. Order holds per key.
 * telemetry → detect → signals → respond → contractions → decision points; incidents → forward.
 */
import type { Approval } from './approval.js';
import type { AuditEntry } from './audit.js';
import type { DeadLetter } from './deadletter.js';
import type { Decision } from './decision.js';
import type { TelemetryEvent } from './event.js';
import type { Incident } from './incident.js';
import type { ContractionRecord, Signal } from './signal.js';

export interface TopicValues {
  /** Keyed by `streamKey`. */
  telemetry: TelemetryEvent;
  /** Keyed by the entity they are about. */
  signals: Signal;
  /** Keyed by contraction id; the ledger's record. */
  contractions: ContractionRecord;
  /** Keyed by incident id; a later version replaces an earlier one. */
  incidents: Incident;
  /** Keyed by session; the audit stream of answers. */
  decisions: Decision;
  approvals: Approval;
  audit: AuditEntry;
  deadletter: DeadLetter;
}
export type Topic = keyof TopicValues;
export const TOPICS = [
  'telemetry',
  'signals',
  'contractions',
  'incidents',
  'decisions',
  'approvals',
  'audit',
  'deadletter',
] as const satisfies readonly Topic[];

/** A record of any topic, as far as its place among partitions is concerned. */
export type Placed = { [K in Topic]: { topic: K; key: string; value: TopicValues[K] } }[Topic];

/**
 * What decides a record's partition, where a topic has several: one writer per partition follows from it.
 * Telemetry goes by stream key. What response reads and writes goes by tenant, since risk, incidents and fleet limits
 * cross agents (docs/adr/0011). Everything else goes by its key.
 */
export function partitionKeyOf(record: Placed): string {
  switch (record.topic) {
    case 'signals':
      return record.value.tenant;
    case 'contractions':
      return record.value.kind === 'contraction' ? record.value.contraction.tenant : record.value.tenant;
    default:
      return record.key;
  }
}

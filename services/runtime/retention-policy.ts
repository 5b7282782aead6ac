/** Which records and documents go when. Pure: the drivers follow it, each in its way. */
import type { Topic } from '../../schemas/topics.js';
import type { Config } from './config.js';

/** Documents of a prefix, last written longer ago than this, are dropped; live ones never (invariant 7's pitfalls). */
export interface DocumentRule {
  prefix: string;
  ageMs: number;
  /** Only where this field of the value has one of these values; for nouns whose documents may still be live. */
  only?: { field: string; values: readonly string[] };
}

const DAY_MS = 24 * 60 * 60_000;

export interface RetentionPolicy {
  topicAgeMs: Readonly<Record<Topic, number>>;
  /** Age at which content is taken out of telemetry that is kept longer. */
  contentAgeMs: number;
  documents: readonly DocumentRule[];
  maxDiskBytes: number;
}

export function retentionPolicy(retention: Config['retention']): RetentionPolicy {
  return {
    topicAgeMs: {
      telemetry: retention.telemetryMs,
      signals: retention.signalsMs,
      contractions: retention.contractionsMs,
      incidents: retention.incidentsMs,
      decisions: retention.decisionsMs,
      approvals: retention.approvalsMs,
      audit: retention.auditMs,
      deadletter: retention.deadletterMs,
    },
    contentAgeMs: retention.contentMs,
    documents: [
      { prefix: 'finding/', ageMs: retention.telemetryMs },
      { prefix: 'explanation/', ageMs: retention.telemetryMs },
      { prefix: 'contraction/ended/', ageMs: retention.contractionsMs },
      { prefix: 'incident/', ageMs: retention.incidentsMs, only: { field: 'status', values: ['closed'] } },
      {
        prefix: 'approval/',
        ageMs: retention.approvalsMs,
        only: { field: 'state', values: ['approved', 'denied', 'expired'] },
      },
      // Not before the entries that they vouch for.
      { prefix: 'audit/seal/', ageMs: retention.auditMs + DAY_MS },
      { prefix: 'audit/amended/', ageMs: retention.auditMs + DAY_MS },
    ],
    maxDiskBytes: retention.maxDiskBytes,
  };
}

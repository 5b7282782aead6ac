/**
 * Whether a rule alerts on an incident's row: on what Sentinel sees of it first, and on a rise of its severity. Pure.
 *
 * Said in the row and not worked out by the query, because only the outbox knows what was sent: versions that follow each
 * other while the service is out of reach replace each other, and a query looks back a day at most.
 */
import { SEVERITIES, type Severity } from '../../../schemas/common.js';
import type { Incident } from '../../../schemas/incident.js';
import { severityRank } from '../record.js';
import type { Before } from '../sink.js';

export interface Alerting {
  reason?: 'first' | 'severity';
  /**
   * An incident alerts once per severity, so alerts of the same id are the same. It heals the one case in which two rows
   * claim to be the first: the service took one, its answer was lost, and a later version went in its place.
   */
  id: string;
}

export function alertingOf(incident: Incident, before: Before | undefined): Alerting {
  const id = `${incident.id}:${severityName(incident.severity)}`;
  // Judged harmless, or part of another story, before anybody there heard of it: nobody is called for it.
  const moot =
    incident.mergedInto !== undefined || (incident.verdict !== undefined && incident.verdict.value !== 'true');
  if (moot) return { id };
  if (before === undefined) return { id, reason: 'first' };
  if (before.severity !== undefined && severityRank(incident.severity) > severityRank(before.severity))
    return { id, reason: 'severity' };
  return { id };
}

/** As Sentinel writes it. */
export type SentinelSeverity = Capitalize<Severity>;
export const SENTINEL_SEVERITIES = SEVERITIES.map(severityName);

export function severityName(severity: Severity): SentinelSeverity {
  return (severity.charAt(0).toUpperCase() + severity.slice(1)) as SentinelSeverity;
}

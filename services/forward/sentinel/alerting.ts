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
  /**
   * Each severity to which the incident rose while it was sent, in order. One rule has an incident for life, the rule of the
   * first of these: a rule per severity at which it stands would open another incident with each rise.
   */
  path: readonly SentinelSeverity[];
}

export function alertingOf(incident: Incident, before: Before | undefined): Alerting {
  const severity = severityName(incident.severity);
  const path = rises([...(before?.severities ?? []), incident.severity]).map(severityName);
  const alerting = { id: `${incident.id}:${severity}`, path };
  // Judged harmless, or part of another story, before anybody there heard of it: nobody is called for it.
  if (incident.mergedInto !== undefined || (incident.verdict !== undefined && incident.verdict.value !== 'true'))
    return alerting;
  // Versions that were refused or given up are settled too, and nobody has heard of them.
  if (before?.severity === undefined) return { ...alerting, reason: 'first' };
  return severityRank(incident.severity) > severityRank(before.severity)
    ? { ...alerting, reason: 'severity' }
    : alerting;
}

/** Those that are graver than all before them. */
function rises(severities: readonly Severity[]): Severity[] {
  let highest = -1;
  return severities.filter((severity) => {
    const rank = severityRank(severity);
    if (rank <= highest) return false;
    highest = rank;
    return true;
  });
}

/** As Sentinel writes it. */
export type SentinelSeverity = Capitalize<Severity>;
export const SENTINEL_SEVERITIES = SEVERITIES.map(severityName);

export function severityName(severity: Severity): SentinelSeverity {
  return (severity.charAt(0).toUpperCase() + severity.slice(1)) as SentinelSeverity;
}

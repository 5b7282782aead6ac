/**
 * Pieces of KQL that several queries share. Each row may arrive more than once, so every query begins by keeping one row of
 * each id; states come as versions, so "now" is the highest of each.
 */
import { CONTRACTIONS, DECISIONS, FINDINGS, INCIDENTS } from '../tables.js';
import { tableName } from '../column.js';

export const T = {
  incidents: tableName(INCIDENTS),
  findings: tableName(FINDINGS),
  contractions: tableName(CONTRACTIONS),
  decisions: tableName(DECISIONS),
} as const;

/** How each incident stands now. */
export const INCIDENTS_NOW = `${T.incidents}
| summarize arg_max(RecordVersion, *) by IncidentId`;

/** How each contraction stands now. */
export const CONTRACTIONS_NOW = `${T.contractions}
| summarize arg_max(RecordVersion, *) by ContractionId`;

/** Each finding once. */
export const FINDINGS_ONCE = `${T.findings}
| summarize arg_max(TimeGenerated, *) by RowId`;

/** Each decision once. */
export const DECISIONS_ONCE = `${T.decisions}
| summarize arg_max(TimeGenerated, *) by RowId`;

/** Joins lines, leaving out what does not apply. */
export function lines(...parts: readonly (string | undefined | false)[]): string {
  return parts.filter((part) => typeof part === 'string').join('\n');
}

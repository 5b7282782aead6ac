/** The rows that a workspace holds after the demo, as an analyst's query would list them: the columns that tell the story. */
import type { Paint } from '../terminal.js';
import { type Column, table } from '../table.js';
import type { KeptRow } from './workspace/log-analytics.js';

/** Table → its columns here, as the workspace names them; every other column is in `--json`. */
const SHOWN: Readonly<Record<string, readonly string[]>> = {
  StepdownIncidents_CL: [
    'EventTime',
    'RecordVersion',
    'IncidentStatus',
    'AlertSeverity',
    'AlertReason',
    'IncidentTitle',
  ],
  StepdownFindings_CL: ['EventTime', 'AlertSeverity', 'Confidence', 'FindingType', 'AgentName', 'Tool', 'FindingTitle'],
  StepdownContractions_CL: [
    'EventTime',
    'RecordVersion',
    'ContractionState',
    'TargetName',
    'ControlNames',
    'Attempts',
    'EndReason',
  ],
  StepdownDecisions_CL: ['EventTime', 'DecisionVerdict', 'ActionName', 'AgentName', 'SessionId', 'ReasonText'],
};
export const SENTINEL_TABLES = Object.keys(SHOWN);

export type SentinelRows = Readonly<Record<string, readonly KeptRow[]>>;

export function sentinelRowsText(
  rows: SentinelRows,
  { width, paint }: { width: number | undefined; paint: Paint },
): string {
  const parts = Object.entries(SHOWN).map(([name, columns]) => {
    const held = rows[name] ?? [];
    const head = `${paint('bold', name)}  ${held.length} ${held.length === 1 ? 'row' : 'rows'}`;
    return held.length === 0 ? head : `${head}\n${table(columns.map(column), held, { width, paint })}`;
  });
  const alerting = (rows['StepdownIncidents_CL'] ?? []).filter(({ AlertReason }) => AlertReason !== undefined).length;
  return [
    'What Sentinel would hold, sent over https to a workspace of this process that takes rows as the Logs Ingestion API does:',
    ...parts,
    `A rule alerts on rows with an AlertReason: here ${alerting} of ${(rows['StepdownIncidents_CL'] ?? []).length}, so one attack is one incident. --json prints every column.`,
  ].join('\n\n');
}

function column(name: string): Column<KeptRow> {
  return {
    title: name,
    value: (row) => text(name, row[name]),
    ...(NUMBERS.has(name) ? { align: 'right' as const } : {}),
    ...(name === 'EventTime' ? { whole: true } : {}),
    ...(name === 'AlertReason' ? { paint: (shown, _row, paint) => paint('yellow', shown) } : {}),
  };
}
const NUMBERS: ReadonlySet<string> = new Set(['RecordVersion', 'Confidence', 'Attempts']);

function text(name: string, value: unknown): string {
  if (value === undefined || value === null) return '';
  // The day stands in the terminal's prompt; what tells rows of a quarter of a minute apart is the time.
  if (name === 'EventTime' && typeof value === 'string') return value.slice(11, 23);
  if (Array.isArray(value)) return value.map((item) => text('', item)).join(', ');
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? String(value)
    : JSON.stringify(value);
}

/** From a record to the row that leaves: serialized by the table's columns, redacted, and cut to what the service takes. Pure. */
import type { TableRecord } from '../record.js';
import type { Before } from '../sink.js';
import { alertingOf } from './alerting.js';
import { type Cell, type Table, tableName } from './column.js';
import { type RedactionPolicy, treated, treatmentOf } from './redaction.js';
import { type RowContext, TABLES } from './tables.js';
import { jsonBytes, MAX_FIELD_BYTES, MIN_FIELD_BYTES, truncated } from './truncation.js';

export type Row = Readonly<Record<string, Cell>>;

/** Of one row; a call takes 1,000,000 bytes with its brackets. */
export const MAX_ROW_BYTES = 900_000;

export interface RowOptions extends RowContext {
  redaction: RedactionPolicy;
  /** Smaller than the default where a row was refused for its size. */
  maxFieldBytes?: number;
}

/** What the sink has taken of the record before decides whether an incident's row alerts. */
export function rowOf(record: TableRecord, before: Before | undefined, options: RowOptions): Row {
  switch (record.kind) {
    case 'incident':
      return row(
        TABLES.incident,
        { ...options, record: record.value, alerting: alertingOf(record.value, before) },
        options,
      );
    case 'finding':
      return row(TABLES.finding, { ...options, record: record.value }, options);
    case 'contraction':
      return row(TABLES.contraction, { ...options, record: record.value }, options);
    case 'decision':
      return row(TABLES.decision, { ...options, record: record.value }, options);
  }
}

function row<Source>(table: Table<Source>, source: Source, options: RowOptions): Row {
  const { redaction } = options;
  const name = tableName(table);
  const treatment = new Map(
    table.columns.map((column) => [column.name, treatmentOf(redaction, name, column.name, column.class)]),
  );
  const raw = table.columns.map((column) => ({ column, cell: column.value(source) }));
  const persons = raw.flatMap(({ column, cell }) =>
    column.class === 'person' && treatment.get(column.name) !== 'keep' ? names(cell) : [],
  );
  const redacted: string[] = [];
  const cells = raw.map(({ column, cell }) => {
    const next = treated(cell, treatment.get(column.name) ?? 'keep', redaction, persons);
    if (cell !== undefined && JSON.stringify(next) !== JSON.stringify(cell)) redacted.push(column.name);
    return [column.name, next] as const;
  });
  for (let limit = options.maxFieldBytes ?? MAX_FIELD_BYTES; ; limit = Math.floor(limit / 2)) {
    const cut: string[] = [];
    const fitted = cells.map(([column, cell]) => {
      const result = truncated(cell, limit);
      if (result.cut) cut.push(column);
      return [column, result.cell] as const;
    });
    const whole: Row = Object.fromEntries([
      ...fitted.filter(([, cell]) => cell !== undefined),
      ...(cut.length === 0 ? [] : [['Truncated', cut] as const]),
      ...(redacted.length === 0 ? [] : [['Redacted', redacted] as const]),
    ]);
    if (limit <= MIN_FIELD_BYTES || jsonBytes(whole) <= MAX_ROW_BYTES) return whole;
  }
}

/** Names worth replacing in sentences; shorter ones would hit other words. */
function names(cell: Cell): string[] {
  const all = typeof cell === 'string' ? [cell] : Array.isArray(cell) ? (cell as unknown[]) : [];
  return all.filter((name) => typeof name === 'string').filter((name) => name.length >= 4);
}

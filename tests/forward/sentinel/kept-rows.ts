/** Rows as a table gives them to a query: times are times, and what is missing is empty. */
import type { TableRecord } from '../../../services/forward/record.js';
import type { Before } from '../../../services/forward/sink.js';
import { tableName } from '../../../services/forward/sentinel/column.js';
import { DEFAULT_TREATMENTS } from '../../../services/forward/sentinel/redaction.js';
import { type Row, rowOf } from '../../../services/forward/sentinel/rows.js';
import { TABLES } from '../../../services/forward/sentinel/tables.js';
import { INGESTED_AT, type Row as KqlRow } from './kql/evaluate.js';

const REDACTION = { byClass: DEFAULT_TREATMENTS, byColumn: new Map(), key: '' };

/** As it leaves. */
export function sentRow(record: TableRecord, before: Before | undefined, sentAtMs: number): Row {
  return rowOf(record, before, { sentAtMs, version: '0.1.0', redaction: REDACTION });
}

/** As it is found there. */
export function keptRow(kind: TableRecord['kind'], row: Row, ingestedAtMs: number): KqlRow {
  const columns = TABLES[kind].columns.map(({ name, type }): [string, unknown] => {
    const cell = row[name];
    return [name, type === 'datetime' && typeof cell === 'string' ? new Date(cell) : cell];
  });
  return { ...Object.fromEntries(columns), [INGESTED_AT]: new Date(ingestedAtMs) };
}

/** Every table, empty. */
export const noRows = (): Record<string, KqlRow[]> =>
  Object.fromEntries(Object.values(TABLES).map((table) => [tableName(table), []]));

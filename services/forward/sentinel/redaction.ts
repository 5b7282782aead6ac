/**
 * What leaves, and in which form. Pure. Each column has a class (column.ts), each class a treatment, and a single column
 * may be given another one. Columns that rules and readers live by are never touched.
 */
import { createHmac } from 'node:crypto';
import { sensitiveStretches, withoutStretches } from '../../inspect/sensitive.js';
import type { Cell, ColumnClass } from './column.js';

export const TREATMENTS = ['keep', 'mask', 'hash', 'drop'] as const;
/** `mask`: without secrets and personal data of a known form; `hash`: a pseudonym, the same for the same value. */
export type Treatment = (typeof TREATMENTS)[number];

export interface RedactionPolicy {
  byClass: Readonly<Record<ColumnClass, Treatment>>;
  /** `Table_CL.Column` or `*.Column` → treatment. */
  byColumn: ReadonlyMap<string, Treatment>;
  /** Of pseudonyms; whoever has it can tell whether a guessed name is meant. */
  key: string;
}

export const DEFAULT_TREATMENTS: Readonly<Record<ColumnClass, Treatment>> = {
  fact: 'keep',
  person: 'keep',
  text: 'mask',
  evidence: 'mask',
  content: 'drop',
};

/** Identity, order, time and alerting rest on these. */
export const UNTOUCHABLE: ReadonlySet<string> = new Set([
  'TimeGenerated',
  'EventTime',
  'RowId',
  'RowSchema',
  'RecordVersion',
  'IncidentId',
  'AlertId',
  'AlertReason',
  'AlertSeverity',
  'SeverityPath',
  'Truncated',
  'Redacted',
]);

export function treatmentOf(policy: RedactionPolicy, table: string, column: string, kind: ColumnClass): Treatment {
  if (UNTOUCHABLE.has(column)) return 'keep';
  return policy.byColumn.get(`${table}.${column}`) ?? policy.byColumn.get(`*.${column}`) ?? policy.byClass[kind];
}

/** `persons`: names whose pseudonyms stand elsewhere in the row, so they must not stand in its sentences either. */
export function treated(cell: Cell, treatment: Treatment, policy: RedactionPolicy, persons: readonly string[]): Cell {
  switch (treatment) {
    case 'drop':
      return undefined;
    case 'keep':
      return cell;
    case 'hash':
      return everyText(cell, (text) => pseudonym(text, policy.key)) as Cell;
    case 'mask':
      return everyText(cell, (text) => masked(text, policy, persons)) as Cell;
  }
}

export function pseudonym(value: string, key: string): string {
  return `person-${createHmac('sha256', key).update(value).digest('hex').slice(0, 20)}`;
}

function masked(text: string, policy: RedactionPolicy, persons: readonly string[]): string {
  let result = text;
  for (const person of persons) result = result.replaceAll(person, pseudonym(person, policy.key));
  return withoutStretches(result, sensitiveStretches(result, ['secrets', 'pii']));
}

/** The same shape with every text in it changed; names of fields stay. */
function everyText(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === 'string') return change(value);
  if (Array.isArray(value)) return value.map((item) => everyText(item, change));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, everyText(item, change)]));
}

/** What a column of a Log Analytics table is: the one description that rows, streams, tables, queries and documents share. */

/** The types that stream declarations and tables have in common. */
export type ColumnType = 'string' | 'int' | 'long' | 'real' | 'boolean' | 'dynamic' | 'datetime';

/**
 * How delicate a value is, which decides what leaves by default:
 * - `fact`: ids, numbers, times, closed sets: leaves as it is.
 * - `person`: names a person; leaves as it is, or as a pseudonym, or not at all.
 * - `text`: sentences about what happened, which may quote: secrets and personal data in it are masked.
 * - `evidence`: quotes what was attacked, so that an analyst can judge it: masked likewise.
 * - `content`: arguments and other content beyond the evidence: does not leave unless it is asked for.
 */
export const COLUMN_CLASSES = ['fact', 'person', 'text', 'evidence', 'content'] as const;
export type ColumnClass = (typeof COLUMN_CLASSES)[number];

/** What a value may be; `undefined` is left out of the row, and is null in the table. */
export type Cell = string | number | boolean | undefined | readonly unknown[] | Readonly<Record<string, unknown>>;

export interface Column<Source> {
  name: string;
  type: ColumnType;
  class: ColumnClass;
  description: string;
  /** Where it comes from, in the words of schemas/. */
  from: string;
  value: (source: Source) => Cell;
}

export interface Table<Source> {
  /** Without the suffix; see {@link tableName}. */
  noun: string;
  description: string;
  columns: readonly Column<Source>[];
}

export const tableName = (table: Pick<Table<never>, 'noun'>): string => `Stepdown${table.noun}_CL`;
export const streamName = (table: Pick<Table<never>, 'noun'>): string => `Custom-${tableName(table)}`;

/** Makes a list of columns from a table of rows; `Source` stands once. */
export function columnsOf<Source>() {
  return (
    rows: readonly (readonly [
      name: string,
      type: ColumnType,
      kind: ColumnClass,
      from: string,
      description: string,
      value: (source: Source) => Cell,
    ])[],
  ): readonly Column<Source>[] =>
    rows.map(([name, type, kind, from, description, value]) => ({ name, type, class: kind, from, description, value }));
}

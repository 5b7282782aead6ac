/** A table as the workspace has it, against ours: the service leaves out what a table has no column for, and says nothing. Pure. */
import { type Table, tableName } from './column.js';

/** @param body the answer to `GET …/workspaces/{name}/tables/{table}`; gives what is wrong, `undefined`: nothing */
export function faultOfTable(table: Pick<Table<never>, 'noun' | 'columns'>, body: unknown): string | undefined {
  const columns = columnsIn(body);
  if (columns === undefined) return `${tableName(table)} tells no columns`;
  const there = new Map(columns.map(({ name, type }) => [name, type.toLowerCase()]));
  const missing = table.columns.filter(({ name }) => !there.has(name)).map(({ name }) => name);
  const other = table.columns
    .filter(({ name, type }) => there.has(name) && there.get(name) !== type)
    .map(({ name, type }) => `${name} is ${there.get(name) ?? ''}, not ${type}`);
  const faults = [...(missing.length === 0 ? [] : [`columns are missing: ${missing.join(', ')}`]), ...other];
  return faults.length === 0 ? undefined : faults.join('; ');
}

function columnsIn(body: unknown): { name: string; type: string }[] | undefined {
  const { properties } = (body ?? {}) as { properties?: { schema?: { columns?: unknown } } };
  const columns = properties?.schema?.columns;
  if (!Array.isArray(columns)) return undefined;
  return columns.filter(
    (each): each is { name: string; type: string } =>
      typeof (each as { name?: unknown } | null)?.name === 'string' &&
      typeof (each as { type?: unknown } | null)?.type === 'string',
  );
}

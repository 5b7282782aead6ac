/**
 * Resolves KQL against declared tables with Microsoft's own language service, so that a misspelt column, table or function is
 * found without a workspace. What else a workspace has and our queries use is declared here.
 */
import { createRequire } from 'node:module';
import { tableName, type Table } from '../../../services/forward/sentinel/column.js';
import { TABLES } from '../../../services/forward/sentinel/tables.js';

const require = createRequire(import.meta.url);

interface List<T> {
  Count: number;
  getItem(index: number): T;
}
interface Diagnostic {
  Code: string;
  Message: string;
  Severity: string;
  Start: number;
}
interface ColumnSymbol {
  Name: string;
  Type: { Name: string };
}
interface KustoCode {
  GetDiagnostics(): List<Diagnostic>;
  ResultType: { Columns?: List<ColumnSymbol> } | null;
}
interface Language {
  KustoCode: { ParseAndAnalyze(text: string, globals: unknown): KustoCode };
  GlobalState: { Default: { WithDatabase(database: unknown): unknown } };
  Symbols: {
    TableSymbol: { $ctor7: new (name: string, schema: string, description: string | null) => unknown };
    DatabaseSymbol: { ctor: new (name: string, members: unknown[]) => unknown };
  };
}

// The bridge must be there before what was compiled for it; both put themselves into the global object.
require('@kusto/language-service-next/bridge.min.js');
require('@kusto/language-service-next/Kusto.Language.Bridge.min.js');
const { Language } = (globalThis as unknown as { Kusto: { Language: Language } }).Kusto;

const KQL_TYPES: Readonly<Record<string, string>> = { boolean: 'bool' };
type AnyTable = (typeof TABLES)[keyof typeof TABLES];
export const schemaOf = (columns: readonly { name: string; type: string }[]): string =>
  `(${columns.map(({ name, type }) => `${name}: ${KQL_TYPES[type] ?? type}`).join(', ')})`;

/** Columns that every custom table has, and the table that rules write their alerts to. */
const STANDARD = ', TenantId: string, Type: string, _ResourceId: string)';
const SECURITY_ALERT =
  '(TimeGenerated: datetime, AlertName: string, AlertSeverity: string, ProviderName: string, ExtendedProperties: string, SystemAlertId: string)';

function globals(tables: readonly AnyTable[], without?: string): unknown {
  const symbol = (name: string, schema: string) => new Language.Symbols.TableSymbol.$ctor7(name, schema, null);
  const database = new Language.Symbols.DatabaseSymbol.ctor('workspace', [
    ...tables.map((table) =>
      symbol(
        tableName(table),
        schemaOf((table.columns as Table<never>['columns']).filter(({ name }) => name !== without)).replace(
          /\)$/,
          STANDARD,
        ),
      ),
    ),
    symbol('SecurityAlert', SECURITY_ALERT),
  ]);
  return Language.GlobalState.Default.WithDatabase(database);
}

const DEFAULT = globals(Object.values(TABLES));

export interface Resolved {
  /** `code: message`, of errors and warnings. */
  faults: string[];
  columns: { name: string; type: string }[];
}

/** `without`: as if no table had this column. */
export function resolve(query: string, without?: string): Resolved {
  const code = Language.KustoCode.ParseAndAnalyze(
    query,
    without === undefined ? DEFAULT : globals(Object.values(TABLES), without),
  );
  const faults = items(code.GetDiagnostics())
    .filter(({ Severity }) => Severity !== 'Suggestion' && Severity !== 'Information')
    .map(({ Code, Message, Start }) => `${Code}: ${Message} (at ${JSON.stringify(query.slice(Start, Start + 40))})`);
  return {
    faults,
    columns: items(code.ResultType?.Columns ?? undefined).map(({ Name, Type }) => ({ name: Name, type: Type.Name })),
  };
}

function items<T>(list: List<T> | undefined): T[] {
  return list === undefined ? [] : Array.from({ length: list.Count }, (_, index) => list.getItem(index));
}

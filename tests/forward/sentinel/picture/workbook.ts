/** The workbook's own queries over the sample rows, drawn: each part as it says it is shown. */
import { PARTS, WORKBOOK_NAME, type WorkbookPart } from '../../../../services/forward/sentinel/content/workbook.js';
import { evaluate, type Row, Span } from '../kql/evaluate.js';
import { NOW, sampleRows } from './sample-rows.js';
import { barchart, type Block, page, table, timechart } from './svg.js';

export const NOTE =
  'Drawn by the project from made-up rows: the workbook’s own queries, run over them by the tests. Not a picture of the Azure portal.';

export function workbookPicture(): string {
  const rows = sampleRows();
  return page(
    WORKBOOK_NAME,
    NOTE,
    PARTS.map((part) => ({ title: part.title, block: drawn(part, evaluate(part.query, rows, NOW)) })),
  );
}

function drawn({ visualization }: WorkbookPart, rows: readonly Row[]): Block {
  switch (visualization) {
    case 'table':
    case 'tiles': {
      const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
      return table(
        columns,
        rows.map((row) => columns.map((column) => shown(row[column]))),
      );
    }
    case 'barchart':
      return barchart(
        rows.map(({ ActionName, DecisionVerdict, Calls }) => ({
          name: `${shown(ActionName)} (${shown(DecisionVerdict)})`,
          value: Number(Calls),
        })),
      );
    case 'timechart': {
      const names = [...new Set(rows.map(({ AgentName }) => shown(AgentName)))];
      const series = names.map((name) => ({
        name,
        points: rows
          .filter(({ AgentName }) => AgentName === name)
          .map(({ EventTime, Risk }): [number, number] => [(EventTime as Date).getUTCHours(), Number(Risk)]),
      }));
      return timechart(series, [8, 18]);
    }
  }
}

function shown(value: unknown): string {
  if (value === undefined || value === null) return '';
  if (value instanceof Date) return value.toISOString().slice(0, 16).replace('T', ' ');
  if (value instanceof Span) {
    const minutes = Math.round(value.ms / 60_000);
    return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
  }
  if (Array.isArray(value)) return value.map(shown).join(', ');
  return typeof value === 'string' ? value : JSON.stringify(value);
}

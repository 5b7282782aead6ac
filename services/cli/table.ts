/**
 * Tables that fit the terminal. Columns shrink from the widest, never below their `min`; what does not fit is cut with `…`.
 * Every cell is made printable first: a tool's name must not be able to move the cursor.
 */
import { printable } from '../runtime/printable.js';
import { displayWidth, fit, padTo } from './width.js';
import type { Paint } from './terminal.js';

export interface Column<Row> {
  title: string;
  value: (row: Row) => string;
  align?: 'left' | 'right';
  /** Never narrower than this many columns; ids that people copy keep their whole width with `whole`. */
  min?: number;
  whole?: boolean;
  paint?: (text: string, row: Row, paint: Paint) => string;
}

const GAP = 2;
const DEFAULT_MIN = 6;

/** Lines without trailing newline. `width` undefined: as wide as the content (a pipe or a file). */
export function table<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  { width, paint }: { width: number | undefined; paint: Paint },
): string {
  const cells = rows.map((row) => columns.map((column) => printable(column.value(row)).trim()));
  const natural = columns.map((column, index) =>
    Math.max(displayWidth(column.title), ...cells.map((row) => displayWidth(row[index] ?? ''))),
  );
  const widths = width === undefined ? natural : shrink(columns, natural, width);
  const line = (texts: readonly string[], decorate: (text: string, index: number) => string) =>
    texts
      .map((text, index) => {
        const size = widths[index] ?? 0;
        const column = columns[index];
        const last = index === columns.length - 1 && column?.align !== 'right';
        const shown = fit(text, size);
        const padded = last ? shown : padTo(shown, size, column?.align === 'right' ? 'right' : 'left');
        return decorate(padded, index);
      })
      .join(' '.repeat(GAP))
      .trimEnd();
  const head = line(
    columns.map(({ title }) => title),
    (text) => paint('bold', text),
  );
  const body = cells.map((texts, at) =>
    line(texts, (text, index) => {
      const row = rows[at];
      const column = columns[index];
      return column?.paint === undefined || row === undefined ? text : column.paint(text, row, paint);
    }),
  );
  return [head, ...body].join('\n');
}

function shrink<Row>(columns: readonly Column<Row>[], natural: readonly number[], width: number): number[] {
  const widths = [...natural];
  const least = columns.map((column, index) =>
    column.whole
      ? (natural[index] ?? 0)
      : Math.min(natural[index] ?? 0, Math.max(column.min ?? DEFAULT_MIN, displayWidth(column.title))),
  );
  let over = widths.reduce((sum, size) => sum + size, 0) + GAP * (columns.length - 1) - width;
  while (over > 0) {
    let widest = -1;
    for (const [index, size] of widths.entries()) {
      if (size > (least[index] ?? 0) && (widest < 0 || size > (widths[widest] ?? 0))) widest = index;
    }
    // Narrower than the least of all columns: lines wrap, nothing more is lost.
    if (widest < 0) break;
    widths[widest] = (widths[widest] ?? 0) - 1;
    over -= 1;
  }
  return widths;
}

/** `name  value` lines for one thing; values wrap by the terminal. */
export function facts(pairs: readonly (readonly [name: string, value: string | undefined])[], paint: Paint): string {
  const shown = pairs.filter((pair): pair is readonly [string, string] => pair[1] !== undefined && pair[1] !== '');
  const width = Math.max(0, ...shown.map(([name]) => displayWidth(name)));
  return shown.map(([name, value]) => `${paint('dim', padTo(name, width, 'left'))}  ${printable(value)}`).join('\n');
}

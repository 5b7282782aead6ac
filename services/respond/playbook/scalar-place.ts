/**
 * Where a character of a YAML text stands in the file: in a plain or quoted text of one line or several, and in a block
 * (`|`, `>`). What the file says is read again by the rules of YAML and held against the value; where they do not agree
 * there is no answer, and whoever asked names the place of the whole text.
 */
export interface CharacterPlace {
  line: number;
  column: number;
}

/** Each character of the value with where it comes from. */
interface Traced {
  text: string;
  places: CharacterPlace[];
}

/** @param rows of the file; @param at where the value begins, from 1; @param offset of the character in the value, from 0 */
export function placeInScalar(
  rows: readonly string[],
  at: CharacterPlace,
  value: string,
  offset: number,
): CharacterPlace | undefined {
  const first = rows[at.line - 1]?.[at.column - 1];
  const traced =
    first === '|' || first === '>' ? traceBlock(rows, at, first === '>') : traceFlow(rows, at, first, value.length);
  if (!traced.text.startsWith(value.replace(/\n+$/, ''))) return undefined;
  const last = traced.places[Math.min(offset, value.length) - 1];
  return traced.places[offset] ?? (last && { line: last.line, column: last.column + 1 });
}

function add(traced: Traced, text: string, line: number, column: number): void {
  traced.text += text;
  for (let index = 0; index < text.length; index += 1) traced.places.push({ line, column: column + index });
}

function traceBlock(rows: readonly string[], at: CharacterPlace, folds: boolean): Traced {
  const traced: Traced = { text: '', places: [] };
  const indentOf = (row: string): number => row.length - row.trimStart().length;
  const begin = rows.slice(at.line).find((row) => row.trim() !== '') ?? '';
  const indent = indentOf(begin);
  /** Lines of words fold; those that are indented further keep their breaks. */
  const isWords = (text: string): boolean => folds && !/^\s/.test(text);
  let former: string | undefined;
  let blanks = 0;
  for (let line = at.line; line < rows.length; line += 1) {
    const row = rows[line] ?? '';
    if (row.trim() === '') {
      blanks += 1;
      continue;
    }
    if (indentOf(row) < indent) break;
    const text = row.slice(indent);
    const joined = former !== undefined && isWords(former) && isWords(text);
    const breaks = former === undefined || joined ? blanks : blanks + 1;
    add(traced, joined && blanks === 0 ? ' ' : '\n'.repeat(breaks), line, 1);
    add(traced, text, line + 1, indent + 1);
    former = text;
    blanks = 0;
  }
  return traced;
}

/** Breaks of a text that stands between the lines of a document fold to a space each. */
function traceFlow(rows: readonly string[], at: CharacterPlace, first: string | undefined, length: number): Traced {
  const traced: Traced = { text: '', places: [] };
  const quote = first === '"' || first === "'" ? first : undefined;
  let column = at.column + (quote === undefined ? 0 : 1);
  for (let line = at.line; line <= rows.length && traced.text.length < length; line += 1) {
    const row = rows[line - 1] ?? '';
    for (let index = column - 1; index < row.trimEnd().length && traced.text.length < length; index += 1) {
      const two = row.slice(index, index + 2);
      if ((quote === "'" && two === "''") || (quote === '"' && (two === '\\"' || two === '\\\\'))) {
        add(traced, two.charAt(1), line, index + 1);
        index += 1;
      } else add(traced, row.charAt(index), line, index + 1);
    }
    if (traced.text.length < length) add(traced, ' ', line, row.length + 1);
    column = (rows[line] ?? '').length - (rows[line] ?? '').trimStart().length + 1;
  }
  return traced;
}

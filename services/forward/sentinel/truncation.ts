/**
 * Cuts what is longer than the service keeps, with a mark. The service cuts a field at 64 KB without a word, and refuses
 * a call beyond 1 MB. Pure. Bytes are UTF-8 bytes of JSON, as the service counts.
 */
import type { Cell } from './column.js';

/** Of one field; below the service's 64 KB, so that it is we who cut, and say so. */
export const MAX_FIELD_BYTES = 60_000;
/** Below this nothing more is cut: a row that still does not fit is refused. */
export const MIN_FIELD_BYTES = 500;

export interface Cut {
  cell: Cell;
  cut: boolean;
}

export function jsonBytes(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value) ?? '');
}

/** The cell within `maxBytes`, from {@link MIN_FIELD_BYTES} on. Texts end in a mark; lists end in an object with one. */
export function truncated(cell: Cell, maxBytes: number): Cut {
  if (typeof cell === 'string') {
    const short = shortText(cell, maxBytes);
    return { cell: short, cut: short !== cell };
  }
  if (cell === undefined || typeof cell !== 'object' || jsonBytes(cell) <= maxBytes) return { cell, cut: false };
  return { cell: isList(cell) ? shortList(cell, maxBytes) : shortObject(cell, maxBytes), cut: true };
}

const isList = (cell: object): cell is readonly unknown[] => Array.isArray(cell);

function shortText(text: string, maxBytes: number): string {
  if (jsonBytes(text) <= maxBytes) return text;
  const mark = `… [truncated, ${Buffer.byteLength(text)} bytes]`;
  const room = maxBytes - jsonBytes(mark);
  // Escapes make some characters longer than others; what fits is found by halving.
  let low = 0;
  let high = text.length;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (jsonBytes(text.slice(0, middle)) - 2 <= room) low = middle;
    else high = middle - 1;
  }
  // Half a surrogate pair is no text.
  if (low > 0 && /[\ud800-\udbff]/.test(text.charAt(low - 1))) low -= 1;
  return `${text.slice(0, low)}${mark}`;
}

/** What stands first tells how it began, so the end goes; single long items are shortened before any is left out. */
function shortList(items: readonly unknown[], maxBytes: number): readonly unknown[] {
  const perItem = Math.max(200, Math.floor(maxBytes / 8));
  const kept: unknown[] = [];
  let bytes = 2 + jsonBytes({ truncated: items.length }) + 1;
  for (const item of items) {
    const short = shortItem(item, perItem);
    const size = jsonBytes(short) + 1;
    if (bytes + size > maxBytes) break;
    kept.push(short);
    bytes += size;
  }
  return kept.length === items.length ? kept : [...kept, { truncated: items.length - kept.length }];
}

function shortObject(object: Readonly<Record<string, unknown>>, maxBytes: number): Readonly<Record<string, unknown>> {
  const perItem = Math.max(200, Math.floor(maxBytes / 8));
  const kept: [string, unknown][] = [];
  let bytes = 2 + jsonBytes({ truncated: 1_000_000 });
  const entries = Object.entries(object);
  for (const [name, value] of entries) {
    const short = shortItem(value, perItem);
    const size = jsonBytes(name) + jsonBytes(short) + 2;
    if (bytes + size > maxBytes) break;
    kept.push([name, short]);
    bytes += size;
  }
  if (kept.length < entries.length) kept.push(['truncated', entries.length - kept.length]);
  return Object.fromEntries(kept);
}

function shortItem(item: unknown, maxBytes: number): unknown {
  if (typeof item === 'string') return shortText(item, maxBytes);
  if (item === null || typeof item !== 'object' || jsonBytes(item) <= maxBytes) return item;
  if (Array.isArray(item)) return shortList(item, maxBytes);
  return shortObject(item as Record<string, unknown>, maxBytes);
}

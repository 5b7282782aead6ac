/** What the functions and aggregates in the project's own queries come to, by Microsoft's reference of each. */
import { Span } from './syntax.js';

export type Row = Readonly<Record<string, unknown>>;

/** A string column is never null there: nothing and an empty text are one. */
export const isEmpty = (value: unknown): boolean => value === undefined || value === null || value === '';
function text(value: unknown): string {
  if (typeof value === 'string') return value;
  if (value === undefined || value === null) return '';
  return value instanceof Date ? value.toISOString() : JSON.stringify(value);
}

/** What values compare by: times and lengths by their milliseconds. */
export function comparable(value: unknown): string | number | boolean | undefined {
  if (value instanceof Date) return value.getTime();
  if (value instanceof Span) return value.ms;
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  return undefined;
}

export function order(a: unknown, b: unknown): number {
  const [x, y] = [comparable(a), comparable(b)];
  if (x === y) return 0;
  if (x === undefined) return -1;
  if (y === undefined) return 1;
  return x < y ? -1 : 1;
}
/** Comparisons with nothing are false. */
const compared = (a: unknown, b: unknown, is: (order: number) => boolean): boolean =>
  comparable(a) !== undefined && comparable(b) !== undefined && is(order(a, b));

/** Of whole terms, without regard to case: `"Medium, High" has "High"`. */
function has(haystack: unknown, needle: unknown): boolean {
  const escaped = text(needle).replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`(?<![A-Za-z0-9])${escaped}(?![A-Za-z0-9])`, 'i').test(text(haystack));
}

function minus(a: unknown, b: unknown): unknown {
  if (a instanceof Date && b instanceof Date) return new Span(a.getTime() - b.getTime());
  if (a instanceof Date && b instanceof Span) return new Date(a.getTime() - b.ms);
  return (a as number) - (b as number);
}
function plus(a: unknown, b: unknown): unknown {
  if (a instanceof Date && b instanceof Span) return new Date(a.getTime() + b.ms);
  return (a as number) + (b as number);
}
const binned = (value: unknown, size: unknown): unknown =>
  value instanceof Date && size instanceof Span
    ? new Date(Math.floor(value.getTime() / size.ms) * size.ms)
    : Math.floor((value as number) / (size as number)) * (size as number);

export const FUNCTIONS: Readonly<Record<string, (...parts: never[]) => unknown>> = {
  '==': (a: unknown, b: unknown) => (isEmpty(a) && isEmpty(b)) || compared(a, b, (by) => by === 0),
  '!=': (a: unknown, b: unknown) => isEmpty(a) !== isEmpty(b) || compared(a, b, (by) => by !== 0),
  '<': (a: unknown, b: unknown) => compared(a, b, (by) => by < 0),
  '<=': (a: unknown, b: unknown) => compared(a, b, (by) => by <= 0),
  '>': (a: unknown, b: unknown) => compared(a, b, (by) => by > 0),
  '>=': (a: unknown, b: unknown) => compared(a, b, (by) => by >= 0),
  '+': plus,
  '-': minus,
  '*': (a: number, b: number) => a * b,
  '/': (a: unknown, b: unknown) => (comparable(a) as number) / (comparable(b) as number),
  has,
  in: (a: unknown, all: unknown[]) => all.some((each) => text(each) === text(a)),
  '!in': (a: unknown, all: unknown[]) => !all.some((each) => text(each) === text(a)),
  between: (a: unknown, [low, high]: unknown[]) =>
    compared(a, low, (by) => by >= 0) && compared(a, high, (by) => by <= 0),
  matches: (a: unknown, pattern: string) => new RegExp(pattern).test(text(a)),
  not: (a: boolean) => !a,
  isempty: isEmpty,
  isnotempty: (value: unknown) => !isEmpty(value),
  tostring: text,
  parse_json: (value: unknown) => {
    if (typeof value !== 'string') return value;
    try {
      return JSON.parse(value) as unknown;
    } catch {
      return value;
    }
  },
  split: (value: unknown, by: string) => text(value).split(by),
  strcat: (...parts: unknown[]) => parts.map(text).join(''),
  strcat_array: (items: unknown, by: string) => (Array.isArray(items) ? items.map(text).join(by) : ''),
  strlen: (value: unknown) => [...text(value)].length,
  substring: (value: unknown, from: number, length: number) => [...text(value)].slice(from, from + length).join(''),
  coalesce: (...parts: unknown[]) => parts.find((part) => !isEmpty(part)),
  round: (value: number, digits = 0) => Math.round(value * 10 ** digits) / 10 ** digits,
  exp: Math.exp,
  log: Math.log,
  min_of: Math.min,
  bin: binned,
};

const MAX_SET = 1_048_576;
/** Each is given what its first argument came to for every row of the group, and its other arguments. */
export const AGGREGATES: Readonly<Record<string, (values: readonly unknown[], ...more: never[]) => unknown>> = {
  count: (values) => values.length,
  sum: (values) => values.reduce<number>((sum, value) => sum + (value as number), 0),
  max: (values) => values.reduce((best, value) => (order(value, best) > 0 ? value : best), undefined),
  min: (values) =>
    values.reduce((best, value) => (best === undefined || order(value, best) < 0 ? value : best), undefined),
  dcount: (values) => new Set(values.filter((value) => !isEmpty(value)).map(text)).size,
  make_set: (values, most = MAX_SET as never) => [...new Set(values.filter((value) => !isEmpty(value)))].slice(0, most),
  take_any: (values) => values[0],
  percentile: (values, at: number) => {
    const sorted = values.map((value) => comparable(value) as number).sort((a, b) => a - b);
    return sorted[Math.max(0, Math.ceil((at / 100) * sorted.length) - 1)];
  },
};

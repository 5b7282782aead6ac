/** Lists in pages. Pure. A page says where the next one begins; a cursor is opaque to callers and checked here. */
import { StepdownError } from '../runtime/errors.js';

export interface Page<T> {
  items: T[];
  /** Absent on the last page. A page with one may be short, even empty: go on. */
  nextCursor?: string;
}

export const DEFAULT_LIMIT = 100;
export const MAX_LIMIT = 1000;

/** `limit` of a query, 1 to {@link MAX_LIMIT}. */
export function limitOf(query: URLSearchParams): number {
  const text = query.get('limit');
  if (text === null) return DEFAULT_LIMIT;
  const limit = Number(text);
  if (!/^\d{1,6}$/.test(text) || limit < 1 || limit > MAX_LIMIT) throw malformed('limit', `must be 1 to ${MAX_LIMIT}`);
  return limit;
}

/** A time of a query: milliseconds, or an ISO 8601 date and time. */
export function timeOf(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null) return undefined;
  const time = /^\d{1,15}$/.test(text) ? Number(text) : Date.parse(text);
  if (!Number.isFinite(time)) throw malformed(name, 'must be milliseconds or an ISO 8601 time');
  return time;
}

/** A number of a query. */
export function numberOf(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null) return undefined;
  const number = Number(text);
  if (text.trim() === '' || !Number.isFinite(number)) throw malformed(name, 'must be a number');
  return number;
}

/** One of a closed set. */
export function choiceOf<T extends string>(query: URLSearchParams, name: string, choices: readonly T[]): T | undefined {
  const text = query.get(name);
  if (text === null) return undefined;
  if (!(choices as readonly string[]).includes(text)) throw malformed(name, `must be one of ${choices.join(', ')}`);
  return text as T;
}

/** A cursor holds the sort keys of the last item given. */
export type Mark = readonly [number, string];

export function cursorOf(query: URLSearchParams): Mark | undefined {
  const text = query.get('cursor');
  if (text === null) return undefined;
  try {
    const mark: unknown = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
    if (Array.isArray(mark) && mark.length === 2 && typeof mark[0] === 'number' && typeof mark[1] === 'string')
      return [mark[0], mark[1]];
  } catch {
    // Said below.
  }
  throw malformed('cursor', 'is none that was given out here');
}

export function writeCursor(mark: Mark): string {
  return Buffer.from(JSON.stringify(mark)).toString('base64url');
}

/**
 * One page out of any number of items that come in any order: newest (or highest) first; ties by id, so that the order is
 * total and paging neither skips nor repeats. Holds two pages at most.
 */
export class Shortlist<T> {
  readonly #keys: (item: T) => Mark;
  readonly #limit: number;
  readonly #after: Mark | undefined;
  #best: { item: T; mark: Mark }[] = [];
  #more = false;

  constructor(query: URLSearchParams, keys: (item: T) => Mark) {
    this.#keys = keys;
    this.#limit = limitOf(query);
    this.#after = cursorOf(query);
  }

  add(item: T): void {
    const mark = this.#keys(item);
    if (this.#after !== undefined && compare(mark, this.#after) <= 0) return;
    this.#best.push({ item, mark });
    if (this.#best.length > 2 * this.#limit) this.#trim();
  }

  #trim(): void {
    this.#best.sort((a, b) => compare(a.mark, b.mark));
    // What moved from one place to another while it was read is met twice.
    this.#best = this.#best.filter(({ mark }, index, all) => {
      const before = all[index - 1];
      return before === undefined || compare(before.mark, mark) !== 0;
    });
    if (this.#best.length <= this.#limit) return;
    this.#best = this.#best.slice(0, this.#limit);
    this.#more = true;
  }

  page(): Page<T> {
    this.#trim();
    const last = this.#best.at(-1);
    return {
      items: this.#best.map(({ item }) => item),
      ...(this.#more && last !== undefined ? { nextCursor: writeCursor(last.mark) } : {}),
    };
  }
}

const compare = (a: Mark, b: Mark): number => b[0] - a[0] || (a[1] < b[1] ? -1 : a[1] > b[1] ? 1 : 0);

const malformed = (name: string, message: string): StepdownError =>
  new StepdownError('input-malformed', `The query parameter \`${name}\` ${message}`, {
    place: { pointer: `?${name}` },
  });

/**
 * A list of items that are recognised and never shown, as one text of fixed-width codes: five characters an item where a
 * list of hashes takes ten, and no object to keep. An agent has many such lists, and there may be a hundred thousand agents.
 *
 * 30 bits of FNV-1a: of a hundred items in a list a new one is taken for a known one with a chance of one in ten million.
 */
import { fnv1a } from './fnv.js';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
export const CODE_CHARS = 5;

/** A memo: an agent's few tools and models are met with every event. Bounded; emptied when full. */
const codes = new Map<string, string>();
const MAX_CODES = 10_000;

function encoded(hash: number): string {
  let code = '';
  for (let at = 0; at < CODE_CHARS; at++) code += ALPHABET[(hash >>> (6 * at)) & 63] as string;
  return code;
}

export function codeOf(item: string): string {
  const known = codes.get(item);
  if (known !== undefined) return known;
  const code = encoded(fnv1a(item));
  if (codes.size >= MAX_CODES) codes.clear();
  codes.set(item, code);
  return code;
}

export const codesIn = (list: string): number => list.length / CODE_CHARS;

/** Where the item stands, counted in items; -1: it does not. */
export function placeOf(list: string, code: string): number {
  let at = list.indexOf(code);
  // Found across the border of two items: look on.
  while (at >= 0 && at % CODE_CHARS !== 0) at = list.indexOf(code, at + 1);
  return at < 0 ? -1 : at / CODE_CHARS;
}

/** The list without the item at a place. */
export const without = (list: string, place: number): string =>
  list.slice(0, place * CODE_CHARS) + list.slice((place + 1) * CODE_CHARS);

/** The last `count` items: lists have the newest last. */
export const newest = (list: string, count: number): string =>
  codesIn(list) <= count ? list : count === 0 ? '' : list.slice(-count * CODE_CHARS);

/** Lists used to be arrays of 32-bit hashes in base 36 (item-hash.ts), of which a code is the lower 30 bits. */
export const asCodes = (list: string | readonly string[]): string =>
  typeof list === 'string' ? list : list.map((hash) => encoded(Number.parseInt(hash, 36))).join('');

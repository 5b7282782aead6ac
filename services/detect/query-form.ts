/**
 * The form of a question: what stays of it when a name, a number or a word is changed. Word pairs with digits masked and
 * quotations emptied, sketched by the least value of each of eight hash functions (min-wise hashing, Broder 1997): the share of
 * equal places of two sketches estimates how many of their word pairs two questions share.
 */

import { fnv1a } from './fnv.js';

/** Sixteen bits each. */
export type QueryForm = readonly number[];

const PLACES = 8;
/** Fewer words ("yes", "go on") have no form of their own. */
const LEAST_WORDS = 5;
const MOST_CHARS = 2000;
/** So many equal places, and two questions are of one form. */
const SAME_PLACES = 4;

const SEEDS = Array.from({ length: PLACES }, (_, place) => Math.imul(place + 1, 0x9e3779b1) | 1);

/** `undefined`: too short to have one. */
export function queryForm(text: string): QueryForm | undefined {
  const words = text
    .slice(0, MOST_CHARS)
    .toLowerCase()
    .replace(/(["“”«»])[^"“”«»]{0,400}["“”«»]/g, ' q ')
    .replace(/\d+/g, '0')
    .match(/[\p{L}\p{N}]+/gu);
  if (words === null || words.length < LEAST_WORDS) return undefined;
  const least = new Array<number>(PLACES).fill(0xffff);
  for (let at = 1; at < words.length; at++) {
    const hash = hashOf(words[at - 1] as string, words[at] as string);
    for (let place = 0; place < PLACES; place++) {
      const mixed = Math.imul(hash ^ (SEEDS[place] as number), 0x85ebca6b);
      const value = (mixed ^ (mixed >>> 13)) & 0xffff;
      if (value < (least[place] as number)) least[place] = value;
    }
  }
  return least;
}

function hashOf(first: string, second: string): number {
  const hash = fnv1a(second, fnv1a(' ', fnv1a(first)));
  return Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
}

export function sameForm(a: QueryForm, b: QueryForm): boolean {
  let equal = 0;
  for (let place = 0; place < PLACES; place++) if (a[place] === b[place]) equal++;
  return equal >= SAME_PLACES;
}

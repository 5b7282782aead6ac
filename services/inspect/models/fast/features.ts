/**
 * The fast tier's view of a text: tokens (words, single ideographs, marks), and for each token five hashed features:
 * the word, the pair and the triple that end in it, its stem (first letters), and where in its sentence it stands.
 * The last is what tells an order from a report: in an order the verb opens the sentence.
 *
 * Letters are lowered, digits are all one digit, so that an account number is a shape and not a word to learn by heart.
 * One pass, no allocation but for growth; positions count UTF-16 code units.
 */

import { unitsOf } from '../../units.js';

/** Features of one token. */
export const FEATURES_PER_TOKEN = 5;
/** log₂ of the number of buckets. */
export const BUCKET_BITS = 17;

const SPACE = 0;
const WORD = 1;
const MARK = 2;
const NEWLINE = 3;
const IDEOGRAPH = 4;
/** A mark after which a sentence begins. */
const STOP = 5;

const CLASS = new Uint8Array(128);
const LOWER = new Uint8Array(128);
for (let code = 0; code < 128; code++) {
  const character = String.fromCharCode(code);
  CLASS[code] = /[a-z0-9]/i.test(character)
    ? WORD
    : code === 10 || code === 13
      ? NEWLINE
      : code <= 32 || code === 127
        ? SPACE
        : /[.!?:;"'({[>|*#]/.test(character)
          ? STOP
          : MARK;
  LOWER[code] = /[0-9]/.test(character) ? 48 : character.toLowerCase().charCodeAt(0);
}

const PRIME = 0x01000193;
const SEED = 0x811c9dc5 | 0;
const SHIFT = 32 - BUCKET_BITS;

function bucket(hash: number): number {
  // The low bits of FNV-1a mix badly; one multiplication spreads them (Fibonacci hashing).
  return Math.imul(hash ^ (hash >>> 15), 0x9e3779b1) >>> SHIFT;
}

function pair(first: number, second: number): number {
  return Math.imul(Math.imul(first, 0x85ebca6b) ^ second, PRIME);
}

/** Reused between texts: its arrays are valid up to `tokens` until the next scan. */
export class Scan {
  /** Buckets, `FEATURES_PER_TOKEN` for each token. */
  features = new Int32Array(4096 * FEATURES_PER_TOKEN);
  /** Where each token begins. */
  starts = new Int32Array(4096);
  tokens = 0;

  read(text: string): void {
    let { features, starts } = this;
    const { length } = text;
    const units = unitsOf(text);
    let tokens = 0;
    let before = SEED;
    let before2 = SEED;
    let position = 0;
    let opening = 1;
    let at = 0;
    while (at < length) {
      let code = units[at] as number;
      let kind = code < 128 ? (CLASS[code] as number) : classOf(code);
      if (kind === SPACE) {
        at++;
        continue;
      }
      const start = at;
      let hash = SEED;
      let stem = SEED;
      if (kind === WORD) {
        let letters = 0;
        do {
          hash = Math.imul(hash ^ (code < 128 ? (LOWER[code] as number) : lowered(code)), PRIME);
          if (++letters === 4) stem = hash;
          if (++at >= length) break;
          code = units[at] as number;
          kind = code < 128 ? (CLASS[code] as number) : classOf(code);
        } while (kind === WORD);
        if (letters < 4) stem = hash;
        kind = WORD;
      } else {
        hash = Math.imul(hash ^ code, PRIME);
        stem = hash ^ kind;
        at++;
        // A rule of dashes or a run of line breaks is one mark.
        if (kind !== IDEOGRAPH) while (at < length && units[at] === code) at++;
      }
      if (tokens === starts.length) {
        this.#grow();
        ({ features, starts } = this);
      }
      starts[tokens] = start;
      const base = tokens * FEATURES_PER_TOKEN;
      const two = pair(before, hash);
      features[base] = bucket(hash);
      features[base + 1] = bucket(two);
      features[base + 2] = bucket(pair(before2, two) ^ 0x5bd1);
      features[base + 3] = bucket(stem ^ 0x2c1b3c6d);
      features[base + 4] = bucket(position < 3 ? pair(hash, opening * 4 + position) : pair(before2 ^ 0x1234567, hash));
      tokens++;
      before2 = before;
      before = hash;
      if (kind === STOP || kind === NEWLINE) {
        position = 0;
        opening = kind === NEWLINE ? 2 : 3;
      } else position++;
    }
    this.tokens = tokens;
  }

  #grow(): void {
    const features = new Int32Array(this.features.length * 2);
    features.set(this.features);
    this.features = features;
    const starts = new Int32Array(this.starts.length * 2);
    starts.set(this.starts);
    this.starts = starts;
  }
}

function classOf(code: number): number {
  if (code >= 0x3040 && code <= 0x9fff) return IDEOGRAPH;
  if ((code >= 0x3000 && code <= 0x303f) || (code >= 0xff00 && code <= 0xff65))
    return code === 0x3000
      ? SPACE
      : code === 0x3002 || code === 0xff01 || code === 0xff1a || code === 0xff1f
        ? STOP
        : MARK;
  if (code >= 0x2000 && code <= 0x206f) return code <= 0x200a ? SPACE : code === 0x2028 ? NEWLINE : MARK;
  return code === 0xa0 ? SPACE : code < 0xc0 ? MARK : WORD;
}

/** Capitals of Latin-1, Greek and Cyrillic; a table of all of Unicode would cost more than it tells. */
function lowered(code: number): number {
  if ((code >= 0xc0 && code <= 0xde) || (code >= 0x391 && code <= 0x3a9) || (code >= 0x410 && code <= 0x42f))
    return code + 32;
  if (code >= 0x400 && code <= 0x40f) return code + 80;
  return code;
}

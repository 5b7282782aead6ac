/**
 * Where a clause may open: behind the beginning of the text, a mark that ends or sets apart, a dash or a new line (also one
 * written `\n`), "and" and its like, and before a capital in the middle of a line that words in small letters follow ("… report Send
 * the …"). What only fills (blanks, quotes, list numbers) is passed over. One pass without a pattern: texts have an opening
 * for every ten characters, and hardly one in a hundred opens a request.
 */

import { unitsOf } from './units.js';

const PLAIN = 0;
/** Opens by itself. */
const MARK = 1;
const DASH = 2;
const BACKSLASH = 3;
const SPACE = 4;
/** The first letter of a word that opens. */
const JOINER = 5;

const MARKS = '.!?:;…"\'“”‘’«»()[]{}<>|*#@=~\n\r–—,。！？；：「」';
/** Words that join clauses, small but for their first letter. */
const JOINERS = ['and', 'then', 'but', 'so', 'und', 'et', 'y'];
const FILLING = '\\>*#"\'“‘(.)•-';
const MOST_FILLING = 12;
/** Blanks before a capital that opens, and letters of its word behind the capital. */
const MOST_BLANKS = 4;
const MOST_SMALL = 12;
const BEFORE_CAPITAL = '_\'")]';
const BEHIND_CAPITAL = '$€£\'"@#';

const CODES = 0x3100;
const KINDS = new Uint8Array(CODES);
const FILLS = new Uint8Array(CODES);
for (let code = 0; code < CODES; code++) {
  const character = String.fromCharCode(code);
  if (MARKS.includes(character)) KINDS[code] = MARK;
  else if (character === '-') KINDS[code] = DASH;
  else if (character === '\\') KINDS[code] = BACKSLASH;
  else if (/\s/.test(character)) KINDS[code] = SPACE;
  else if (JOINERS.some((word) => word.startsWith(character.toLowerCase())) && code < 128) KINDS[code] = JOINER;
  if (/[\s\d]/.test(character) || FILLING.includes(character)) FILLS[code] = 1;
}

/** Full-width marks and the byte order mark stand beyond the table. */
function kindBeyond(code: number): number {
  return code === 0xfeff ? SPACE : code > 0xff00 && MARKS.includes(String.fromCharCode(code)) ? MARK : PLAIN;
}

const isSpace = (code: number): boolean => (code < CODES ? KINDS[code] === SPACE || isLineEnd(code) : code === 0xfeff);
const isLineEnd = (code: number): boolean => code === 10 || code === 13;
const isSmall = (code: number): boolean => code >= 97 && code <= 122;
const isCapital = (code: number): boolean => code >= 65 && code <= 90;
const isDigit = (code: number): boolean => code >= 48 && code <= 57;
const isWord = (code: number): boolean => isSmall(code) || isCapital(code) || isDigit(code) || code === 95;

const BEFORE = new Uint8Array(128);
const BEHIND = new Uint8Array(0x2100);
for (let code = 0; code < 128; code++)
  if (isSmall(code) || isDigit(code) || BEFORE_CAPITAL.includes(String.fromCharCode(code))) BEFORE[code] = 1;
for (let code = 0; code < BEHIND.length; code++)
  if (isSmall(code) || isDigit(code) || BEHIND_CAPITAL.includes(String.fromCharCode(code))) BEHIND[code] = 1;

/** Behind what only fills, from a place on. */
export function behindFilling(text: string, from: number): number {
  return behindFillingIn(unitsOf(text), text.length, from);
}

function behindFillingIn(units: Uint16Array, length: number, from: number): number {
  const most = Math.min(length, from + MOST_FILLING);
  let at = from;
  while (at < most) {
    const code = units[at] as number;
    if (code < CODES ? FILLS[code] === 0 : code !== 0xfeff) break;
    at++;
  }
  return at;
}

/** Where the first clause may begin whose opening stands at `from` or behind it; −1 where nothing opens any more. */
export function nextOpening(text: string, from: number): number {
  const units = unitsOf(text);
  const { length } = text;
  for (let at = from; at < length; at++) {
    const code = units[at] as number;
    const kind = code < CODES ? (KINDS[code] as number) : kindBeyond(code);
    if (kind === PLAIN) continue;
    switch (kind) {
      case MARK:
        return behindFillingIn(units, length, at + 1);
      case DASH:
        if (at > 0 && isSpace(units[at - 1] as number) && isSpace(units[at + 1] as number))
          return behindFillingIn(units, length, at + 2);
        break;
      case BACKSLASH:
        if (units[at + 1] === 110) return behindFillingIn(units, length, at + 2);
        break;
      case SPACE: {
        const capital = capitalBehind(units, at);
        if (capital > 0) return behindFillingIn(units, length, capital);
        break;
      }
      default: {
        const end = at > 0 && isWord(units[at - 1] as number) ? -1 : joinerEnd(units, at);
        if (end > 0 && isSpace(units[end] as number)) return behindFillingIn(units, length, end + 1);
      }
    }
  }
  return -1;
}

/** Behind a word that joins clauses; −1 where none stands here. Longer ones are tried like shorter: what follows must be a blank. */
function joinerEnd(units: Uint16Array, at: number): number {
  const first = (units[at] as number) | 32;
  for (const word of JOINERS) {
    if (word.charCodeAt(0) !== first) continue;
    let end = 1;
    while (end < word.length && (units[at + end] as number) === word.charCodeAt(end)) end++;
    if (end === word.length) return at + end;
  }
  return -1;
}

/** The capital behind these blanks, where it begins a word of small letters that another word, a number or a name follows; else −1. */
function capitalBehind(units: Uint16Array, blank: number): number {
  const before = blank > 0 ? (units[blank - 1] as number) : 128;
  if (before >= 128 || BEFORE[before] === 0) return -1;
  let capital = blank + 1;
  while (capital < blank + MOST_BLANKS && isSpace(units[capital] as number)) capital++;
  if (!isCapital(units[capital] as number)) return -1;
  let end = capital + 1;
  while (end <= capital + MOST_SMALL && isSmall(units[end] as number)) end++;
  if (end === capital + 1 || (units[end] as number) !== 32) return -1;
  const behind = units[end + 1] as number;
  return behind < BEHIND.length && BEHIND[behind] === 1 ? capital : -1;
}

/** Small letters that no word of {@link JOINERS} ends with: behind them and a blank nothing opens in small letters. */
const OPENS_NOTHING = new Uint8Array(128);
for (let code = 97; code <= 122; code++)
  if (!JOINERS.some((word) => word.endsWith(String.fromCharCode(code)))) OPENS_NOTHING[code] = 1;

/**
 * Those of some places, in order, that a walk from one opening to the next comes by: {@link behindFilling} of 0 and from there
 * {@link nextOpening} again and again, a unit behind the beginning at least. A walk forgets where it came from, and no filling
 * has a letter in it: so it may be begun at the last word before a place, and is the same from there on. The text must be ASCII.
 *
 * @param places where words begin, or behind a new line that is written `\n`
 */
export function* openingsAmong(text: string, places: Int32Array): Generator<number> {
  const units = unitsOf(text);
  const { length } = text;
  let at = behindFillingIn(units, length, 0);
  for (const place of places) {
    if (at < place) {
      const blank = place - 1;
      if (
        units[blank] === 32 &&
        blank > 0 &&
        OPENS_NOTHING[units[blank - 1] as number] === 1 &&
        isSmall(units[place] as number)
      )
        continue;
      at = wordBefore(units, place, at);
      while (at >= 0 && at < place) at = nextOpening(text, Math.max(1, at));
      if (at < 0) return;
    }
    if (at === place) yield at;
  }
}

/** Where the last word before a place begins, not before `least`. One behind a new line that is written `\n` may be no word. */
function wordBefore(units: Uint16Array, place: number, least: number): number {
  let at = place;
  do {
    while (at > least && !isLetter(units[at - 1] as number)) at--;
    while (at > least && isLetter(units[at - 1] as number)) at--;
  } while (at > least && units[at - 1] === 92);
  return at;
}

const isLetter = (code: number): boolean => isSmall(code) || isCapital(code);

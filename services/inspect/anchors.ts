/**
 * Places of a text that something outside may be named at: `@`, `://`, `www.`, a point inside a name, the beginnings of account
 * numbers, wallets and telephone numbers, six digits. One pass without a pattern: records have one in every line.
 */

import { unitsOf } from './units.js';

const NONE = 0;
const AT = 1;
const COLON = 2;
const WWW = 3;
const POINT = 4;
const CAPITAL = 5;
const WALLET = 6;
const PLUS = 7;
const DIGIT = 8;

const KINDS = new Uint8Array(128);
KINDS[64] = AT;
KINDS[58] = COLON;
KINDS[119] = WWW;
KINDS[46] = POINT;
for (let code = 65; code <= 90; code++) KINDS[code] = CAPITAL;
for (let code = 48; code <= 57; code++) KINDS[code] = DIGIT;
KINDS[98] = WALLET;
KINDS[43] = PLUS;

const isDigit = (code: number): boolean => code >= 48 && code <= 57;
const isSmall = (code: number): boolean => code >= 97 && code <= 122;
const isCapital = (code: number): boolean => code >= 65 && code <= 90;
const isWord = (code: number): boolean => isSmall(code) || isCapital(code) || isDigit(code) || code === 95;

const SMALL_OR_DIGIT = 1;
const DIGITS = 2;
/** A digit, a blank, a parenthesis or a hyphen. */
const OF_PHONE = 4;
const RUNS = new Uint8Array(128);
for (let code = 0; code < 128; code++) {
  if (isSmall(code)) RUNS[code] = SMALL_OR_DIGIT;
  else if (isDigit(code)) RUNS[code] = SMALL_OR_DIGIT | DIGITS | OF_PHONE;
  else if (' ()-'.includes(String.fromCharCode(code))) RUNS[code] = OF_PHONE;
}

export interface Anchor {
  start: number;
  end: number;
}

/** The first anchor that begins at `from` or behind it. */
export function nextAnchor(text: string, from: number): Anchor | undefined {
  const units = unitsOf(text);
  const { length } = text;
  for (let at = from; at < length; at++) {
    const code = units[at] as number;
    if (code > 127) continue;
    const kind = KINDS[code] as number;
    if (kind === NONE) continue;
    // A point belongs to the name before it, so its anchor begins a unit earlier.
    const start = kind === POINT ? at - 1 : at;
    const end = start < from ? -1 : endOf(units, at, kind);
    if (end > 0) return { start, end };
  }
  return undefined;
}

/** Behind the anchor that stands here; −1 where none does. */
function endOf(units: Uint16Array, at: number, kind: number): number {
  switch (kind) {
    case AT:
      return at + 1;
    case COLON:
      return (units[at + 1] as number) === 47 && (units[at + 2] as number) === 47 ? at + 3 : -1;
    case WWW:
      return spells(units, at, WWW_UNITS) && opensWord(units, at) ? at + 4 : -1;
    case POINT: {
      const before = at > 0 ? (units[at - 1] as number) : 0;
      if (!isSmall(before) && !isDigit(before)) return -1;
      let end = at + 1;
      while (isSmall(units[end] as number)) end++;
      return end >= at + 3 && !isWord(units[end] as number) ? end : -1;
    }
    case CAPITAL:
      return isAccount(units, at) ? at + 12 : -1;
    case WALLET:
      return spells(units, at, BC1_UNITS) && opensWord(units, at) ? runEnd(units, at + 3, SMALL_OR_DIGIT) : -1;
    case PLUS:
      return isDigit(units[at + 1] as number) ? runEnd(units, at + 2, OF_PHONE) : -1;
    default: {
      if ((units[at] as number) === 48 && (units[at + 1] as number) === 120 && opensWord(units, at)) {
        const end = runEnd(units, at + 2, SMALL_OR_DIGIT);
        if (end > 0) return end;
      }
      return runEnd(units, at, DIGITS);
    }
  }
}

/** So many units of a kind make an anchor. */
const RUN = 6;

function runEnd(units: Uint16Array, from: number, kind: number): number {
  for (let at = from; at < from + RUN; at++) {
    const code = units[at] as number;
    if (code > 127 || ((RUNS[code] as number) & kind) === 0) return -1;
  }
  return from + RUN;
}

const WWW_UNITS = [119, 119, 119, 46];
const BC1_UNITS = [98, 99, 49];

function spells(units: Uint16Array, at: number, expected: readonly number[]): boolean {
  for (let index = 0; index < expected.length; index++) if (units[at + index] !== expected[index]) return false;
  return true;
}

function opensWord(units: Uint16Array, at: number): boolean {
  return at === 0 || !isWord(units[at - 1] as number);
}

/** Two capitals, two digits, and eight of capitals, digits and blanks. */
function isAccount(units: Uint16Array, at: number): boolean {
  if (!isCapital(units[at + 1] as number) || !isDigit(units[at + 2] as number) || !isDigit(units[at + 3] as number))
    return false;
  if (!opensWord(units, at)) return false;
  for (let place = at + 4; place < at + 12; place++) {
    const code = units[place] as number;
    if (!isCapital(code) && !isDigit(code) && code !== 32) return false;
  }
  return true;
}

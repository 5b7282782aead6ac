/** Hexadecimal stretches, plain (`48656c6c6f`), spaced, or escaped (`\x48\x65`), that decode to written text. */
import {
  type Budget,
  type Peeler,
  type Reading,
  HEX_UNITS,
  hasEncodingStretch,
  looksWritten,
  segmentReading,
} from '../reading.js';
import { unitsOf } from '../units.js';

const STRETCH =
  /(?:\\x[0-9a-fA-F]{2}){8,}|(?:0x[0-9a-fA-F]{2}[ ,]{1,2}){8,}|(?:[0-9a-fA-F]{2} ){11,}[0-9a-fA-F]{2}|(?:[0-9a-fA-F]{2}){12,}/g;
/** The shortest plain stretch; and what the other forms cannot do without. */
const SHORTEST = 24;
const SPACED = /(?:[0-9a-fA-F]{2} ){11}/;
/** Spaced digits stand 33 units long, so that around one of every 13 units ten on either side are such, too. */
const STEP = 13;
const AROUND = 10;
const UTF8 = new TextDecoder('utf-8');

export const hex: Peeler = {
  layer: 'hex',
  peel(reading: Reading, budget: Budget): Reading[] {
    if (!hasEncodingStretch(reading.text, SHORTEST, HEX_UNITS) && !isMarked(reading.text)) return [];
    const readings: Reading[] = [];
    for (const match of reading.text.matchAll(STRETCH)) {
      const digits = match[0].replace(/\\x|0x|[ ,]/g, '');
      const decoded = UTF8.decode(Buffer.from(digits, 'hex'));
      if (!looksWritten(decoded)) continue;
      if (!budget.take(decoded.length)) break;
      readings.push(segmentReading(reading, 'hex', decoded, match.index, match.index + match[0].length));
    }
    return readings;
  },
};

function isMarked(text: string): boolean {
  if (text.includes('\\x') || text.includes('0x')) return true;
  const units = unitsOf(text);
  for (let at = STEP; at < text.length; at += STEP) if (isAmongDigits(units, at)) return SPACED.test(text);
  return false;
}

function isAmongDigits(units: Uint16Array, middle: number): boolean {
  for (let at = middle; at >= middle - AROUND; at--) if (!isDigitOrSpace(units, at)) return false;
  for (let at = middle + 1; at <= middle + AROUND; at++) if (!isDigitOrSpace(units, at)) return false;
  return true;
}

function isDigitOrSpace(units: Uint16Array, at: number): boolean {
  const code = units[at] as number;
  return code === 32 || (code >= 48 && code <= 57) || ((code | 32) >= 97 && (code | 32) <= 102);
}

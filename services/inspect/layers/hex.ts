/** Hexadecimal stretches, plain (`48656c6c6f`), spaced, or escaped (`\x48\x65`), that decode to written text. */
import {
  type Budget,
  type Peeler,
  type Reading,
  hasEncodingStretch,
  looksWritten,
  segmentReading,
} from '../reading.js';

const STRETCH =
  /(?:\\x[0-9a-fA-F]{2}){8,}|(?:0x[0-9a-fA-F]{2}[ ,]{1,2}){8,}|(?:[0-9a-fA-F]{2} ){11,}[0-9a-fA-F]{2}|(?:[0-9a-fA-F]{2}){12,}/g;
/** The shortest plain stretch; and what the other forms cannot do without. */
const SHORTEST = 24;
const MARKED = /\\x|0x|(?:[0-9a-fA-F]{2} ){11}/;
const UTF8 = new TextDecoder('utf-8');

export const hex: Peeler = {
  layer: 'hex',
  peel(reading: Reading, budget: Budget): Reading[] {
    if (!hasEncodingStretch(reading.text, SHORTEST) && !MARKED.test(reading.text)) return [];
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

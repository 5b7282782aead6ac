/** Base64 and base64url stretches (RFC 4648) that decode to written text. */
import {
  type Budget,
  type Peeler,
  type Reading,
  BASE64_UNITS,
  hasEncodingStretch,
  looksWritten,
  segmentReading,
} from '../reading.js';

/** 24 characters carry 18 bytes: shorter ones are more often names and keys than sentences. */
const STRETCH = /(?:[A-Za-z0-9+/_-]{4}){6,}[A-Za-z0-9+/_-]{0,3}={0,2}/g;
const SHORTEST = 24;
const UTF8 = new TextDecoder('utf-8');

export const base64: Peeler = {
  layer: 'base64',
  peel(reading: Reading, budget: Budget): Reading[] {
    if (!hasEncodingStretch(reading.text, SHORTEST, BASE64_UNITS, true)) return [];
    const readings: Reading[] = [];
    for (const match of reading.text.matchAll(STRETCH)) {
      const [encoded] = match;
      // A long word or a path has one case and no digits; base64 of 18 bytes practically never does.
      if (!/[A-Z]/.test(encoded) || !/[a-z]/.test(encoded)) continue;
      const decoded = UTF8.decode(Buffer.from(encoded, 'base64'));
      if (!looksWritten(decoded)) continue;
      if (!budget.take(decoded.length)) break;
      readings.push(segmentReading(reading, 'base64', decoded, match.index, match.index + encoded.length));
    }
    return readings;
  },
};

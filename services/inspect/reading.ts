/**
 * A reading: a text as a layer left it, with a map from each of its characters back to the text that was received, so
 * that a span found in what was hidden still names where it stands. Positions count UTF-16 code units.
 */
import type { Layer } from '../../schemas/inspection.js';
import { unitsOf } from './units.js';

export interface Reading {
  text: string;
  /** Layers that were removed to come here, outermost first. */
  layers: readonly Layer[];
  /** Where each unit of `text` begins and ends in the received text. Absent: the text is the received one. */
  origin?: { starts: Int32Array; ends: Int32Array };
  /** The reading replaces the one it was made from (invisible characters removed), rather than standing beside it. */
  replaces?: boolean;
}

/** A layer that can be peeled off: gives what it reveals, or nothing where it is not there. */
export interface Peeler {
  readonly layer: Layer;
  peel(reading: Reading, budget: Budget): Reading[];
}

/** Bounds what normalisation may cost: decoded units over all readings of one text, and their number. */
export class Budget {
  #units: number;
  #readings: number;
  /** Set when something was left unread; the inspection says so. */
  exceeded = false;
  constructor(units: number, readings: number) {
    this.#units = units;
    this.#readings = readings;
  }
  /** Whether a reading of so many units may still be made; takes it if so. */
  take(units: number): boolean {
    if (units > this.#units || this.#readings <= 0) {
      this.exceeded = true;
      return false;
    }
    this.#units -= units;
    this.#readings -= 1;
    return true;
  }
}

/** Where units [start, end) of a reading stand in the received text; `end` is behind `start`. */
export function originOf(reading: Reading, start: number, end: number): { start: number; end: number } {
  const { origin } = reading;
  if (origin === undefined) return { start, end };
  const last = Math.max(origin.starts.length - 1, 0);
  return {
    start: origin.starts[Math.min(start, last)] ?? 0,
    end: origin.ends[Math.min(Math.max(end - 1, start), last)] ?? 0,
  };
}

/** Builds a reading out of pieces of another one. */
export class ReadingBuilder {
  readonly #from: Reading;
  readonly #parts: string[] = [];
  #starts: Int32Array;
  #ends: Int32Array;
  #length = 0;
  constructor(from: Reading) {
    this.#from = from;
    this.#starts = new Int32Array(from.text.length);
    this.#ends = new Int32Array(from.text.length);
  }

  /** Units [start, end) of the source, unchanged. */
  keep(start: number, end: number): void {
    if (end <= start) return;
    this.#parts.push(this.#from.text.slice(start, end));
    this.#reserve(end - start);
    const { origin } = this.#from;
    for (let at = start; at < end; at++, this.#length++) {
      this.#starts[this.#length] = origin === undefined ? at : (origin.starts[at] as number);
      this.#ends[this.#length] = origin === undefined ? at + 1 : (origin.ends[at] as number);
    }
  }

  /** A text that stands for units [start, end) of the source; it cannot be divided further there. */
  replace(text: string, start: number, end: number): void {
    if (text.length === 0) return;
    this.#parts.push(text);
    this.#reserve(text.length);
    const origin = originOf(this.#from, start, end);
    this.#starts.fill(origin.start, this.#length, this.#length + text.length);
    this.#ends.fill(origin.end, this.#length, this.#length + text.length);
    this.#length += text.length;
  }

  done(layer: Layer, replaces = false): Reading {
    const origin = { starts: this.#starts.subarray(0, this.#length), ends: this.#ends.subarray(0, this.#length) };
    return {
      text: this.#parts.join(''),
      layers: [...this.#from.layers, layer],
      origin,
      ...(replaces ? { replaces } : {}),
    };
  }

  #reserve(more: number): void {
    if (this.#length + more <= this.#starts.length) return;
    const capacity = Math.max(this.#starts.length * 2, this.#length + more);
    this.#starts = grown(this.#starts, capacity);
    this.#ends = grown(this.#ends, capacity);
  }
}

function grown(array: Int32Array, capacity: number): Int32Array {
  const larger = new Int32Array(capacity);
  larger.set(array);
  return larger;
}

/** A decoded segment as a reading of its own: a span inside it cannot be told apart in the encoded text, so it is the segment. */
export function segmentReading(from: Reading, layer: Layer, text: string, start: number, end: number): Reading {
  const origin = originOf(from, start, end);
  return {
    text,
    layers: [...from.layers, layer],
    origin: {
      starts: new Int32Array(text.length).fill(origin.start),
      ends: new Int32Array(text.length).fill(origin.end),
    },
  };
}

/** Share of characters that people write; what decodes to noise was not encoded text. */
export function looksWritten(text: string): boolean {
  if (text.length < 4) return false;
  let letters = 0;
  let odd = 0;
  const length = Math.min(text.length, 4000);
  for (let at = 0; at < length; at++) {
    const code = text.charCodeAt(at);
    if ((code >= 97 && code <= 122) || (code >= 65 && code <= 90) || code === 32 || (code > 0xbf && code < 0xd800))
      letters++;
    else if ((code < 32 && code !== 10 && code !== 13 && code !== 9) || code === 0xfffd || code === 127) odd++;
  }
  return odd / length < 0.02 && letters / length > 0.6;
}

/** What an encoding is written with. */
export type EncodingUnits = Uint8Array;

function alphabetOf(characters: string): EncodingUnits {
  const units = new Uint8Array(128);
  for (const unit of characters) units[unit.charCodeAt(0)] = 1;
  return units;
}

/** Base64 and base64url. */
export const BASE64_UNITS = alphabetOf('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/_-');
export const HEX_UNITS = alphabetOf('0123456789abcdefABCDEF');

/**
 * Whether a text has a stretch of so many of an encoding's characters. Nearly no text that people write has one of 24, and
 * a pattern that begins anew at each character of each word takes tens of times as long to find that out.
 *
 * @param mixed only a stretch with letters of both cases counts: a rule of dashes or a long word is none
 */
export function hasEncodingStretch(text: string, length: number, alphabet = BASE64_UNITS, mixed = false): boolean {
  const units = unitsOf(text);
  const end = text.length;
  // A stretch so long covers one of every `length` characters: the others are looked at only around such a one.
  for (let at = length - 1; at < end; at += length) {
    if (!isUnit(units, at, alphabet)) continue;
    let from = at;
    while (from > 0 && isUnit(units, from - 1, alphabet)) from--;
    let to = at + 1;
    while (to < end && (mixed || to - from < length) && isUnit(units, to, alphabet)) to++;
    if (to - from >= length && (!mixed || isMixed(units, from, to))) return true;
    // Known to its end: what begins behind it and is long enough covers the unit `length` further on.
    if (mixed && to > at) at = to - 1;
  }
  return false;
}

function isUnit(units: Uint16Array, at: number, alphabet: EncodingUnits): boolean {
  const code = units[at] as number;
  return code < 128 && alphabet[code] === 1;
}

function isMixed(units: Uint16Array, from: number, to: number): boolean {
  let upper = false;
  let lower = false;
  for (let at = from; at < to && !(upper && lower); at++) {
    const code = units[at] as number;
    if (code >= 65 && code <= 90) upper = true;
    else if (code >= 97) lower = true;
  }
  return upper && lower;
}

/**
 * Values as Python prints them (`{'folder': 'inbox', 'unread': True}`): instrumentations of Python programs write arguments
 * of tools so where they do not write JSON. Strings, numbers, True, False, None, lists, tuples and dicts are read; anything else
 * (an object's `repr`, a set) makes the whole text no literal.
 */
import { define } from '../runtime/own-key.js';
import { MAX_DEPTH } from './values.js';

/** The object or list a text prints; undefined where it is no such text. */
export function pythonLiteral(text: string): unknown {
  const first = text.charAt(0);
  if (first !== '{' && first !== '[' && first !== '(') return undefined;
  const reading = new Reading(text);
  try {
    const value = reading.value(0);
    return reading.ended() ? value : undefined;
  } catch (error) {
    if (error instanceof NoLiteral) return undefined;
    throw error;
  }
}

class NoLiteral extends Error {}

const NUMBER = /-?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?/iy;
const WORDS: readonly (readonly [string, unknown])[] = [
  ['True', true],
  ['False', false],
  ['None', null],
];
const ESCAPES: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  '\\': '\\',
  "'": "'",
  '"': '"',
  '0': '\0',
};
const HEX_DIGITS: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 };

class Reading {
  readonly #text: string;
  #at = 0;
  constructor(text: string) {
    this.#text = text;
  }

  ended(): boolean {
    this.#space();
    return this.#at === this.#text.length;
  }

  value(depth: number): unknown {
    if (depth > MAX_DEPTH) throw new NoLiteral();
    this.#space();
    const char = this.#text.charAt(this.#at);
    if (char === '{') return this.#dict(depth);
    if (char === '[') return this.#list(']', depth);
    if (char === '(') return this.#list(')', depth);
    if (char === "'" || char === '"') return this.#string(char);
    for (const [word, value] of WORDS)
      if (this.#text.startsWith(word, this.#at)) {
        this.#at += word.length;
        return value;
      }
    NUMBER.lastIndex = this.#at;
    const number = NUMBER.exec(this.#text)?.[0];
    if (number === undefined || number === '') throw new NoLiteral();
    this.#at += number.length;
    return Number(number);
  }

  #dict(depth: number): Record<string, unknown> {
    const made: Record<string, unknown> = {};
    this.#items('}', () => {
      const key = this.value(depth + 1);
      if (typeof key !== 'string' && typeof key !== 'number') throw new NoLiteral();
      this.#take(':');
      define(made, String(key), this.value(depth + 1));
    });
    return made;
  }

  #list(end: string, depth: number): unknown[] {
    const made: unknown[] = [];
    this.#items(end, () => void made.push(this.value(depth + 1)));
    return made;
  }

  #items(end: string, item: () => void): void {
    this.#at += 1;
    for (;;) {
      this.#space();
      if (this.#text.charAt(this.#at) === end) break;
      item();
      this.#space();
      if (this.#text.charAt(this.#at) === end) break;
      this.#take(',');
    }
    this.#at += 1;
  }

  #string(quote: string): string {
    let made = '';
    this.#at += 1;
    for (;;) {
      const char = this.#text.charAt(this.#at);
      if (char === '') throw new NoLiteral();
      this.#at += 1;
      if (char === quote) return made;
      made += char === '\\' ? this.#escaped() : char;
    }
  }

  #escaped(): string {
    const char = this.#text.charAt(this.#at);
    this.#at += 1;
    const plain = ESCAPES[char];
    if (plain !== undefined) return plain;
    const digits = HEX_DIGITS[char];
    // Python keeps the backslash of what is no escape.
    if (digits === undefined) return `\\${char}`;
    const hex = this.#text.slice(this.#at, this.#at + digits);
    const code = /^[0-9a-f]+$/i.test(hex) && hex.length === digits ? Number.parseInt(hex, 16) : Number.NaN;
    if (!(code <= 0x10ffff)) throw new NoLiteral();
    this.#at += digits;
    return String.fromCodePoint(code);
  }

  #space(): void {
    while (/\s/.test(this.#text.charAt(this.#at))) this.#at += 1;
  }

  #take(char: string): void {
    this.#space();
    if (this.#text.charAt(this.#at) !== char) throw new NoLiteral();
    this.#at += 1;
  }
}

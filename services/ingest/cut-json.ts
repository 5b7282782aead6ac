/**
 * JSON whose end is missing: SDKs cut attributes at `OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT`, and a long conversation is the first that is
 * cut. What came before the cut is read.
 */
import { jsonText, MAX_DEPTH } from './values.js';

/** A value in JSON, and whether its end was missing. A text that is no JSON of an object or list stays the text it is. */
export function readCutJson(text: string): { value: unknown; cut: boolean } {
  const whole = jsonText(text);
  if (typeof whole !== 'string' || !/^[[{]/.test(text)) return { value: whole, cut: false };
  const ended = endedJson(text);
  const value = ended === undefined ? text : jsonText(ended);
  return typeof value === 'string' ? { value: text, cut: false } : { value, cut: true };
}

const SCALAR = /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;

/** The text up to its last whole value or into its last string, with what is open closed. Undefined: it cannot be JSON. */
function endedJson(text: string): string | undefined {
  const open: ('}' | ']')[] = [];
  let key = false;
  /** Behind the last whole value; nothing opens or closes behind it. */
  let whole = 0;
  for (let at = 0; at < text.length; at++) {
    const char = text.charAt(at);
    if (char === '"') {
      const end = stringEnd(text, at);
      if (end.closed) {
        if (!key) whole = end.at;
        at = end.at - 1;
        continue;
      }
      return key ? closed(text.slice(0, whole), open) : closed(`${text.slice(0, end.at)}"`, open);
    }
    if (char === '{' || char === '[') {
      if (open.length >= MAX_DEPTH) return undefined;
      open.push(char === '{' ? '}' : ']');
      key = char === '{';
      whole = at + 1;
    } else if (char === '}' || char === ']') {
      if (open.pop() !== char) return undefined;
      key = false;
      whole = at + 1;
    } else if (char === ',') key = open.at(-1) === '}';
    else if (char === ':') key = false;
    else if (!/\s/.test(char)) {
      SCALAR.lastIndex = at;
      const scalar = SCALAR.exec(text)?.[0];
      // A number at the very end may go on behind the cut.
      if (scalar === undefined || at + scalar.length === text.length) break;
      at += scalar.length - 1;
      whole = at + 1;
    }
  }
  return open.length === 0 ? undefined : closed(text.slice(0, whole), open);
}

function closed(text: string, open: readonly string[]): string {
  return text + [...open].reverse().join('');
}

/** Behind a string's closing quote, or before an escape that the cut went through. */
function stringEnd(text: string, start: number): { closed: boolean; at: number } {
  for (let at = start + 1; at < text.length; at++) {
    const char = text.charAt(at);
    if (char === '"') return { closed: true, at: at + 1 };
    if (char !== '\\') continue;
    const length = text.charAt(at + 1) === 'u' ? 6 : 2;
    if (at + length > text.length) return { closed: false, at };
    at += length - 1;
  }
  return { closed: false, at: text.length };
}

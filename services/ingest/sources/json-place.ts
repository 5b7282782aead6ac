/** JSON, and where it stops being JSON. */

export type JsonRead = { ok: true; value: unknown } | { ok: false; message: string; offset: number };

/** Parses a text. A failure says at which character (UTF-16, from 0), and quotes nothing of what anyone said. */
export function readJson(text: string): JsonRead {
  try {
    return { ok: true, value: JSON.parse(text) as unknown };
  } catch {
    const offset = faultOffset(text);
    return { ok: false, message: offset >= text.trimEnd().length ? 'the JSON ends too early' : 'not JSON', offset };
  }
}

const SPACE = /[ \t\r\n]*/y;
const TOKEN = /[{}[\],:]|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;
const ESCAPE = /["\\/bfnrt]|u[0-9a-fA-F]{4}/y;

/** Behind the string that begins at `at`; undefined where it is none. A loop, because an expression would run out of stack. */
function stringEnd(text: string, at: number): number | undefined {
  for (let index = at + 1; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code === 0x22) return index + 1;
    if (code < 0x20) return undefined;
    if (code !== 0x5c) continue;
    ESCAPE.lastIndex = index + 1;
    const escape = ESCAPE.exec(text);
    if (escape === null) return undefined;
    index += escape[0].length;
  }
  return undefined;
}

/** What stands at `at`, by its first character, and where it ends. */
function tokenAt(text: string, at: number): { first: string; end: number } | undefined {
  const first = text.charAt(at);
  if (first === '"') {
    const end = stringEnd(text, at);
    return end === undefined ? undefined : { first, end };
  }
  TOKEN.lastIndex = at;
  const token = TOKEN.exec(text);
  return token === null ? undefined : { first, end: at + token[0].length };
}

type Expected = 'value' | 'value or ]' | 'key' | 'key or }' | ':' | ', or end' | 'nothing';

/**
 * The first character that no JSON text could have there. The engine's own error names it for some faults only, and
 * differently from version to version. Runs once a text has failed.
 */
function faultOffset(text: string): number {
  const open: ('{' | '[')[] = [];
  let expected: Expected = 'value';
  let at = 0;
  const closed = (): Expected => (open.length > 0 ? ', or end' : 'nothing');
  for (;;) {
    SPACE.lastIndex = at;
    at += SPACE.exec(text)?.[0].length ?? 0;
    const token = tokenAt(text, at);
    if (token === undefined) return at;
    const { first } = token;
    switch (expected) {
      case 'value':
      case 'value or ]':
        if (first === '{' || first === '[') {
          open.push(first);
          expected = first === '{' ? 'key or }' : 'value or ]';
        } else if (first === ']' && expected === 'value or ]') {
          open.pop();
          expected = closed();
        } else if ('}],:'.includes(first)) return at;
        else expected = closed();
        break;
      case 'key':
      case 'key or }':
        if (first === '}' && expected === 'key or }') {
          open.pop();
          expected = closed();
        } else if (first === '"') expected = ':';
        else return at;
        break;
      case ':':
        if (first !== ':') return at;
        expected = 'value';
        break;
      case ', or end': {
        const within = open.at(-1);
        if (first === ',') expected = within === '{' ? 'key' : 'value';
        else if ((first === '}' && within === '{') || (first === ']' && within === '[')) {
          open.pop();
          expected = closed();
        } else return at;
        break;
      }
      case 'nothing':
        return at;
    }
    at = token.end;
  }
}

/**
 * Places of a text that something outside may be named at: `@`, `://`, `www.`, a point inside a name, the beginnings of account
 * numbers, wallets and telephone numbers, six digits. One pass without a pattern: records have one in every line.
 */

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

export interface Anchor {
  start: number;
  end: number;
}

/** The first anchor that begins at `from` or behind it. */
export function nextAnchor(text: string, from: number): Anchor | undefined {
  for (let at = from; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code > 127) continue;
    const kind = KINDS[code] as number;
    if (kind === NONE) continue;
    // A point belongs to the name before it, so its anchor begins a unit earlier.
    const start = kind === POINT ? at - 1 : at;
    const end = start < from ? -1 : endOf(text, at, kind);
    if (end > 0) return { start, end };
  }
  return undefined;
}

/** Behind the anchor that stands here; −1 where none does. */
function endOf(text: string, at: number, kind: number): number {
  switch (kind) {
    case AT:
      return at + 1;
    case COLON:
      return text.charCodeAt(at + 1) === 47 && text.charCodeAt(at + 2) === 47 ? at + 3 : -1;
    case WWW:
      return text.startsWith('www.', at) && opensWord(text, at) ? at + 4 : -1;
    case POINT: {
      const before = at > 0 ? text.charCodeAt(at - 1) : 0;
      if (!isSmall(before) && !isDigit(before)) return -1;
      let end = at + 1;
      while (isSmall(text.charCodeAt(end))) end++;
      return end >= at + 3 && !isWord(text.charCodeAt(end)) ? end : -1;
    }
    case CAPITAL:
      return isAccount(text, at) ? at + 12 : -1;
    case WALLET:
      return text.startsWith('bc1', at) && opensWord(text, at) ? runEnd(text, at + 3, isSmallOrDigit) : -1;
    case PLUS:
      return isDigit(text.charCodeAt(at + 1)) ? runEnd(text, at + 2, isOfPhone) : -1;
    default: {
      if (text.charCodeAt(at) === 48 && text.charCodeAt(at + 1) === 120 && opensWord(text, at)) {
        const end = runEnd(text, at + 2, isSmallOrDigit);
        if (end > 0) return end;
      }
      return runEnd(text, at, isDigit);
    }
  }
}

/** So many units of a kind make an anchor. */
const RUN = 6;

function runEnd(text: string, from: number, isOne: (code: number) => boolean): number {
  for (let at = from; at < from + RUN; at++) if (!isOne(text.charCodeAt(at))) return -1;
  return from + RUN;
}

const isSmallOrDigit = (code: number): boolean => isSmall(code) || isDigit(code);
/** A digit, a blank, a parenthesis or a hyphen. */
const isOfPhone = (code: number): boolean => isDigit(code) || code === 32 || code === 40 || code === 41 || code === 45;

function opensWord(text: string, at: number): boolean {
  return at === 0 || !isWord(text.charCodeAt(at - 1));
}

/** Two capitals, two digits, and eight of capitals, digits and blanks. */
function isAccount(text: string, at: number): boolean {
  if (!isCapital(text.charCodeAt(at + 1)) || !isDigit(text.charCodeAt(at + 2)) || !isDigit(text.charCodeAt(at + 3)))
    return false;
  if (!opensWord(text, at)) return false;
  for (let place = at + 4; place < at + 12; place++) {
    const code = text.charCodeAt(place);
    if (!isCapital(code) && !isDigit(code) && code !== 32) return false;
  }
  return true;
}

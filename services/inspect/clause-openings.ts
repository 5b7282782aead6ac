/**
 * Where a clause may open: behind the beginning of the text, a mark that ends or sets apart, a dash or a new line (also one
 * written `\n`), "and" and its like, and before a capital in the middle of a line that words in small letters follow ("… report Send
 * the …"). What only fills (blanks, quotes, list numbers) is passed over. One pass without a pattern: texts have an opening
 * for every ten characters, and hardly one in a hundred opens a request.
 */

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
  const most = Math.min(text.length, from + MOST_FILLING);
  let at = from;
  while (at < most) {
    const code = text.charCodeAt(at);
    if (code < CODES ? FILLS[code] === 0 : code !== 0xfeff) break;
    at++;
  }
  return at;
}

/** Where the first clause may begin whose opening stands at `from` or behind it; −1 where nothing opens any more. */
export function nextOpening(text: string, from: number): number {
  for (let at = from; at < text.length; at++) {
    const code = text.charCodeAt(at);
    switch (code < CODES ? (KINDS[code] as number) : kindBeyond(code)) {
      case PLAIN:
        break;
      case MARK:
        return behindFilling(text, at + 1);
      case DASH:
        if (at > 0 && isSpace(text.charCodeAt(at - 1)) && isSpace(text.charCodeAt(at + 1)))
          return behindFilling(text, at + 2);
        break;
      case BACKSLASH:
        if (text.charCodeAt(at + 1) === 110) return behindFilling(text, at + 2);
        break;
      case SPACE: {
        const capital = capitalBehind(text, at);
        if (capital > 0) return behindFilling(text, capital);
        break;
      }
      default: {
        const end = at > 0 && isWord(text.charCodeAt(at - 1)) ? -1 : joinerEnd(text, at);
        if (end > 0 && isSpace(text.charCodeAt(end))) return behindFilling(text, end + 1);
      }
    }
  }
  return -1;
}

/** Behind a word that joins clauses; −1 where none stands here. Longer ones are tried like shorter: what follows must be a blank. */
function joinerEnd(text: string, at: number): number {
  const first = text.charCodeAt(at) | 32;
  for (const word of JOINERS) {
    if (word.charCodeAt(0) !== first) continue;
    let end = 1;
    while (end < word.length && text.charCodeAt(at + end) === word.charCodeAt(end)) end++;
    if (end === word.length) return at + end;
  }
  return -1;
}

/** The capital behind these blanks, where it begins a word of small letters that another word, a number or a name follows; else −1. */
function capitalBehind(text: string, blank: number): number {
  const before = blank > 0 ? text.charCodeAt(blank - 1) : 128;
  if (before >= 128 || BEFORE[before] === 0) return -1;
  let capital = blank + 1;
  while (capital < blank + MOST_BLANKS && isSpace(text.charCodeAt(capital))) capital++;
  if (!isCapital(text.charCodeAt(capital))) return -1;
  let end = capital + 1;
  while (end <= capital + MOST_SMALL && isSmall(text.charCodeAt(end))) end++;
  if (end === capital + 1 || text.charCodeAt(end) !== 32) return -1;
  const behind = text.charCodeAt(end + 1);
  return behind < BEHIND.length && BEHIND[behind] === 1 ? capital : -1;
}

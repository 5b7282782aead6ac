/**
 * Where a sentence ends: at a stop, an empty line, the beginning of a list's item or of a field, a quotation's end, a tag. One
 * pass without a pattern; only where a line breaks or a quotation ends a pattern says what follows.
 */
import { unitsOf } from './units.js';

/** Of the breaks of a line and the quotes those that end a sentence. */
const BREAK_END = /\n\s{0,8}\n|\n(?=\s{0,8}(?:[-*•|>#]|[\w "'-]{1,40}:\s|\d+[.)]\s))|["”»](?=\s*[,}\]\n]|$)/y;
const ABBREVIATION =
  /(?:^|[^\p{L}])(?:Mrs?|Ms|Dr|Prof|St|No|Nr|vs|approx|e\.g|i\.e|Inc|Ltd|Co|z\.B|Hr|Fr|Sr|Sra|Mme|Mlle|\p{Lu})$/u;
const MAX_UNITS = 600;

const isLetter = (code: number): boolean => (code >= 97 && code <= 122) || (code >= 65 && code <= 90);

/** What the end of a sentence may begin with. */
const ENDS = new Uint8Array(128);
const STOP = 1;
const BREAK_OR_QUOTE = 2;
const ESCAPE = 3;
const TAG = 4;
for (const [characters, kind] of [
  ['.!?', STOP],
  ['\n"', BREAK_OR_QUOTE],
  ['\\', ESCAPE],
  ['<', TAG],
] as const)
  for (const character of characters) ENDS[character.charCodeAt(0)] = kind;
const BEHIND_STOP = /[\s"'”’)\]\\]/;
const BEHIND_STOPS = Uint8Array.from({ length: 128 }, (_, code) =>
  BEHIND_STOP.test(String.fromCharCode(code)) ? 1 : 0,
);

function isBehindStop(code: number): boolean {
  return code < 128 ? BEHIND_STOPS[code] === 1 : BEHIND_STOP.test(String.fromCharCode(code));
}

/** Where the sentence ends that goes on at `from`, 600 units behind it at most. Points inside addresses and behind abbreviations end none. @param until what stands from here on does not count */
export function sentenceEnd(text: string, from: number, until = text.length): number {
  const units = unitsOf(text);
  const limit = Math.min(until, from + MAX_UNITS);
  // Made where it is needed: a copy, so that a text without sentence ends is not searched to its end from each opening.
  let ahead: string | undefined;
  for (let at = from; at < limit; at++) {
    const code = units[at] as number;
    const kind = code < 128 ? (ENDS[code] as number) : endBeyond(code);
    if (kind === 0) continue;
    switch (kind) {
      case STOP:
        if (code < 128 && at + 1 < limit && !isBehindStop(units[at + 1] as number)) break;
        if (code === 46 && ABBREVIATION.test(text.slice(Math.max(from, at - 6), at))) break;
        return at + 1;
      case ESCAPE:
        if (at + 3 < limit && units[at + 1] === 110 && units[at + 2] === 92 && units[at + 3] === 110) return at;
        break;
      case TAG: {
        const name = at + (units[at + 1] === 47 ? 2 : 1);
        if (name < limit && isLetter(units[name] as number)) return at;
        break;
      }
      default:
        ahead ??= text.slice(from, limit);
        BREAK_END.lastIndex = at - from;
        if (BREAK_END.test(ahead)) return at;
    }
  }
  return limit;
}

/** Full-width stops end a sentence whatever follows. */
function endBeyond(code: number): number {
  if (code === 0x3002 || code === 0xff01 || code === 0xff1f) return STOP;
  return code === 0x201d || code === 0xbb ? BREAK_OR_QUOTE : 0;
}

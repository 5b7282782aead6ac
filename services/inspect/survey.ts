/**
 * One look through a text for all who would otherwise look through it each for themselves: which signs stand in it, and
 * words that open or close questions about it. Most layers, forms and languages are ruled out by what a text has not.
 */
import { LEADING, UNLEARNED, VERBS } from './first-words.js';
import { CUES, SMALL_WORDS, TURNED } from './surveyed-words.js';
import { unitsOf } from './units.js';
import { WordTable } from './word-table.js';

export interface Survey {
  /** By ASCII code, 1 where the sign stands in the text. Letters are not told. */
  signs: Uint8Array;
  beyondAscii: boolean;
  /** The highest code unit beyond ASCII, 0 for none: says which scripts a text has nothing of. */
  highest: number;
  /** Whether it may hold another language than English. */
  isForeign: boolean;
  /** Whether anything may be owed or expected in it: a word of that kind, or a call as it is written. */
  isOwed: boolean;
  /** Words that are common ones turned by ROT13, at least as many as there are. */
  turned: number;
  /**
   * Where words begin that a request in English may begin with, in order; of those with a hyphen or an apostrophe the part before
   * it counts. In a text beyond ASCII some are missing.
   */
  openers: Int32Array;
}

const SMALL = 1;
const CUE = 2;
const TURNED_WORD = 4;
const OPENER = 8;
const WORDS = new WordTable([
  { words: SMALL_WORDS, mark: SMALL },
  { words: CUES, mark: CUE },
  { words: TURNED, mark: TURNED_WORD },
  { words: [...VERBS, ...UNLEARNED, ...LEADING].map((word) => word.replace(/\W.*/, '')), mark: OPENER },
]);
const PARENTHESIS = 40;
const BACKSLASH = 92;
const N = 110;

/** Where openers stand, while a text is looked through. */
let starts = new Int32Array(1024);

const LETTERS = new Uint8Array(128);
LETTERS.fill(1, 65, 91);
LETTERS.fill(1, 97, 123);

/** The last texts' surveys: all who ask for one text do so soon after each other. */
const latest: { text: string; survey: Survey }[] = [];
const REMEMBERED = 2;

/** Of a text of any length; linear. Shared: nobody may change it. */
export function surveyOf(text: string): Survey {
  const known = latest.find((entry) => entry.text === text);
  if (known !== undefined) return known.survey;
  const survey = surveyedAnew(text);
  latest.unshift({ text, survey });
  if (latest.length > REMEMBERED) latest.pop();
  return survey;
}

function surveyedAnew(text: string): Survey {
  const units = unitsOf(text);
  const { length } = text;
  const signs = new Uint8Array(128);
  let marks = 0;
  let turned = 0;
  let highest = 0;
  let openers = 0;
  let at = 0;
  while (at < length) {
    let code = units[at] as number;
    if (code > 127) {
      if (code > highest) highest = code;
      at++;
      continue;
    }
    if (LETTERS[code] === 0) {
      signs[code] = 1;
      at++;
      continue;
    }
    const start = at;
    do code = units[++at] as number;
    while (code < 128 && LETTERS[code] === 1);
    const found = WORDS.marksOf(units, start, at);
    // Two of them may begin in one word: behind a new line that is written `\n` another one does.
    if (openers + 2 > starts.length) starts = doubled(starts);
    if ((found & OPENER) !== 0) starts[openers++] = start;
    if (units[start] === N && start > 0 && units[start - 1] === BACKSLASH && at > start + 1) {
      if ((WORDS.marksOf(units, start + 1, at) & OPENER) !== 0) starts[openers++] = start + 1;
    }
    marks |= found;
    if ((found & TURNED_WORD) !== 0) turned++;
  }
  const beyondAscii = highest > 127;
  return {
    signs,
    beyondAscii,
    highest,
    isForeign: beyondAscii || (marks & SMALL) !== 0,
    isOwed: (marks & CUE) !== 0 || signs[PARENTHESIS] === 1,
    turned,
    openers: starts.slice(0, openers),
  };
}

function doubled(array: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(array.length * 2);
  larger.set(array);
  return larger;
}

/** Whether any of these signs stands in the text. They must be ASCII and no letters. */
export function hasAnyOf({ signs }: Survey, characters: string): boolean {
  for (let at = 0; at < characters.length; at++) if (signs[characters.charCodeAt(at)] === 1) return true;
  return false;
}

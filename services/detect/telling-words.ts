/**
 * The words that tell a call from others, as far as they are not the user's: what its tool is called, and what its short
 * values hold. A call is seldom said in the words that order it ("DELETE /assets/4410" for "take asset 4410 off the books"),
 * but what it is done to keeps its name, in any language and notation.
 */
import { commandWords } from '../inspect/command-effects.js';
import { isOperationKey } from '../inspect/operations.js';
import { leavesOf } from '../inspect/destinations.js';
import { isPagePlace } from '../inspect/page-actions.js';
import { normalWords } from './provenance.js';

const MAX_WORDS = 40;
/** Longer values are texts: they hold words of everything. */
const MOST_WORDS_OF_VALUE = 14;
const MAX_VALUE = 400;

/** Words that are in every text, and in every command. */
const COMMON = new Set(
  `the and for with from that this your you our their his her its are was were will can may not all any each every some one two new now out off
  who what when where which how has have had been into onto over under than then them they there here use please must should would could
  true false null none yes get set add put run http https www com org net example api json text name user mail email data file
  der die das den dem des ein eine und für mit von auf bei ist sind les des une pour avec sur dans par est los las una por para con del que
  gli della per che het een van voor met`.split(/\s+/),
);

const IDEOGRAPHS = /[\u3040-\u30ff\u3400-\u9fff]/u;

function isTelling(word: string): boolean {
  if (IDEOGRAPHS.test(word)) return word.length >= 2;
  if (/\p{N}/u.test(word)) return word.length >= 2;
  return word.length >= 3 && !COMMON.has(word);
}

/**
 * @param toolWords the words that a tool's name is made of, those that say nothing left out
 * @param userWords `normalWords` of what the user and the system said
 * @param operates the call operates a page: where it clicks is the page's to say
 */
export function tellingWords(
  toolWords: readonly string[],
  args: unknown,
  userWords: string,
  operates = false,
): readonly string[] {
  const words = new Set<string>();
  const add = (word: string): void => {
    if (words.size < MAX_WORDS && !holds(userWords, word)) words.add(word);
  };
  for (const { path, value } of leavesOf(args ?? {}, 60)) {
    const key = path.slice(path.lastIndexOf('/') + 1);
    if (value.length > MAX_VALUE || isOperationKey(key) || (operates && isPagePlace(key))) continue;
    const command = commandWords(key, value);
    // Whatever builds or tests what is there is every day's work, and programs are the same in every command.
    if (command?.routine === true) continue;
    const said = command === undefined ? value : value.replace(/^\s*\S+/, ' ');
    const parts = normalWords(said.replaceAll('_', ' ')).trim().split(' ');
    if (parts.length <= MOST_WORDS_OF_VALUE) for (const part of parts) if (isTelling(part)) add(part);
  }
  for (const word of toolWords) if (isTelling(word)) add(word);
  return [...words];
}

/** Whether words hold one, with another ending at most. */
function holds(words: string, word: string): boolean {
  if (IDEOGRAPHS.test(word)) return words.includes(word);
  if (/\p{N}/u.test(word) || word.length < 4) return words.includes(` ${word} `);
  return words.includes(` ${word.slice(0, Math.max(4, word.length - 2))}`);
}

/** A name with a number in it is nearly always one thing's: it tells as much as two words. */
const weightOf = (word: string): number => (/\p{N}/u.test(word) && word.length >= 3 ? 2 : 1);

/**
 * How many of them a span holds, a name with a number for two.
 *
 * @param own what the agent itself had asked the source with
 */
export const sharedWords = (telling: readonly string[], span: string, own = ' '): number =>
  telling.reduce((sum, word) => (holds(span, word) && !holds(own, word) ? sum + weightOf(word) : sum), 0);

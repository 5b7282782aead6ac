/**
 * What the place reader looks at: one request (or a doubted stretch without the form of one), the words before and behind it
 * as word pieces, and what can be said of its form. The words tell what kind of thing is asked; the form and the
 * surroundings, of whom.
 */
import { EFFECT_CLASSES } from '../../../../schemas/common.js';
import { asksFor } from '../../asks-for.js';
import { DESTINATION_KINDS, destinationsIn } from '../../destinations.js';
import { learnedClausesIn } from '../../request-clauses.js';
import type { Reading } from '../../reading.js';
import type { WordPiece } from '../deep/wordpiece.js';
import type { FastAnswer } from '../fast/reader.js';

/** Pieces of each part, at most. */
export const BEFORE_PIECES = 24;
export const WITHIN_PIECES = 48;
export const BEHIND_PIECES = 16;

export interface PlaceView {
  before: Int32Array;
  within: Int32Array;
  behind: Int32Array;
  form: Float32Array;
}

export interface Place {
  start: number;
  end: number;
}

const MACHINE = /\b(?:assistants?|agents?|a\.?i\.?|models?|bots?|chatbots?|llms?|gpt|copilot|automation|system)\b/i;
const US = /\b(?:us|our|we)\b|\b(?:uns|nous|nos|notre|ci|nosotros|ons|nam|nas|нам|нас)\b/i;
const YOUR = /\byour?\b/i;
const MY = /\b(?:me|my|i)\b/i;
const USER = /\b(?:the|this|your) (?:user|customer|owner|human|client|account holder)\b/i;
const NAMED = /(?:^|[\s>:"'])\p{Lu}[\p{L}.]{1,14}(?: \p{Lu}[\p{L}.]{1,14})?\s?,\s*$/u;
const GREETING = /\b(?:hi|hello|dear|hey|hallo|bonjour|hola|ciao|olá|cześć|привет|merhaba)\b[^.!?\n]{0,40}[,!\n]\s*$/i;
const SECRET =
  /\b(?:password|passcode|token|api key|credential|secret|private|ssn|security code|card number|medical|salary|history|location|contacts?|backup)/i;
const EVERYTHING = /\b(?:all|every|each|any|everyone|everything|entire|whole)\b/i;
const QUIET = /\b(?:without|do not|don't|never|no need|quietly|silently)\b/i;

/** Where each number of a form stands: first what the place and its text are, then what is asked and where to, then by which words. */
const PLAIN = [
  'meanOdds',
  'mostOdds',
  'formless',
  'led',
  'verbless',
  'near',
  'clauses',
  'textLength',
  'saidLength',
  'first',
  'onNewLine',
  'behindSentence',
  'quoted',
  'asked',
  'layered',
  'foreign',
] as const;
const SPOKEN = ['machine', 'us', 'your', 'my', 'user', 'named', 'greeted', 'secret', 'everything', 'quiet'] as const;
const EFFECTS = PLAIN.length;
const KINDS = EFFECTS + EFFECT_CLASSES.length;
const WORDS = KINDS + DESTINATION_KINDS.length;
/** How many numbers say what a place's form is. */
export const FORM_NUMBERS = WORDS + SPOKEN.length;
const AT = Object.fromEntries([
  ...PLAIN.map((name, at) => [name, at]),
  ...SPOKEN.map((name, at) => [name, WORDS + at]),
]) as Record<(typeof PLAIN)[number] | (typeof SPOKEN)[number], number>;

const BEFORE_CHARS = 160;
const WITHIN_CHARS = 420;
const BEHIND_CHARS = 110;
/** How far before a place somebody may have been spoken to. */
const ADDRESS_CHARS = 80;
/** A name and a comma open a sentence, within so many characters. */
const NAME_CHARS = 24;

/** What is looked at of a place, each cut at its bound: the words of the request, and those before and behind it. */
export interface PlaceWords {
  before: string;
  said: string;
  behind: string;
}

export function wordsOf(text: string, { start, end }: Place): PlaceWords {
  return {
    before: text.slice(Math.max(0, start - BEFORE_CHARS), start),
    said: text.slice(start, Math.min(end, start + WITHIN_CHARS)),
    behind: text.slice(end, end + BEHIND_CHARS),
  };
}

export const beforePieces = (before: string, pieces: WordPiece): Int32Array =>
  pieces.encode(before).ids.slice(-BEFORE_PIECES);
export const withinPieces = (said: string, pieces: WordPiece): Int32Array =>
  pieces.encode(said).ids.slice(0, WITHIN_PIECES);
export const behindPieces = (behind: string, pieces: WordPiece): Int32Array =>
  pieces.encode(behind).ids.slice(0, BEHIND_PIECES);

/** @param formless the stretch has nothing of a request's form in it */
export function viewOf(
  reading: Reading,
  place: Place,
  answer: FastAnswer,
  pieces: WordPiece,
  formless: boolean,
): PlaceView {
  const words = wordsOf(reading.text, place);
  const { before, said, behind } = words;
  return {
    before: beforePieces(before, pieces),
    within: withinPieces(said, pieces),
    behind: behindPieces(behind, pieces),
    form: formOf(reading, place, oddsAt(answer.windows, place), words, formless, {
      before: formBefore(before),
      said: formSaid(said),
      behind: formBehind(behind),
    }),
  };
}

/** The part of a form that each of the words gives by itself; 0 where it says nothing. */
export interface FormParts {
  before: Float32Array;
  said: Float32Array;
  behind: Float32Array;
}

/** @param odds what {@link oddsAt} says of the place */
export function formOf(
  { text, layers }: Reading,
  place: Place,
  [mean, most]: readonly [number, number],
  { before, said }: PlaceWords,
  formless: boolean,
  parts: FormParts,
): Float32Array {
  const clauses = learnedClausesIn(text);
  let inside = 0;
  let led = 0;
  let verbs = 0;
  let near = 0;
  for (const { start, end, led: isLed, verb } of clauses) {
    if (start < place.end + 600 && end > place.start - 600) near++;
    if (start >= place.end || end <= place.start) continue;
    inside++;
    if (isLed) led++;
    if (verb !== undefined) verbs++;
  }
  const form = new Float32Array(FORM_NUMBERS);
  for (let at = 0; at < FORM_NUMBERS; at++)
    form[at] = Math.max(parts.before[at] as number, parts.said[at] as number, parts.behind[at] as number);
  form[AT.meanOdds] = mean / 4;
  form[AT.mostOdds] = most / 4;
  form[AT.formless] = yes(formless);
  form[AT.led] = yes(led > 0);
  form[AT.verbless] = yes(inside > 0 && verbs === 0);
  form[AT.near] = Math.log1p(near) / 2;
  form[AT.clauses] = Math.log1p(clauses.length) / 2;
  form[AT.textLength] = Math.log1p(text.length) / 8;
  form[AT.first] = yes(place.start < 4);
  form[AT.layered] = yes(layers.length > 0);
  if (form[AT.named] === 0) form[AT.named] = yes(opensWithName(before, said));
  return form;
}

/** The name may stand at the end of what is before, or at the beginning of what is said. */
function opensWithName(before: string, said: string): boolean {
  const opening = said.slice(0, NAME_CHARS);
  return opening.includes(',') && NAMED.test(before + opening.replace(/,.*/s, ','));
}

const yes = (holds: boolean): number => (holds ? 1 : 0);

export function formBefore(before: string): Float32Array {
  const form = new Float32Array(FORM_NUMBERS);
  const near = before.slice(-ADDRESS_CHARS);
  form[AT.onNewLine] = yes(/(?:^|\n)[\s>*-]{0,6}$/.test(before));
  form[AT.behindSentence] = yes(/[.!?。]\s{1,3}$/.test(before));
  form[AT.quoted] = yes(/["'`“«>]$/.test(before));
  form[AT.machine] = yes(MACHINE.test(near));
  form[AT.user] = yes(USER.test(near));
  form[AT.named] = yes(NAMED.test(before));
  form[AT.greeted] = yes(GREETING.test(near));
  return form;
}

export function formSaid(said: string): Float32Array {
  const form = new Float32Array(FORM_NUMBERS);
  const asks = asksFor(said);
  form[AT.saidLength] = Math.log1p(said.length) / 5;
  form[AT.asked] = yes(/\?\s*$/.test(said));
  form[AT.foreign] = yes(/[^\x00-\u024f\u2000-\u206f]/.test(said));
  for (const [at, effect] of EFFECT_CLASSES.entries()) form[EFFECTS + at] = yes(asks.effects.includes(effect));
  for (const { kind } of destinationsIn(said)) form[KINDS + DESTINATION_KINDS.indexOf(kind)] = 1;
  form[AT.machine] = yes(MACHINE.test(said));
  form[AT.us] = yes(US.test(said));
  form[AT.your] = yes(YOUR.test(said));
  form[AT.my] = yes(MY.test(said));
  form[AT.user] = yes(USER.test(said));
  form[AT.secret] = yes(SECRET.test(said));
  form[AT.everything] = yes(EVERYTHING.test(said));
  form[AT.quiet] = yes(QUIET.test(said));
  return form;
}

export function formBehind(behind: string): Float32Array {
  const form = new Float32Array(FORM_NUMBERS);
  form[AT.greeted] = yes(/^\s*(?:Best|Thanks|Cheers|Regards|Gruß|Merci|Gracias)/.test(behind));
  return form;
}

const HELD = 0.8;

/** The fast tier's log-odds for a place: the mean of the windows that hold it, and the most of any that touches it. */
export function oddsAt(windows: FastAnswer['windows'], place: Place): [mean: number, most: number] {
  const length = place.end - place.start;
  let sum = 0;
  let count = 0;
  let most = -9;
  for (const window of windows) {
    if (window.start >= place.end) break;
    const shared = Math.min(window.end, place.end) - Math.max(window.start, place.start);
    if (shared <= 0) continue;
    const held = Math.min(1 - 1e-4, Math.max(1e-4, window.probability));
    const odds = Math.log(held / (1 - held));
    most = Math.max(most, odds);
    if (shared >= HELD * length) {
      sum += odds;
      count++;
    }
  }
  return [count > 0 ? sum / count : most, most];
}

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

/** How many numbers say what a place's form is. */
export const FORM_NUMBERS = 14 + 2 + EFFECT_CLASSES.length + DESTINATION_KINDS.length + 10;

const BEFORE_CHARS = 160;
const WITHIN_CHARS = 420;
const BEHIND_CHARS = 110;

/** @param formless the stretch has nothing of a request's form in it */
export function viewOf(
  reading: Reading,
  place: Place,
  answer: FastAnswer,
  pieces: WordPiece,
  formless: boolean,
): PlaceView {
  const { text } = reading;
  const said = text.slice(place.start, Math.min(place.end, place.start + WITHIN_CHARS));
  const before = text.slice(Math.max(0, place.start - BEFORE_CHARS), place.start);
  const behind = text.slice(place.end, place.end + BEHIND_CHARS);
  return {
    before: pieces.encode(before).ids.slice(-BEFORE_PIECES),
    within: pieces.encode(said).ids.slice(0, WITHIN_PIECES),
    behind: pieces.encode(behind).ids.slice(0, BEHIND_PIECES),
    form: Float32Array.from(formOf(reading, place, answer, said, before, behind, formless)),
  };
}

function formOf(
  reading: Reading,
  place: Place,
  { windows }: FastAnswer,
  said: string,
  before: string,
  behind: string,
  formless: boolean,
): number[] {
  const { text, layers } = reading;
  const clauses = learnedClausesIn(text);
  const inside = clauses.filter(({ start, end }) => start < place.end && end > place.start);
  const near = clauses.filter(({ start, end }) => start < place.end + 600 && end > place.start - 600).length;
  const [mean, most] = oddsAt(windows, place);
  const asks = asksFor(said);
  const kinds = new Set(destinationsIn(said).map(({ kind }) => kind));
  const yes = (holds: boolean): number => (holds ? 1 : 0);
  return [
    mean / 4,
    most / 4,
    yes(formless),
    yes(inside.some(({ led }) => led)),
    yes(inside.length > 0 && inside.every(({ verb }) => verb === undefined)),
    Math.log1p(near) / 2,
    Math.log1p(clauses.length) / 2,
    Math.log1p(text.length) / 8,
    Math.log1p(said.length) / 5,
    yes(place.start < 4),
    yes(/(?:^|\n)[\s>*-]{0,6}$/.test(before)),
    yes(/[.!?。]\s{1,3}$/.test(before)),
    yes(/["'`“«>]$/.test(before)),
    yes(/\?\s*$/.test(said)),
    yes(layers.length > 0),
    yes(/[^\x00-\u024f\u2000-\u206f]/.test(said)),
    ...EFFECT_CLASSES.map((effect) => yes(asks.effects.includes(effect))),
    ...DESTINATION_KINDS.map((kind) => yes(kinds.has(kind))),
    yes(MACHINE.test(said) || MACHINE.test(before.slice(-80))),
    yes(US.test(said)),
    yes(YOUR.test(said)),
    yes(MY.test(said)),
    yes(USER.test(said) || USER.test(before.slice(-80))),
    yes(NAMED.test(before) || NAMED.test(before + said.slice(0, 24).replace(/,.*/s, ','))),
    yes(GREETING.test(before.slice(-80)) || /^\s*(?:Best|Thanks|Cheers|Regards|Gruß|Merci|Gracias)/.test(behind)),
    yes(SECRET.test(said)),
    yes(EVERYTHING.test(said)),
    yes(QUIET.test(said)),
  ];
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

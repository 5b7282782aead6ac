/**
 * Request clauses: the stretches of a text in which its reader is told to do something, by their form alone. A clause
 * opens (a sentence, a line, a field's value, a quotation), may be led in ("please", "you must", "the user wants you to"),
 * and begins with a verb in its plain form that takes an object. "Send the report to …" is one; "He sent the report" and
 * "Order total: 5" are not.
 *
 * That a clause is a request says nothing about malice: mail asks people for things all day. It says *where* in a
 * suspicious stretch the request stands, so that what it asks for is not read from its neighbours.
 */
import { behindFilling, nextOpening, openingsAmong } from './clause-openings.js';
import { destinationsIn } from './destinations.js';
import { indirectRequestsIn } from './indirect-requests.js';
import { sentenceEnd } from './sentence-ends.js';
import { surveyOf } from './survey.js';
import { unitsOf } from './units.js';
import {
  AMBIGUOUS,
  FIRST_WORDS,
  LEADS,
  LEADS_ELSEWHERE,
  OPENS,
  UNLEARNED,
  UNLEARNED_VERB,
  VERB,
  VERBS,
} from './first-words.js';
import { effectOfForeignClause, mayBeForeign, mayBeForeignWithin, mayOpenWithStem } from './foreign-verbs.js';

export interface RequestClause {
  /** UTF-16 units. From the lead-in to the end of the sentence. */
  start: number;
  end: number;
  /** The verb as written, lower case; absent in languages whose verbs are known by stem only. */
  verb?: string;
  /** No model has learned from requests of this kind: see {@link learnedClausesIn}. */
  unlearned?: true;
  /** Led in by an address or a courtesy ("please", "you must"): somebody is spoken to. */
  led: boolean;
}

const LEAD = new RegExp(
  `(?:${[
    '(?:please|kindly|now|then|also|first|firstly|next|finally|just|immediately|quickly|simply|and|so|instead|again|lastly|additionally|important|urgent|directly|silently|quietly|secretly|always|never)[,:!]?',
    '(?:hey|hi|hello|dear|ok|okay|attention|note|todo|to-?do|task|reminder|action (?:items?|required)|p\\.?s\\.?|n\\.?b\\.?|step \\d+)[,:.!-]?(?: (?:the |all |any |every |ai |virtual )?(?:assistants?|agents?|ai|models?|bots?|chatbots?|llms?|team|all)[,:!-]?)?',
    '(?:you|the (?:assistant|agent|ai|model|bot|reader)|assistant|agent|ai|whoever (?:reads|processes|handles) (?:this|it)(?: \\w+)?)(?: (?:also|now|then))? (?:must|should|shall|will|can|may|need to|needs to|have to|has to|ought to|are to|is to|(?:are|is) (?:required|asked|instructed|told|expected|requested|authorized|authorised|supposed) to)(?: (?:also|now|then|first|immediately|always))?',
    '(?:can|could|would|will) you(?: (?:please|kindly|also|just|quickly))?',
    "(?:i|we)(?: (?:really|also|now|just))? (?:need|want|ask|expect|order|instruct|urge|request|require|would like|'d like|authorize|authorise) (?:you|the (?:assistant|agent))(?: to)?",
    "(?:i|we)(?:'d| would) (?:appreciate it if|be grateful if) you(?: could| would)?",
    '(?:make|be) sure(?: to| that you| you)?',
    'ensure(?: that)? you',
    "(?:don't|do not|never) forget to|remember to|be so kind (?:as )?to|feel free to",
    'go ahead and|go on and|help (?:me|us)(?: to)?',
    'your(?: \\w+){0,2} (?:task|job|goal|objective|mission|assignment|role|step|duty|action) (?:is|will be)(?: now)?(?: to)?:?',
    '(?:the|this|your|my) (?:user|customer|owner|boss|manager|client|admin|administrator)(?: also| now)? (?:wants|asked|asks|needs|would like|expects|has asked|has requested|requests|requires|wishes|instructed)(?: (?:you|me|us|the assistant|the agent))?(?: to)?',
    'it is (?:necessary|important|required|essential|mandatory|crucial) (?:to|that you)',
    "let'?s|let us",
    '(?:before|after|when|once|if|while|in order to|to|as soon as) [^.!?\\n]{3,90}?,(?: then)?',
  ].join('|')})\\s{1,8}`,
  'iy',
);
/** Leads behind which any word that may be a verb is one: somebody is told to do it, whatever it is. */
const COURTESY =
  /(?:please|kindly|(?:can|could|would|will) you|you (?:must|should|shall|need to|have to|are to|are (?:required|asked|instructed|told|expected|requested) to)|make sure to|sure to|remember to|forget to|go ahead and|help (?:me|us) to|so kind (?:as )?to|free to)\W*$/i;
/** What stands there and is no verb that asks for something. */
const NOT_ASKED = new Set(
  `the a an this that these those it its i we he she they you your my our his her their one some any no not never all every each both either
  be been am are is was were have has had do does did see bear excuse pardon thank thanks sorry if when as so too very more most less
  in on at for with to of by from about into over under after before until since than and or but nor yet because while where which who whom
  whose what why how there here then now just only even still also again always ever there's it's i'm we're don't can cannot could should
  would will may might must shall let able sure glad happy welcome aware careful patient advised hesitate`.split(/\s+/),
);
const NO_PLAIN_FORM = /(?:ly|ing|ed|ous|ful|less|able|ible|tion|ness|ment)$/;
const LONGEST_VERB = 15;
const WORD = /[a-z][a-z-]{1,14}(?![\w'’])/iy;
/** What follows a plain verb that is one: anything but a colon, an equals sign or the end. */
const OBJECT = /\s{1,8}[^\s:=|,.;)\]}]/y;
/** After a word that may be a noun only what no noun has there. */
const STRICT_OBJECT =
  /\s{1,8}(?:(?:the|a|an|all|any|every|each|both|my|your|his|her|our|their|this|that|these|those|it|me|him|them|us|everything|anything|everyone|everybody|someone|off|up|back|out|to|in|at|on|user)\b|[$€£¥"'“‘«`]|\d|https?:|www\.|[A-Z#@][\w.-]*|[a-z]+_[a-z]|[a-z]+ #?[\w-]*\d[\w-]* (?:as|to|from|for|with|at|on|by)\b|(?!(?:for|from|with|about|per|and|is|was|are|has|of|by)\b)[a-z]{3,14} [A-Z]{1,4}-?\d[\w-]*\b)/y;
const ALONE = /[.!?]?\s{0,4}(?:$|[\n"'”’<])/y;
const MAX_CLAUSES = 64;
const MAX_LEADS = 4;
const FOREIGN_UNITS = 120;
const FIRST_IDEOGRAPH = 0x3040;

interface Clauses {
  text: string;
  clauses: readonly Readonly<RequestClause>[];
  /** Those of the kinds that models have learned from, once somebody has asked for them. */
  learned?: readonly Readonly<RequestClause>[];
}

/** The last texts' clauses: phrases and models ask for those of one reading after each other. */
const latest: Clauses[] = [];
const REMEMBERED = 8;
/** Longer texts are not held on to. */
const MOST_UNITS = 1 << 18;

/**
 * Request clauses of a text of any length, in order; overlapping ones are one. Linear: each opening is tried once. What is
 * given is shared between those who ask for the same text.
 */
export function requestClausesIn(text: string): readonly Readonly<RequestClause>[] {
  return clausesOf(text).clauses;
}

function clausesOf(text: string): Clauses {
  const known = latest.find((entry) => entry.text === text);
  if (known !== undefined) return known;
  const made: Clauses = { text, clauses: clausesAnew(text) };
  if (text.length > MOST_UNITS) return made;
  latest.unshift(made);
  if (latest.length > REMEMBERED) latest.pop();
  return made;
}

function clausesAnew(text: string): RequestClause[] {
  const clauses: RequestClause[] = [];
  const foreign = mayBeForeign(text);
  for (const at of foreign ? openingsOf(text) : openingsAmong(text, surveyOf(text).openers)) {
    if (clauses.length >= MAX_CLAUSES) break;
    const clause = clauseAt(text, at, foreign);
    if (clause === undefined) continue;
    const last = clauses.at(-1);
    if (last !== undefined && clause.start < last.end) {
      last.end = Math.max(last.end, clause.end);
      last.led ||= clause.led;
      continue;
    }
    clauses.push(clause);
  }
  return withIndirect(clauses, text);
}

/** Everywhere a clause may open. Only the beginning of the text opens one without taking any room. */
function* openingsOf(text: string): Generator<number> {
  for (let at = behindFilling(text, 0); at >= 0; at = nextOpening(text, Math.max(1, at))) yield at;
}

/** Those that are not in the form of a request stand between the others, where none of them is there already. */
function withIndirect(clauses: RequestClause[], text: string): RequestClause[] {
  const indirect = indirectRequestsIn(text);
  if (indirect.length === 0) return clauses;
  for (const { start, end } of indirect) {
    const over = clauses.find((clause) => clause.start < end && start < clause.end);
    if (over === undefined) clauses.push({ start, end, led: false });
    else if (over.start > start) over.start = start;
  }
  return clauses.sort((a, b) => a.start - b.start);
}

/** Behind the letters, apostrophes and hyphens from here on. */
function endOfWord(units: Uint16Array, start: number): number {
  let end = start + 1;
  for (let code = units[end] as number; isLetter(code) || code === 39 || code === 45; code = units[end] as number)
    end++;
  return end;
}

/** In a text that may hold another language a hyphen may stand behind the word. */
const isOpenEnded = (units: Uint16Array, start: number, end: number): boolean =>
  end > start && (units[end - 1] === 39 || units[end - 1] === 45);

const isLetter = (code: number): boolean => (code >= 97 && code <= 122) || (code >= 65 && code <= 90);

function clauseAt(text: string, start: number, foreign: boolean): RequestClause | undefined {
  const units = unitsOf(text);
  let end = isLetter(units[start] as number) ? endOfWord(units, start) : start;
  let marks = end > start ? FIRST_WORDS.marksOf(units, start, end) : 0;
  // Most openings of records are followed by something else.
  if (!mayBegin(units, start, end, marks, foreign))
    return foreign ? foreignClauseAt(text, start, start, false) : undefined;
  let at = start;
  let led = false;
  for (let lead = 0; lead < MAX_LEADS && mayLead(units, at, end, marks); lead++) {
    LEAD.lastIndex = at;
    const match = LEAD.exec(text);
    if (match === null) break;
    at += match[0].length;
    led = true;
    end = isLetter(units[at] as number) ? endOfWord(units, at) : at;
    marks = end > at ? FIRST_WORDS.marksOf(units, at, end) : 0;
  }
  const verb = end > at ? verbAt(text, units, at, end, marks) : undefined;
  if (verb !== undefined && (VERBS.has(verb) || UNLEARNED.has(verb))) {
    const learned = VERBS.has(verb) ? {} : { unlearned: true as const };
    const behind = at + verb.length;
    const object = !led && AMBIGUOUS.has(verb) ? STRICT_OBJECT : OBJECT;
    object.lastIndex = behind;
    ALONE.lastIndex = behind;
    if (object.test(text) || (led && (text[behind] === ' ' || ALONE.test(text))))
      return { start, end: sentenceEnd(text, behind), verb, led, ...learned };
    // "Refund order 7 to account …": a word that may be a noun, and a place that something is to go to.
    if (object === STRICT_OBJECT && units[behind] === 32) {
      const to = sentenceEnd(text, behind);
      if (isAimed(text.slice(behind, to))) return { start, end: to, verb, led, ...learned };
    }
    return undefined;
  }
  if (verb !== undefined && led && isVerbBehind(text.slice(start, at), verb)) {
    OBJECT.lastIndex = at + verb.length;
    if (OBJECT.test(text)) return { start, end: sentenceEnd(text, at + verb.length), verb, led, unlearned: true };
  }
  return foreign ? foreignClauseAt(text, start, at, led) : undefined;
}

/** Whether a clause may begin with the word of these marks that ends before `end`. */
function mayBegin(units: Uint16Array, start: number, end: number, marks: number, foreign: boolean): boolean {
  if ((marks & OPENS) !== 0) return true;
  return foreign && ((marks & LEADS_ELSEWHERE) !== 0 || isOpenEnded(units, start, end));
}

/** Whether a lead-in may begin with it: of the first words of lead-ins none is missing. */
function mayLead(units: Uint16Array, start: number, end: number, marks: number): boolean {
  return (marks & (LEADS | LEADS_ELSEWHERE)) !== 0 || isOpenEnded(units, start, end);
}

/** The word that may be a verb, lower case: two to fifteen letters and hyphens that nothing of a word follows. */
function verbAt(text: string, units: Uint16Array, at: number, end: number, marks: number): string | undefined {
  // What is known for a verb and ends as words do need not be looked at letter by letter.
  if ((marks & (VERB | UNLEARNED_VERB)) !== 0 && end - at <= LONGEST_VERB && isBlankOrMark(units[end] as number))
    return text.slice(at, end).toLowerCase();
  WORD.lastIndex = at;
  return WORD.exec(text)?.[0].toLowerCase();
}

const isBlankOrMark = (code: number): boolean => code < 48 || (code > 57 && code < 95 && !isLetter(code));

/** How far from a place the first ideograph, kana or hangul stands; 0 where none does. */
function ideographsFrom(text: string, from: number, to: number): number {
  if (surveyOf(text).highest < FIRST_IDEOGRAPH) return 0;
  const units = unitsOf(text);
  for (let at = from; at < to; at++) {
    const code = units[at] as number;
    if (code >= FIRST_IDEOGRAPH && (code <= 0x9fff || (code >= 0xac00 && code <= 0xd7af))) return at - from;
  }
  return 0;
}

/** @param at behind the lead-in that begins at `start` */
function foreignClauseAt(text: string, start: number, at: number, led: boolean): RequestClause | undefined {
  const until = Math.min(text.length, at + FOREIGN_UNITS);
  const ideographs = ideographsFrom(text, at, until);
  // Where nothing has its own beginning, the clause begins where `ahead` does, and so do its first words.
  if (ideographs === 0 && !mayOpenWithStem(text, at, until)) return undefined;
  if (!mayBeForeignWithin(text, at, until)) return undefined;
  if (effectOfForeignClause(text, at + ideographs, sentenceEnd(text, at + ideographs, until)) === undefined)
    return undefined;
  return { start: ideographs > 0 ? at + ideographs : start, end: sentenceEnd(text, at + ideographs), led };
}

function isVerbBehind(lead: string, word: string): boolean {
  return COURTESY.test(lead) && word.length > 2 && !NOT_ASKED.has(word) && !NO_PLAIN_FORM.test(word);
}

const TOWARDS = /\s(?:to|into|onto|with|via|at)\s/i;

/** Whether what follows a verb names a place outside behind a word that leads there. */
function isAimed(rest: string): boolean {
  const towards = rest.search(TOWARDS);
  return (
    towards > 1 &&
    destinationsIn(rest).some(
      ({ kind, start }) => start > towards && kind !== 'path' && kind !== 'handle' && kind !== 'number',
    )
  );
}

/** Clauses this close belong to one request: "Get the data. And send it to …". A new line or list item begins another. */
const JOIN_UNITS = 3;
const BREAK = /[\n\d]|\\n/;
/** A request may name its object behind its end: "… to the following account:\nIBAN: …". */
const POINTS_BEHIND = /(?::(?!\/\/)|\b(?:follow\w{0,3}|below|here))[\s\S]{0,24}$/i;
const TAIL_UNITS = 120;

/** Clauses of the kinds that models have learned from. */
export function learnedClausesIn(text: string): readonly Readonly<RequestClause>[] {
  const known = clausesOf(text);
  return (known.learned ??= known.clauses.filter(({ unlearned }) => unlearned !== true));
}

/** Clauses joined to requests, each extended over the destination that it points to behind its end. */
export function requestsIn(text: string, clauses = requestClausesIn(text)): { start: number; end: number }[] {
  const requests: { start: number; end: number }[] = [];
  for (const { start, end } of clauses) {
    const last = requests.at(-1);
    if (last !== undefined && start - last.end <= JOIN_UNITS && !BREAK.test(text.slice(last.end, start)))
      last.end = end;
    else requests.push({ start, end });
  }
  for (const request of requests) {
    const said = text.slice(request.start, request.end + 1);
    if (!POINTS_BEHIND.test(said)) continue;
    const behind = text.slice(request.end, request.end + TAIL_UNITS);
    const named = destinationsIn(behind).find(({ kind }) => kind !== 'path' && kind !== 'handle');
    if (named !== undefined && !behind.slice(0, named.start).includes('\n\n')) request.end += named.end;
  }
  return requests;
}

/**
 * Requests that are not in the form of one: something is said to be owed, expected or under way, and a place outside is named
 * for it. "A mail must be sent to x@y.example first", "I'd be grateful for a short note to x@y.example", "I will now call
 * send_email with to: x@y.example". Without a place they are left alone: half of all prose owes something to somebody.
 */
import { nextAnchor } from './anchors.js';
import { type DestinationKind, destinationsIn } from './destinations.js';
import { effectOfVerb } from './verb-effects.js';
import { surveyOf } from './survey.js';

/** Somewhere that something can be sent to. */
const OUTSIDE: ReadonlySet<DestinationKind> = new Set(['email', 'url', 'domain', 'iban', 'wallet', 'phone']);

/** What is owed, in the passive voice; the participle is looked up. */
const OWED =
  /\b(?:must|should|shall|(?:has|have|needs?|ought|is|are) to|will(?: have to)?)\s+(?:(?:also|now|then|first|always|immediately)\s+)?be\s+([a-z]{3,14})\b/gi;
/** Participles that the table of verbs does not lead to. */
const DONE = /^(?:issued|made|called|used|invoked|placed|given|sent|paid|bought|sold|withdrawn|written|put|told)$/i;
/** Turns of phrase that ask without asking. */
const EXPECTED = new RegExp(
  [
    // Thanks beforehand, for something that is sent or paid.
    String.raw`\b(?:grateful|appreciate[ds]?|thankful|obliged|thanks in advance|would love|would be (?:great|nice|good|kind|lovely))\b[^!?\n]{0,80}?\b(?:notes?|e?-?mails?|messages?|lines?|copy|copies|transfers?|payments?|donations?|repl(?:y|ies)|calls?|texts?|invites?|posts?|access)\b`,
    // Nothing is finished until it has happened.
    String.raw`\b(?:not|isn['’]?t|aren['’]?t|never|only|incomplete|un(?:finished|done))\b[^!?\n]{0,80}?\b(?:until|unless|before|once|after)\b`,
    // How things are done here.
    String.raw`\bby (?:e?-?mailing|sending|forwarding|posting|paying|transferring|sharing|wiring|texting|calling|uploading|copying|submitting|granting|inviting)\b`,
    String.raw`\b(?:next|final|last|first|remaining|missing|required) (?:step|action|task|thing|item)s?\b[^!?\n]{0,80}?\b(?:is|are|was|remains?)\b`,
    // A call as it is written, or announced.
    String.raw`\b[a-z][a-z\d]*(?:[_.][a-z\d]+)+\s?\(\s?[\w"'{]`,
    String.raw`\b(?:call|calling|invoke|invoking|using|via|through)\s+(?:the\s+)?[\`'"]?[a-z][a-z\d]*_[a-z\d_]+`,
    // The place of it, in running text: as the name of a field it is in every record.
    String.raw`\b(?:recipient|beneficiary|payee) (?:is )?(?=[^\s@]+@|[A-Z]{2}\d{2})`,
    // Who is asked, and that they are.
    String.raw`\b(?:hereby|kindly|formally) (?:ask|request|instruct|invite|order)\b`,
  ].join('|'),
  'i',
);
const SENTENCE_END =
  /[.!?](?=\s|$|["'”)\]])|\n\s{0,8}\n|\\n\\n|\n(?=\s{0,12}(?:- )?["']?[\w-]{1,24}["']?:\s)|["”](?=\s*[,}\]])/g;
const MAX_SENTENCE = 400;
const MAX_FOUND = 16;
/** Sentences with a place that are looked at: a list of a thousand addresses owes nothing a thousand times. */
const MAX_TRIED = 256;

/** Sentences of that kind, in order, each once. UTF-16 units. */
export function indirectRequestsIn(text: string): { start: number; end: number }[] {
  const found: { start: number; end: number }[] = [];
  // Most texts with places are records, and records owe nothing to anybody.
  if (!surveyOf(text).isOwed) return found;
  let anchor = nextAnchor(text, 0);
  for (let tried = 0; tried < MAX_TRIED && found.length < MAX_FOUND && anchor !== undefined; tried++) {
    const start = beginOf(text, anchor.start);
    const end = Math.max(endOf(text, anchor.end), anchor.end);
    const sentence = text.slice(start, end);
    if (isOwed(sentence) && destinationsIn(sentence).some(({ kind }) => OUTSIDE.has(kind))) found.push({ start, end });
    anchor = nextAnchor(text, end);
  }
  return found;
}

function isOwed(sentence: string): boolean {
  if (EXPECTED.test(sentence)) return true;
  for (const [, participle = ''] of sentence.matchAll(OWED)) {
    const effect = effectOfVerb(participle);
    if ((effect !== undefined && effect !== 'read') || DONE.test(participle)) return true;
  }
  return false;
}

/** Behind the last end of a sentence, line or field's name (`"note": "`) that stands before a place; at most 400 units before it. */
export function beginOf(text: string, at: number): number {
  const from = Math.max(0, at - MAX_SENTENCE);
  for (let end = at; end > from; end--) if (endsBefore(text, from, end)) return end;
  return from;
}

/** Whether such an end stands directly before `end`, all of it from `from` on. */
function endsBefore(text: string, from: number, end: number): boolean {
  const last = text.charCodeAt(end - 1);
  if (last === 10) return true;
  const before = end - 2 >= from ? text.charCodeAt(end - 2) : 0;
  switch (last) {
    case 110:
      return before === 92;
    case 34:
    case 39:
      return namesField(text, from, before === 58 ? end - 2 : isBlank(before) ? end - 3 : -1);
    default:
      return (before === 46 || before === 33 || before === 63) && isBlank(last);
  }
}

/** Whether the colon here stands behind a quoted name: a letter or digit and a quote. */
function namesField(text: string, from: number, colon: number): boolean {
  if (colon - 2 < from || text.charCodeAt(colon) !== 58) return false;
  const quote = text.charCodeAt(colon - 1);
  if ((quote !== 34 && quote !== 39) || !/\w/.test(text.charAt(colon - 2))) return false;
  // The letter of a new line that is written `\n` is no name's.
  return !(text.charCodeAt(colon - 2) === 110 && colon - 3 >= from && text.charCodeAt(colon - 3) === 92);
}

const isBlank = (code: number): boolean =>
  code === 32 || (code >= 9 && code <= 13) || (code > 127 && /\s/.test(String.fromCharCode(code)));

function endOf(text: string, from: number): number {
  const ahead = text.slice(from, from + MAX_SENTENCE);
  SENTENCE_END.lastIndex = 0;
  const match = SENTENCE_END.exec(ahead);
  return match === null ? from + ahead.length : from + match.index + (/[.!?]/.test(match[0]) ? 1 : 0);
}

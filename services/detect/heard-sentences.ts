/**
 * Sentences that untrusted data said in a conversation, whatever they say and in whichever language: no reader takes them for
 * requests. They count for one thing: whether a call that nobody asked for has what it does, and to what, from one of
 * them. Bounded; what holds a value that a call may take is kept longest, and the newest of what is alike.
 */
import { destinationsIn } from '../inspect/destinations.js';
import type { Span } from '../../schemas/inspection.js';
import type { HeardSentence, SessionFacts, Taint } from './types.js';

const MAX_HEARD = 48;
const MAX_A_TEXT = 12;
/** UTF-16 units. Longer ones are read at their beginning. */
const SHORTEST = 10;
const LONGEST = 280;
/** More of a text is not looked at, at its beginning and at its end. */
const MAX_TEXT = 24_000;
const LEAST_WORDS = 3;
/** Chinese, Japanese and Korean have no spaces between words. */
const LEAST_IDEOGRAPHS = 5;

/** Between sentences, fields and lines; a point inside a number, an address or a name ends nothing. */
const BREAK =
  /[.!?](?=[\s"'”’»)\]\\<]|$)|[。！？;；]|[\n\r\t|{}[\]<>]|\\[nrt]|"\s{0,4}[,:]\s{0,4}"?|"$|^"|(?<=\s)(?:-|\*|•)\s|-->|\*\/|\/\*/g;
const WORD = /(?<![^\s"'“«(])\p{L}{2,}/gu;
/** Words that are no names. Lists of people and things have hardly any. */
const PLAIN_WORD = /(?<![^\s"'“«(])(?!\p{Lu})\p{L}{2,}(?![\p{L}\p{N}@])/gu;
const LEAST_PLAIN = 2;
const IDEOGRAPH = /[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]/gu;
/** What a call may take: a number of three digits or more, a name with a number in it, something in quotes. */
const VALUE = /\d{3}|\p{L}-?\d|\d\p{L}|['"“«‘][^'"”»’]{3,60}['"”»’]/u;
const NAME = /\p{Ll}\s+\p{Lu}\p{L}{2,}/u;

const isSentence = (text: string): boolean =>
  text.length >= SHORTEST &&
  (((text.match(WORD)?.length ?? 0) >= LEAST_WORDS && (text.match(PLAIN_WORD)?.length ?? 0) >= LEAST_PLAIN) ||
    (text.match(IDEOGRAPH)?.length ?? 0) >= LEAST_IDEOGRAPHS);

/** How likely it is that a call takes something from it: 0, 1 or 2. */
function worthOf(text: string): number {
  if (destinationsIn(text).length > 0) return 2;
  return VALUE.test(text) ? 2 : NAME.test(text) ? 1 : 0;
}

/** Sentences of a text in order, in UTF-16 units of it. */
export function sentencesIn(text: string): { start: number; end: number; text: string }[] {
  const found: { start: number; end: number; text: string }[] = [];
  const add = (from: number, to: number): void => {
    const raw = text.slice(from, Math.min(to, from + LONGEST));
    const trimmed = raw.trim();
    if (!isSentence(trimmed)) return;
    const start = from + raw.indexOf(trimmed);
    found.push({ start, end: start + trimmed.length, text: trimmed });
  };
  let from = 0;
  BREAK.lastIndex = 0;
  for (let match = BREAK.exec(text); match !== null; match = BREAK.exec(text)) {
    if (match[0] === '') {
      BREAK.lastIndex += 1;
      continue;
    }
    add(from, match.index);
    from = match.index + match[0].length;
  }
  add(from, text.length);
  return found;
}

/**
 * Takes in the sentences of a text, but for those that a reader has found already.
 *
 * @param spans what readers found in this text
 * @param source what is known of where it came from
 * @param isBeside whether a stretch stands beside a phrase that speaks to the machine
 */
export function noteHeard(
  facts: SessionFacts,
  text: string,
  spans: readonly Span[],
  source: Omit<HeardSentence, 'text' | 'worth' | 'span' | 'wrapped'>,
  isBeside: (start: number, end: number) => boolean,
): void {
  const read = text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT / 2)}\n${text.slice(-MAX_TEXT / 2)}` : text;
  const exact = read.length === text.length;
  const known = facts.heard ?? [];
  const fresh: HeardSentence[] = [];
  for (const { start, end, text: sentence } of sentencesIn(read)) {
    if (exact && spans.some((span) => span.start < end && start < span.end)) continue;
    if (known.some((other) => other.text === sentence) || fresh.some((other) => other.text === sentence)) continue;
    fresh.push({
      ...source,
      text: sentence,
      worth: worthOf(sentence),
      ...(exact ? { span: { start, end } } : {}),
      ...(exact && isBeside(start, end) ? { wrapped: true } : {}),
    });
  }
  if (fresh.length === 0) return;
  facts.heard = boundedHeard([...known, ...boundedHeard(fresh, MAX_A_TEXT)]);
}

/** At most so many, in their order: the least worth go first, of what is alike the oldest. */
export function boundedHeard(sentences: HeardSentence[], most = MAX_HEARD): HeardSentence[] {
  if (sentences.length <= most) return sentences;
  const leaving = new Set(
    sentences
      .map((sentence, at) => ({ at, worth: sentence.worth + (sentence.wrapped === true ? 1 : 0) }))
      .sort((a, b) => a.worth - b.worth || a.at - b.at)
      .slice(0, sentences.length - most)
      .map(({ at }) => at),
  );
  return sentences.filter((_sentence, at) => !leaving.has(at));
}

/** What a sentence that nobody took for a request is judged as. */
export function taintOf(sentence: Readonly<HeardSentence>, asks: NonNullable<Taint['asksFor']>): Taint {
  const { text, worth: _worth, ...source } = sentence;
  return { ...source, probability: 0, spanText: text, asksFor: asks };
}

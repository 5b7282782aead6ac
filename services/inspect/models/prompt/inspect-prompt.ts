/** A user turn's verdict: phrases and the prompt model as one. Pure. */
import type { Layer, Span } from '../../../../schemas/inspection.js';
import { asksFor } from '../../asks-for.js';
import { partsOf, type Read } from '../../inspect-text.js';
import { readingsOf } from '../../normalise.js';
import { originOf, type Reading } from '../../reading.js';
import type { PromptAnswer, PromptReader } from './reader.js';

export const PROMPT_VERSION = 'prompt-1';

/**
 * Somebody is to be played: then what the model found is called a jailbreak, else an injection. It names the finding (and
 * so which playbook answers); how likely it is an attack, the model has said.
 */
const PLAYED =
  /\b(?:you (?:are now|will (?:play|act|be)|must play)|act as|pretend|role-?play|in character|persona|imagine you|simulate|from now on|no (?:rules|limits|restrictions|ethics|filters|laws)|never (?:refus|declin)\w*|du bist (?:jetzt|nun)|ab jetzt bist|tu es|eres|sei (?:ora|un)|você é|je bent|jesteś)\b|теперь ты|отныне ты|你现在是|假装|扮演|あなたは今から|너는 이제|지금부터/iu;

/** A model's span below this is nothing that anyone would look at. */
const LEAST_SPAN = 0.05;
const MAX_SPAN_UNITS = 2000;

/**
 * `base` is what the phrases gave. The joint probability is the strongest span's; the others keep their share of it, so
 * that a phrase which the model knows to stand in an honest turn is worth less, too. Where no phrase stands in the model's
 * stretch, the stretch is a span of its own.
 */
export function inspectPrompt(
  base: Read,
  text: string,
  prompts: PromptReader,
  { maxChars, keepText }: { maxChars: number; keepText: boolean },
): Read {
  if (base.verdict.kind !== 'read') return base;
  const { verdict } = base;
  const found = strongest(prompts, text, maxChars);
  const probability = rounded(
    prompts.probability(found?.answer.logOdds ?? Number.NEGATIVE_INFINITY, verdict.probability),
  );
  // A phrase that is no more likely for the model's word keeps its rule; its probability is the text's.
  const spans = verdict.spans.map((span) => ({
    ...span,
    probability: rounded(span.probability * Math.min(1, probability / verdict.probability)),
  }));
  if (found !== undefined && probability >= LEAST_SPAN) {
    const { start, end } = placeOf(found);
    const own = spans.filter((span) => span.start < end && span.end > start);
    const lead = own.reduce<Span | undefined>(
      (most, span) => (most !== undefined && most.probability >= span.probability ? most : span),
      undefined,
    );
    if (lead === undefined) spans.push(spanOf(found, probability, keepText));
    else lead.probability = probability;
  }
  return {
    ...base,
    verdict: {
      ...verdict,
      model: `${verdict.model}+${PROMPT_VERSION}`,
      probability,
      spans: spans.sort((a, b) => a.start - b.start),
    },
  };
}

interface Found {
  reading: Reading;
  answer: PromptAnswer;
  /** Where the part that was read begins in the text. */
  from: number;
}

/** The reading of the text (as received, or with a layer taken off) that the model finds most suspicious. */
function strongest(prompts: PromptReader, text: string, maxChars: number): Found | undefined {
  let most: Found | undefined;
  for (const part of partsOf(text, maxChars))
    for (const reading of readingsOf(part.text).readings) {
      const answer = prompts.read(reading.text);
      if (answer.logOdds > (most?.answer.logOdds ?? Number.NEGATIVE_INFINITY))
        most = { reading, answer, from: part.start };
    }
  return most;
}

function placeOf({ reading, answer, from }: Found): { start: number; end: number } {
  const { start, end } = originOf(reading, answer.start, answer.end);
  return { start: from + start, end: from + end };
}

function spanOf(found: Found, probability: number, keepText: boolean): Span {
  const { reading, answer } = found;
  const text = reading.text.slice(answer.start, Math.min(answer.end, answer.start + MAX_SPAN_UNITS));
  const layers: Layer[] = [...new Set(reading.layers)];
  return {
    ...placeOf(found),
    probability,
    suspicion: PLAYED.test(text) ? 'jailbreak' : 'injection',
    rule: PROMPT_VERSION,
    ...(keepText ? { text } : {}),
    ...(layers.length > 0 ? { layers } : {}),
    asksFor: asksFor(text),
  };
}

function rounded(probability: number): number {
  return Math.round(probability * 1e4) / 1e4;
}

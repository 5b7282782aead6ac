/** One text, read by phrases and models in several readings: which of their spans stand. */
import type { Span } from '../../../schemas/inspection.js';
import { asksFor } from '../asks-for.js';
import { isPhrase } from '../rules/rule.js';

/** A model's span below this is nothing that anyone would look at. */
const LEAST_SPAN = 0.05;
const MAX_SPANS = 16;

/** A span of which may not have been read yet what it asks for: most are found several times, and one of them stays. */
export type UnreadSpan = Span & { said?: string };

/** What a span asks for, read when somebody wants to know. */
export function withAsks({ said, ...span }: UnreadSpan): Span {
  return said === undefined ? span : { ...span, asksFor: asksFor(said) };
}

function asksForSomething(span: UnreadSpan): boolean {
  const { asksFor: asks } = withAsks(span);
  return asks !== undefined && asks.effects.length + asks.destinations.length + asks.tools.length > 0;
}

/**
 * Requests of a stretch that was decoded as a whole stand all in the same place, and are told apart by their words. Where
 * no words are kept they cannot be.
 */
function isAnother(span: Span, other: Span): boolean {
  return (
    span.start === other.start &&
    span.end === other.end &&
    span.text !== undefined &&
    other.text !== undefined &&
    !span.text.includes(other.text) &&
    !other.text.includes(span.text)
  );
}

/** What stands for another span is known without the deep model, too, where the other one was. */
function withFast(over: UnreadSpan, span: UnreadSpan): UnreadSpan {
  if (over.fastProbability === undefined) return over;
  const fast = Math.min(over.probability, span.fastProbability ?? span.probability);
  return fast > over.fastProbability ? { ...over, fastProbability: fast } : over;
}

/**
 * Several readings and tiers show the same request: the most probable span stands for its stretch of the text. Where a
 * phrase (an address to the machine, a frame) stands around a model's span, the phrase's name stays: what it says is a
 * witness of its own kind.
 */
export function withoutRepeats(spans: readonly UnreadSpan[]): UnreadSpan[] {
  const kept: UnreadSpan[] = [];
  for (const span of [...spans].sort((a, b) => b.probability - a.probability || a.start - b.start)) {
    if (kept.length >= MAX_SPANS || span.probability < LEAST_SPAN) break;
    const at = kept.findIndex((other) => span.start < other.end && span.end > other.start && !isAnother(span, other));
    if (at >= 0) kept[at] = withFast(kept[at] as UnreadSpan, span);
    const over = kept[at];
    if (over === undefined) kept.push(span);
    else if (isPhrase(span.rule) && !isPhrase(over.rule)) {
      kept[at] = { ...over, rule: span.rule, suspicion: span.suspicion };
      // A frame whose request has no form of one: what stands behind the frame is the request.
      if (!kept.some((other) => other.start < span.end && other.end > span.start && asksForSomething(other)))
        kept.push(span);
    }
  }
  return kept.sort((a, b) => a.start - b.start);
}

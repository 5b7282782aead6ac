/** A place of a reading as a span of the received text. */
import type { Layer } from '../../../schemas/inspection.js';
import { originOf, type Reading } from '../reading.js';
import type { UnreadSpan } from './merged-spans.js';

const MAX_SPAN_UNITS = 2000;

export function rounded(probability: number): number {
  return Math.round(probability * 1e4) / 1e4;
}

export function spanOf(
  reading: Reading,
  start: number,
  end: number,
  probability: number,
  rule: string,
  keepText: boolean,
): UnreadSpan {
  const said = reading.text.slice(start, Math.min(end, start + MAX_SPAN_UNITS));
  const origin = originOf(reading, start, end);
  // Put together one by one: there are many, and spreading what is there or not costs a multiple.
  const span: UnreadSpan = {
    start: origin.start,
    end: origin.end,
    probability: rounded(probability),
    suspicion: 'injection',
    rule,
  };
  if (keepText) span.text = said;
  if (reading.layers.length > 0) span.layers = [...new Set<Layer>(reading.layers)];
  span.said = said;
  return span;
}

export function moved(span: UnreadSpan, by: number): UnreadSpan {
  return by === 0 ? span : { ...span, start: span.start + by, end: span.end + by };
}

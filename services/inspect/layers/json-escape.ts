/** JSON string escapes (RFC 8259 §7): tool results are often JSON inside JSON, where a new line is `\n` and a letter may be `\u0069`. */
import { type Budget, type Peeler, type Reading, ReadingBuilder } from '../reading.js';
import { hasAnyOf, surveyOf } from '../survey.js';

const ESCAPE = /\\(?:u([0-9a-fA-F]{4})|(["\\/bfnrt]))/g;
const SIMPLE: Record<string, string> = { '"': '"', '\\': '\\', '/': '/', b: ' ', f: ' ', n: '\n', r: '\r', t: '\t' };

export const jsonEscape: Peeler = {
  layer: 'json-escape',
  peel(reading: Reading, budget: Budget): Reading[] {
    const { text } = reading;
    if (!hasAnyOf(surveyOf(text), '\\') || !/\\(?:u[0-9a-fA-F]{4}|["\\/nrt])/.test(text) || !budget.take(text.length))
      return [];
    const builder = new ReadingBuilder(reading);
    let at = 0;
    for (const match of text.matchAll(ESCAPE)) {
      builder.keep(at, match.index);
      at = match.index + match[0].length;
      const decoded =
        match[1] === undefined
          ? (SIMPLE[match[2] as string] ?? '')
          : String.fromCharCode(Number.parseInt(match[1], 16));
      builder.replace(decoded, match.index, at);
    }
    builder.keep(at, text.length);
    return [builder.done('json-escape')];
  },
};

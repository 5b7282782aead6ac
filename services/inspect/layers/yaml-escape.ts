/**
 * YAML's ways of writing one sentence over several lines: `\x69` escapes, and scalars folded over indented lines
 * (YAML 1.2 §8.1.3, §6.5), where a phrase is broken by a line end and spaces. Long lists written as YAML fold
 * the same way, so this is the layer most tool results have and it says nothing by itself.
 */
import { type Budget, type Peeler, type Reading, ReadingBuilder } from '../reading.js';
import { hasAnyOf, surveyOf } from '../survey.js';

/** A line end inside a sentence: a letter or comma before, indentation and a letter behind, and no new key. */
const FOLD = /(?<=[\p{L},;])\\?\r?\n[ \t]{1,40}(?=[\p{L}\p{N}"'(][^:\n]{0,40}(?:[^:\n]|$))|\\x([0-9a-fA-F]{2})/gmu;

export const yamlEscape: Peeler = {
  layer: 'yaml-escape',
  peel(reading: Reading, budget: Budget): Reading[] {
    const { text } = reading;
    if (!text.includes('\n ') && !text.includes('\n\t') && !hasAnyOf(surveyOf(text), '\\')) return [];
    if (!/[\p{L},;]\\?\r?\n[ \t]|\\x[0-9a-f]{2}/iu.test(text) || !budget.take(text.length)) return [];
    const builder = new ReadingBuilder(reading);
    let at = 0;
    let changed = false;
    for (const match of text.matchAll(FOLD)) {
      builder.keep(at, match.index);
      at = match.index + match[0].length;
      builder.replace(
        match[1] === undefined ? ' ' : String.fromCharCode(Number.parseInt(match[1], 16)),
        match.index,
        at,
      );
      changed = true;
    }
    if (!changed) return [];
    builder.keep(at, text.length);
    return [builder.done('yaml-escape')];
  },
};

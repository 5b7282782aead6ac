/** Markdown's places that are not shown: link and image titles, alternative texts, link reference comments (`[//]: # (…)`). */
import { type Budget, type Peeler, type Reading, ReadingBuilder, segmentReading } from '../reading.js';
import { hasAnyOf, surveyOf } from '../survey.js';

const HIDDEN = [
  /\[(?:\/\/|comment|_|\^\w{1,20})\]:\s{0,4}#?\s{0,4}[("']([^\n)"']{8,4000})/gi,
  /!?\[[^\]\n]{0,400}\]\([^\s)]{0,2000}\s+["'(]([^"'\n)]{8,2000})["')]\)/g,
  /!\[([^\]\n]{8,2000})\]\(/g,
];
/** Emphasis in the middle of words is a way to break up phrases: `ig**no**re`. */
const BROKEN = /[A-Za-z](?:\*\*|__|~~|`)[A-Za-z]/;
const MARKS = /\*\*|__|~~|`/g;

export const markdown: Peeler = {
  layer: 'markdown',
  peel(reading: Reading, budget: Budget): Reading[] {
    const { text } = reading;
    if (!hasAnyOf(surveyOf(text), ']*_~`')) return [];
    const readings: Reading[] = [];
    if (text.includes('](') || text.includes(']:')) {
      for (const pattern of HIDDEN) {
        for (const match of text.matchAll(pattern)) {
          const inner = match[1] as string;
          if (!budget.take(inner.length)) return readings;
          const start = match.index + match[0].indexOf(inner);
          readings.push(segmentReading(reading, 'markdown', inner, start, start + inner.length));
        }
      }
    }
    if (BROKEN.test(text) && budget.take(text.length)) {
      const builder = new ReadingBuilder(reading);
      let at = 0;
      for (const match of text.matchAll(MARKS)) {
        builder.keep(at, match.index);
        at = match.index + match[0].length;
      }
      builder.keep(at, text.length);
      readings.push(builder.done('markdown'));
    }
    return readings;
  },
};

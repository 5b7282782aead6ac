/**
 * ROT13: turned back only where that makes English of it. The test is the share of very common words before and after,
 * so ordinary text is never turned.
 */
import { type Budget, type Peeler, type Reading } from '../reading.js';
import { surveyOf } from '../survey.js';
import { TURNED } from '../surveyed-words.js';

const COMMON =
  /\b(the|and|you|your|all|this|that|to|of|is|for|with|must|send|ignore|instructions?|previous|please)\b/gi;
/** The same words, turned: cheap to look for, and rare in any language. */
const TURNED_WORDS = new RegExp(`\\b(${TURNED.join('|')})\\b`, 'gi');
const LEAST = 3;

function turn(text: string): string {
  return text.replace(/[A-Za-z]/g, (letter) => {
    const base = letter <= 'Z' ? 65 : 97;
    return String.fromCharCode(((letter.charCodeAt(0) - base + 13) % 26) + base);
  });
}

export const rot13: Peeler = {
  layer: 'rot13',
  peel(reading: Reading, budget: Budget): Reading[] {
    if (surveyOf(reading.text).turned < LEAST) return [];
    const turned = reading.text.match(TURNED_WORDS);
    if (turned === null || turned.length < LEAST) return [];
    const plain = reading.text.match(COMMON)?.length ?? 0;
    if (turned.length < plain / 4 || !budget.take(reading.text.length)) return [];
    const { origin } = reading;
    return [
      { text: turn(reading.text), layers: [...reading.layers, 'rot13'], ...(origin === undefined ? {} : { origin }) },
    ];
  },
};

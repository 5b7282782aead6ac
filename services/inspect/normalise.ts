/**
 * All readings of a text: as received with invisible and look-alike characters put right, and beside it one for each
 * layer that hides something, layers within layers included, to a bounded depth, number and size.
 */
import { Budget, type Peeler, type Reading } from './reading.js';
import { base64 } from './layers/base64.js';
import { bidi } from './layers/bidi.js';
import { confusables } from './layers/confusables.js';
import { hex } from './layers/hex.js';
import { html } from './layers/html.js';
import { jsonEscape } from './layers/json-escape.js';
import { markdown } from './layers/markdown.js';
import { percent } from './layers/percent.js';
import { rot13 } from './layers/rot13.js';
import { surveyOf } from './survey.js';
import { unicodeTags } from './layers/unicode-tags.js';
import { yamlEscape } from './layers/yaml-escape.js';
import { zeroWidth } from './layers/zero-width.js';

/** Change what stands in the text; all of them need characters outside ASCII. */
const CHARACTERS: readonly Peeler[] = [unicodeTags, zeroWidth, bidi, confusables];
/** Stand beside it. */
const ENCODINGS: readonly Peeler[] = [html, markdown, percent, base64, hex, rot13, jsonEscape, yamlEscape];

/** Deeper nesting has no honest use; what lies below stays unread and is said. */
const MAX_DEPTH = 4;
const MAX_READINGS = 48;

export interface Readings {
  readings: Reading[];
  /** Something was left unread because the bounds were reached. */
  exceeded: boolean;
}

/** The last texts' readings: phrases and models ask for those of one text after each other. */
const latest: { text: string; readings: Readings }[] = [];
const REMEMBERED = 4;
/** Longer ones are not held on to. */
const MOST_UNITS = 1 << 18;

/** {@link readingsAnew}, remembered for the texts asked about last. What is given is shared: nobody may change it. */
export function readingsOf(text: string): Readings {
  const known = latest.find((entry) => entry.text === text);
  if (known !== undefined) return known.readings;
  const readings = readingsAnew(text);
  if (text.length > MOST_UNITS) return readings;
  latest.unshift({ text, readings });
  if (latest.length > REMEMBERED) latest.pop();
  return readings;
}

/** `text` of any length: the cost grows linearly, at most eight times its length is decoded in all. */
function readingsAnew(text: string): Readings {
  const budget = new Budget(text.length * 8 + 4096, MAX_READINGS);
  const readings: Reading[] = [];
  const seen = new Set<string>();
  const visit = (received: Reading, depth: number): void => {
    let reading = received;
    if (surveyOf(reading.text).beyondAscii) {
      for (const peeler of CHARACTERS) {
        for (const peeled of peeler.peel(reading, budget)) {
          if (peeled.replaces === true) reading = peeled;
          else if (budget.take(peeled.text.length)) readings.push(peeled);
        }
      }
    }
    if (seen.has(reading.text)) return;
    seen.add(reading.text);
    readings.push(reading);
    for (const peeler of ENCODINGS) {
      // A layer within itself is peeled once more (base64 twice is seen in the wild); a third time is not.
      if (reading.layers.length >= 2 && reading.layers.filter((layer) => layer === peeler.layer).length >= 2) continue;
      // Joining lines or turning letters again gives the same text in many orders; only what carries other text is nested.
      if ((peeler === yamlEscape || peeler === rot13) && reading.layers.includes(peeler.layer)) continue;
      const peeled = peeler.peel(reading, budget);
      if (peeled.length === 0) continue;
      if (depth >= MAX_DEPTH) {
        budget.exceeded = true;
        continue;
      }
      for (const inner of peeled) visit(inner, depth + 1);
    }
  };
  visit({ text, layers: [] }, 0);
  return { readings, exceeded: budget.exceeded };
}

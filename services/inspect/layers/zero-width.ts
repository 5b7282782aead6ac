/** Characters that show nothing: zero-width spaces and joiners, soft hyphens, variation selectors, blank fillers. */
import { type Peeler, type Reading, ReadingBuilder } from '../reading.js';

const INVISIBLE =
  /[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u2060-\u2064\u206a-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0]+/g;

/**
 * Emoji are joined by U+200D and coloured by U+FE0F, and several scripts need joiners between their letters: those are
 * removed like the rest (nothing is hidden by it), but only a character beside Latin letters counts as hiding.
 */
export const zeroWidth: Peeler = {
  layer: 'zero-width',
  peel(reading: Reading): Reading[] {
    INVISIBLE.lastIndex = 0;
    const first = INVISIBLE.exec(reading.text);
    if (
      first === null ||
      !/[A-Za-z][\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u2060-\u2064\u206a-\u206f\u3164\ufeff\uffa0]+[A-Za-z]/.test(
        reading.text,
      )
    )
      return [];
    const builder = new ReadingBuilder(reading);
    let at = 0;
    for (let match: RegExpExecArray | null = first; match !== null; match = INVISIBLE.exec(reading.text)) {
      builder.keep(at, match.index);
      at = match.index + match[0].length;
    }
    builder.keep(at, reading.text.length);
    return [builder.done('zero-width', true)];
  },
};

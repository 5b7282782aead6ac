/** Direction overrides, which show text in another order than it is read (Trojan Source, CVE-2021-42574). */
import { type Peeler, type Reading, ReadingBuilder } from '../reading.js';

const CONTROL = /[\u202a-\u202e\u2066-\u2069]/g;
const OVERRIDE = /\u202e([^\u202a-\u202e\u2066-\u2069]{1,2000})/;

export const bidi: Peeler = {
  layer: 'bidi',
  peel(reading: Reading): Reading[] {
    const { text } = reading;
    if (!/[\u202a-\u202e\u2066-\u2069]/.test(text)) return [];
    const builder = new ReadingBuilder(reading);
    let at = 0;
    for (const match of text.matchAll(CONTROL)) {
      builder.keep(at, match.index);
      at = match.index + 1;
    }
    builder.keep(at, text.length);
    const plain = builder.done('bidi', true);
    const reversed = OVERRIDE.exec(text);
    if (reversed === null) return [plain];
    // What a person sees of a right-to-left override is the stretch turned round.
    const turned = new ReadingBuilder(reading);
    const start = reversed.index;
    turned.keep(0, start);
    turned.replace([...(reversed[1] as string)].reverse().join(''), start, start + reversed[0].length);
    turned.keep(start + reversed[0].length, text.length);
    return [plain, turned.done('bidi')];
  },
};

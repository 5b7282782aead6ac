/**
 * The tags block (U+E0000–E007F): an invisible copy of ASCII that models read and people do not see. Also the
 * supplementary variation selectors (U+E0100–E01EF), with which bytes are smuggled behind one visible character.
 */
import { type Peeler, type Reading, ReadingBuilder } from '../reading.js';

/** All of them are one high surrogate, U+DB40, and a low one. */
const RUN = /(?:\udb40[\udc00-\udfff])+/g;

/** The ASCII text a run of tags spells; variation selector n carries byte n + 16 (the common smuggling scheme). */
function spelled(run: string): string {
  let text = '';
  for (let at = 1; at < run.length; at += 2) {
    const low = run.charCodeAt(at) - 0xdc00;
    if (low >= 0x20 && low <= 0x7e) text += String.fromCharCode(low);
    else if (low >= 0x100 && low <= 0x1ef) text += String.fromCharCode(low - 0x100 + 16);
  }
  return text;
}

export const unicodeTags: Peeler = {
  layer: 'unicode-tags',
  peel(reading: Reading): Reading[] {
    RUN.lastIndex = 0;
    let match = RUN.exec(reading.text);
    if (match === null) return [];
    const builder = new ReadingBuilder(reading);
    let at = 0;
    let revealed = false;
    for (; match !== null; match = RUN.exec(reading.text)) {
      builder.keep(at, match.index);
      at = match.index + match[0].length;
      const text = spelled(match[0]);
      // Flags of regions are spelled with tags too (🏴 + gbeng); they are no text.
      if (text.length > 6) {
        builder.replace(` ${text} `, match.index, at);
        revealed = true;
      }
    }
    builder.keep(at, reading.text.length);
    return revealed ? [builder.done('unicode-tags', true)] : [];
  },
};

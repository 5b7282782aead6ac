/**
 * Letters that look like Latin ones: full-width and mathematical forms (NFKC folds them), and Cyrillic and Greek
 * look-alikes *inside a word that also has Latin letters*, so that Russian and Greek text is left alone.
 * The look-alikes are those of Unicode's confusables.txt (UTS #39) that map a letter of these scripts to ASCII.
 */
import { type Peeler, type Reading, ReadingBuilder } from '../reading.js';

const LOOK_ALIKES: Record<string, string> = {
  а: 'a',
  е: 'e',
  о: 'o',
  р: 'p',
  с: 'c',
  у: 'y',
  х: 'x',
  ѕ: 's',
  і: 'i',
  ї: 'i',
  ј: 'j',
  ԁ: 'd',
  һ: 'h',
  ԛ: 'q',
  ԝ: 'w',
  ѵ: 'v',
  ь: 'b',
  г: 'r',
  п: 'n',
  к: 'k',
  т: 't',
  м: 'm',
  в: 'b',
  н: 'h',
  А: 'A',
  В: 'B',
  Е: 'E',
  К: 'K',
  М: 'M',
  Н: 'H',
  О: 'O',
  Р: 'P',
  С: 'C',
  Т: 'T',
  У: 'Y',
  Х: 'X',
  Ѕ: 'S',
  І: 'I',
  Ј: 'J',
  Ԁ: 'D',
  Ԍ: 'G',
  Ԛ: 'Q',
  Ԝ: 'W',
  α: 'a',
  ε: 'e',
  ι: 'i',
  κ: 'k',
  ν: 'v',
  ο: 'o',
  ρ: 'p',
  τ: 't',
  υ: 'u',
  χ: 'x',
  ϲ: 'c',
  ϳ: 'j',
  γ: 'y',
  η: 'n',
  ω: 'w',
  Α: 'A',
  Β: 'B',
  Ε: 'E',
  Ζ: 'Z',
  Η: 'H',
  Ι: 'I',
  Κ: 'K',
  Μ: 'M',
  Ν: 'N',
  Ο: 'O',
  Ρ: 'P',
  Τ: 'T',
  Υ: 'Y',
  Χ: 'X',
  ı: 'i',
  ɑ: 'a',
  ɡ: 'g',
  ɩ: 'i',
  ո: 'n',
  ս: 'u',
  օ: 'o',
  հ: 'h',
  ց: 'g',
  ե: 'e',
  ℓ: 'l',
  ⅼ: 'l',
  ⅰ: 'i',
};
const COMPATIBILITY =
  /[\u2100-\u214f\u2460-\u24ff\u3300-\u33ff\ufb00-\ufb06\uff01-\uff5e]|\ud835[\udc00-\udfff]|\ud83c[\udd10-\udd89]/;
const MIXED =
  /[A-Za-z][\u0131\u0251\u0261\u0269\u0370-\u03ff\u0400-\u052f\u0531-\u0587]|[\u0131\u0251\u0261\u0269\u0370-\u03ff\u0400-\u052f\u0531-\u0587][A-Za-z]/;
const NON_ASCII = /[^\x00-\x7f]/u;

export const confusables: Peeler = {
  layer: 'unicode-confusables',
  peel(reading: Reading): Reading[] {
    const { text } = reading;
    if (!COMPATIBILITY.test(text) && !MIXED.test(text)) return [];
    const builder = new ReadingBuilder(reading);
    let changed = false;
    for (const word of text.matchAll(/[^\s]+|\s+/g)) {
      const [piece] = word;
      if (!NON_ASCII.test(piece)) {
        builder.keep(word.index, word.index + piece.length);
        continue;
      }
      const mixed = MIXED.test(piece);
      let at = word.index;
      for (const character of piece) {
        const folded =
          (mixed ? LOOK_ALIKES[character] : undefined) ??
          (COMPATIBILITY.test(character) ? character.normalize('NFKC') : character);
        if (folded === character) builder.keep(at, at + character.length);
        else {
          builder.replace(folded, at, at + character.length);
          changed = true;
        }
        at += character.length;
      }
    }
    return changed ? [builder.done('unicode-confusables', true)] : [];
  },
};

/**
 * BERT's uncased word pieces (Devlin et al. 2018; Wu et al. 2016), with the place of every piece in the text: what the
 * deep tier reads. Gives the same pieces as the tokenizer the model was trained with; a test compares them.
 */
export interface Pieces {
  ids: Int32Array;
  /** UTF-16 code units of the text, `ends` behind the piece. */
  starts: Int32Array;
  ends: Int32Array;
}

/** Longer words are unknown, as in the original. */
const MAX_WORD = 100;
const CONTROL = /\p{C}/u;
const PUNCTUATION = /\p{P}/u;
const MARK = /\p{Mn}/gu;
/** Chinese ideographs, each a word; kana and hangul are not among them. */
const IDEOGRAPH =
  /[\u4e00-\u9fff\u3400-\u4dbf\uf900-\ufaff\u{20000}-\u{2a6df}\u{2a700}-\u{2b73f}\u{2b740}-\u{2b81f}\u{2b920}-\u{2ceaf}\u{2f800}-\u{2fa1f}]/u;

interface Sign {
  character: string;
  start: number;
  end: number;
}

/** Behind a word of ASCII letters and digits alone that begins here; `at` where there is none, or what follows may belong to it. */
function plainWordEnd(text: string, at: number): number {
  let end = at;
  let code = text.charCodeAt(end);
  while ((code >= 97 && code <= 122) || (code >= 65 && code <= 90) || (code >= 48 && code <= 57))
    code = text.charCodeAt(++end);
  // Control characters and accents do not end a word.
  const ends = end >= text.length || (code >= 32 && code < 127) || code === 10;
  return ends ? end : at;
}

export class WordPiece {
  readonly #ids: ReadonlyMap<string, number>;
  readonly #unknown: number;
  readonly #numbers: ReadonlySet<number>;
  /** Words come again and again; their pieces are the same. Bounded, then begun anew. */
  #known = new Map<string, readonly { id: number; from: number; to: number }[]>();

  /** `vocabulary`: one piece a line, the line's number its id; must hold `[UNK]`. */
  constructor(vocabulary: string) {
    const ids = new Map<string, number>();
    vocabulary.split('\n').forEach((line, id) => {
      const piece = line.replace(/\r$/, '');
      if (piece.length > 0) ids.set(piece, id);
    });
    const unknown = ids.get('[UNK]');
    if (unknown === undefined) throw new RangeError('the vocabulary has no [UNK]');
    this.#ids = ids;
    this.#unknown = unknown;
    this.#numbers = new Set([...ids].filter(([piece]) => /^(?:##)?[0-9]+$/.test(piece)).map(([, id]) => id));
  }

  /** Whether a piece is digits alone. */
  isNumber(id: number): boolean {
    return this.#numbers.has(id);
  }

  encode(text: string): Pieces {
    const ids: number[] = [];
    const starts: number[] = [];
    const ends: number[] = [];
    let word: Sign[] = [];
    const flush = (): void => {
      if (word.length === 0) return;
      for (const piece of this.#piecesOf(word)) {
        ids.push(piece.id);
        starts.push((word[piece.from] as Sign).start);
        ends.push((word[piece.to - 1] as Sign).end);
      }
      word = [];
    };
    for (let at = 0; at < text.length;) {
      const plainEnd = word.length === 0 ? plainWordEnd(text, at) : at;
      if (plainEnd > at) {
        for (const piece of this.#piecesOfPlain(text.slice(at, plainEnd).toLowerCase())) {
          ids.push(piece.id);
          starts.push(at + piece.from);
          ends.push(at + piece.to);
        }
        at = plainEnd;
        continue;
      }
      const code = text.codePointAt(at) as number;
      const size = code > 0xffff ? 2 : 1;
      const start = at;
      at += size;
      if (code < 128) {
        if (code === 32 || (code >= 9 && code <= 13 && code !== 11 && code !== 12)) flush();
        else if (code > 32 && code < 127) {
          const letter = code >= 65 && code <= 90 ? code + 32 : code;
          const alone = !((letter >= 97 && letter <= 122) || (letter >= 48 && letter <= 57));
          if (alone) flush();
          word.push({ character: String.fromCharCode(letter), start, end: at });
          if (alone) flush();
        }
        continue;
      }
      const character = text.slice(start, at);
      if (code === 0xfffd || CONTROL.test(character)) continue;
      if (/\s/u.test(character)) {
        flush();
        continue;
      }
      const ideograph = IDEOGRAPH.test(character);
      if (ideograph) flush();
      // Accents go, whatever the character falls apart into stands where it stood.
      for (const part of character.normalize('NFD').replace(MARK, '').toLowerCase()) {
        const alone = PUNCTUATION.test(part);
        if (alone) flush();
        word.push({ character: part, start, end: at });
        if (alone) flush();
      }
      if (ideograph) flush();
    }
    flush();
    return { ids: Int32Array.from(ids), starts: Int32Array.from(starts), ends: Int32Array.from(ends) };
  }

  /** `word`: letters and digits of ASCII, lower case: each stands where it was read. */
  #piecesOfPlain(word: string): readonly { id: number; from: number; to: number }[] {
    return (
      this.#known.get(word) ??
      this.#piecesOf(Array.from(word, (character, start) => ({ character, start, end: start + 1 })))
    );
  }

  #piecesOf(word: readonly Sign[]): readonly { id: number; from: number; to: number }[] {
    const whole = word.map((sign) => sign.character).join('');
    const known = this.#known.get(whole);
    if (known !== undefined) return known;
    const found = this.#split(word);
    if (this.#known.size >= 20_000) this.#known = new Map();
    this.#known.set(whole, found);
    return found;
  }

  /** Longest piece first, from the left; a word that cannot be made of pieces is unknown as a whole. */
  #split(word: readonly Sign[]): { id: number; from: number; to: number }[] {
    const unknown = [{ id: this.#unknown, from: 0, to: word.length }];
    if (word.length > MAX_WORD) return unknown;
    const pieces: { id: number; from: number; to: number }[] = [];
    let from = 0;
    while (from < word.length) {
      let to = word.length;
      let id: number | undefined;
      for (; to > from; to--) {
        const piece = word
          .slice(from, to)
          .map((sign) => sign.character)
          .join('');
        id = this.#ids.get(from === 0 ? piece : `##${piece}`);
        if (id !== undefined) break;
      }
      if (id === undefined) return unknown;
      pieces.push({ id, from, to });
      from = to;
    }
    return pieces;
  }
}

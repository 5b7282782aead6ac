/**
 * Many texts in a few pieces of memory that the garbage collector does not look into: a million strings of a kilobyte each
 * would be copied twice and marked again and again. A piece is let go of when nothing in it is held any more.
 */

/** Small enough that a few texts that are kept long do not keep much with them. */
const PIECE_BYTES = 256 * 1024;

export interface SlabText {
  readonly piece: Buffer;
  readonly from: number;
  readonly to: number;
}

export class TextSlab {
  #piece = Buffer.alloc(0);
  #used = 0;

  /** @param text well-formed; a lone surrogate would come back as U+FFFD */
  put(text: string): SlabText {
    const bytes = Buffer.byteLength(text);
    if (this.#piece.length - this.#used < bytes) {
      this.#piece = Buffer.allocUnsafeSlow(Math.max(PIECE_BYTES, bytes));
      this.#used = 0;
    }
    const from = this.#used;
    this.#used += bytes;
    // ASCII, as most are, is the same in both, and copied instead of encoded.
    this.#piece.write(text, from, bytes === text.length ? 'latin1' : 'utf8');
    return { piece: this.#piece, from, to: this.#used };
  }
}

export const textIn = ({ piece, from, to }: SlabText): string => piece.toString('utf8', from, to);

/** UTF-8 of a UTF-16 unit, at most. */
const BYTES_PER_UNIT = 3;
const SCRATCH = Buffer.allocUnsafeSlow(4_096);

/** The same text in memory of its own: a part of a string keeps the whole string alive. */
export function ownText(part: string): string {
  const fits = part.length * BYTES_PER_UNIT <= SCRATCH.length;
  return fits ? SCRATCH.toString('utf8', 0, SCRATCH.write(part, 'utf8')) : Buffer.from(part).toString();
}

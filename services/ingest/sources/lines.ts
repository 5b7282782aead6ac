/** A stream of bytes as lines, with their places. */

export interface Line {
  /** From 1. */
  number: number;
  /** Without its end (`\n` or `\r\n`) and without a byte order mark; undefined: longer than allowed. */
  text: string | undefined;
  bytes: number;
  /** Byte offset behind the line and its end. */
  end: number;
  /** False for a last line that has no end (yet). */
  complete: boolean;
}

export interface LineOptions {
  maxBytes: number;
  /** Where the stream begins in its file. */
  from?: { offset: number; line: number };
}

const NEWLINE = 10;
const MARK = '\uFEFF';

/** Splits pieces into lines. A line over the limit is passed over, not held in memory. */
export class LineSplitter {
  readonly #maxBytes: number;
  #number: number;
  #offset: number;
  #held: Buffer[] = [];
  #heldBytes = 0;

  constructor({ maxBytes, from }: LineOptions) {
    this.#maxBytes = maxBytes;
    this.#number = from?.line ?? 0;
    this.#offset = from?.offset ?? 0;
  }

  *push(chunk: Buffer): Generator<Line> {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      this.#hold(chunk.subarray(start, end));
      yield this.#line(true);
      start = end + 1;
    }
    this.#hold(chunk.subarray(start));
  }

  /** The rest, where the stream ends without a line's end. */
  *end(): Generator<Line> {
    if (this.#heldBytes > 0) yield this.#line(false);
  }

  #hold(piece: Buffer): void {
    this.#heldBytes += piece.length;
    if (this.#heldBytes <= this.#maxBytes) this.#held.push(piece);
    else this.#held = [];
  }

  #line(complete: boolean): Line {
    const bytes = this.#heldBytes;
    let text: string | undefined;
    if (bytes <= this.#maxBytes) {
      text = (this.#held.length === 1 ? (this.#held[0] as Buffer) : Buffer.concat(this.#held)).toString('utf8');
      if (this.#offset === 0 && text.startsWith(MARK)) text = text.slice(1);
      if (text.endsWith('\r')) text = text.slice(0, -1);
    }
    this.#held = [];
    this.#heldBytes = 0;
    this.#number += 1;
    this.#offset += bytes + (complete ? 1 : 0);
    return { number: this.#number, text, bytes, end: this.#offset, complete };
  }
}

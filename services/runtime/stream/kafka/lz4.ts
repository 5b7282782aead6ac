/**
 * Unpacks LZ4 frames, as Java clients, librdkafka and Collectors write them into record batches.
 * https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md and lz4_Block_format.md
 *
 * The checksums of the frame are not looked at: the record batch around it has one of its own, which the broker has checked.
 */
import { StepdownError } from '../../errors.js';

const MAGIC = 0x184d2204;
/** Frames of any content that are to be passed over; the last four bits are the writer's. */
const SKIPPABLE = 0x184d2a50;
const FLAG = { dictionary: 0x01, contentChecksum: 0x04, contentSize: 0x08, blockChecksum: 0x10 } as const;
const STORED = 0x80000000;
const LEAST_MATCH = 4;
const FIRST_BYTES = 64 * 1024;

/**
 * @param mostBytes what it may become; a few bytes must not fill the memory
 * @throws StepdownError `input-malformed`, `input-too-large`
 */
export function lz4Plain(packed: Buffer, mostBytes: number): Buffer {
  const out = new Unpacked(mostBytes);
  let at = 0;
  const take = (bytes: number): number => {
    if (at + bytes > packed.length) throw malformed('ends too early');
    at += bytes;
    return at - bytes;
  };
  while (at < packed.length) {
    const magic = packed.readUInt32LE(take(4));
    if ((magic & 0xfffffff0) >>> 0 === SKIPPABLE) {
      take(packed.readUInt32LE(take(4)));
      continue;
    }
    if (magic !== MAGIC) throw malformed('is no frame');
    const flags = packed[take(1)] as number;
    if (flags >> 6 !== 1) throw malformed(`has version ${flags >> 6}`);
    if ((flags & FLAG.dictionary) !== 0) throw malformed('needs a dictionary');
    // Sizes of blocks, the content's size, and the header's checksum: nothing that is not seen in the blocks themselves.
    take(1 + ((flags & FLAG.contentSize) === 0 ? 0 : 8) + 1);
    const begin = out.length;
    for (;;) {
      const size = packed.readUInt32LE(take(4));
      if (size === 0) break;
      const bytes = size & ~STORED;
      const from = take(bytes);
      if ((size & STORED) !== 0) out.put(packed, from, from + bytes);
      else unpackBlock(packed, from, from + bytes, out, begin);
      if ((flags & FLAG.blockChecksum) !== 0) take(4);
    }
    if ((flags & FLAG.contentChecksum) !== 0) take(4);
  }
  return out.bytes();
}

/** @param begin where the frame began: matches reach back to there, and no further */
function unpackBlock(packed: Buffer, from: number, end: number, out: Unpacked, begin: number): void {
  let at = from;
  const byte = (): number => {
    if (at >= end) throw malformed('has a block that ends too early');
    return packed[at++] as number;
  };
  /** A length of 15 goes on in further bytes, as long as those are 255. */
  const lengthOf = (nibble: number): number => {
    let length = nibble;
    for (let more = nibble === 15 ? 255 : 0; more === 255; length += more) more = byte();
    return length;
  };
  while (at < end) {
    const token = byte();
    const literals = lengthOf(token >> 4);
    if (at + literals > end) throw malformed('has a block that ends too early');
    out.put(packed, at, at + literals);
    at += literals;
    // The last sequence of a block has literals alone.
    if (at === end) return;
    const back = byte() | (byte() << 8);
    const length = lengthOf(token & 15) + LEAST_MATCH;
    if (back === 0 || out.length - back < begin) throw malformed('points to before its beginning');
    out.repeat(back, length);
  }
}

class Unpacked {
  length = 0;
  readonly #mostBytes: number;
  #buffer = Buffer.allocUnsafe(FIRST_BYTES);

  constructor(mostBytes: number) {
    this.#mostBytes = mostBytes;
  }

  put(source: Buffer, from: number, end: number): void {
    this.#room(end - from);
    source.copy(this.#buffer, this.length, from, end);
    this.length += end - from;
  }

  /** What stands so far back, again; longer than that it repeats itself. */
  repeat(back: number, length: number): void {
    this.#room(length);
    const buffer = this.#buffer;
    const end = this.length + length;
    if (back >= length) buffer.copyWithin(this.length, this.length - back, end - back);
    else for (let at = this.length; at < end; at++) buffer[at] = buffer[at - back] as number;
    this.length = end;
  }

  bytes(): Buffer {
    return this.#buffer.subarray(0, this.length);
  }

  #room(bytes: number): void {
    const wanted = this.length + bytes;
    if (wanted <= this.#buffer.length) return;
    if (wanted > this.#mostBytes)
      throw new StepdownError('input-too-large', `an LZ4 frame becomes more than ${this.#mostBytes} bytes`);
    const larger = Buffer.allocUnsafe(Math.min(this.#mostBytes, Math.max(wanted, this.#buffer.length * 2)));
    this.#buffer.copy(larger, 0, 0, this.length);
    this.#buffer = larger;
  }
}

function malformed(what: string): StepdownError {
  return new StepdownError('input-malformed', `what is packed with LZ4 ${what}`);
}

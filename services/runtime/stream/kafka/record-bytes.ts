/** Reads what Kafka's protocol writes, from a place on: https://kafka.apache.org/protocol#protocol_types */

const MORE = 0x80;
const BITS = 0x7f;
/** Up to here a number is put together by whole-number operations. */
const QUICK_SHIFT = 21;
const LONGEST_SHIFT = 63;

export class RecordBytes {
  readonly bytes: Buffer;
  /** What is read next. */
  at: number;

  constructor(bytes: Buffer, at = 0) {
    this.bytes = bytes;
    this.at = at;
  }

  /** A VARINT or VARLONG, zigzag. Not exact beyond 2^53; NaN where the bytes end in the middle or never do. */
  varint(): number {
    const { bytes } = this;
    let small = 0;
    for (let shift = 0; shift <= QUICK_SHIFT; shift += 7) {
      const byte = bytes[this.at++];
      if (byte === undefined) return NaN;
      small |= (byte & BITS) << shift;
      if (byte < MORE) return (small >>> 1) ^ -(small & 1);
    }
    let large = small;
    for (let shift = QUICK_SHIFT + 7; shift <= LONGEST_SHIFT; shift += 7) {
      const byte = bytes[this.at++];
      if (byte === undefined) return NaN;
      large += (byte & BITS) * 2 ** shift;
      if (byte < MORE) return large % 2 === 0 ? large / 2 : -(large + 1) / 2;
    }
    return NaN;
  }

  int16(): number {
    this.at += 2;
    return this.bytes.readInt16BE(this.at - 2);
  }

  int32(): number {
    this.at += 4;
    return this.bytes.readInt32BE(this.at - 4);
  }

  int64(): bigint {
    this.at += 8;
    return this.bytes.readBigInt64BE(this.at - 8);
  }

  /** A STRING. */
  text(): string {
    const length = Math.max(0, this.int16());
    this.at += length;
    return this.bytes.toString('utf8', this.at - length, this.at);
  }

  /** An ARRAY; one that is null is empty. */
  array<T>(item: () => T): T[] {
    return Array.from({ length: Math.max(0, this.int32()) }, item);
  }
}

/** What a real broker packs is in topics-of-others.test.ts; here what the reference encoder makes, and what is none. */
import * as zlib from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StepdownError } from '../../../services/runtime/errors.js';
import { zstdPlain } from '../../../services/runtime/stream/kafka/zstd.js';

const MOST = 1024 * 1024;
const TEXT = 'the quick brown fox jumps over the lazy dog '.repeat(40) + '0123456789'.repeat(20);
const frame = (base64: string): Buffer => Buffer.from(base64, 'base64');
/** By `zstd` 1.5, of a pipe: as Kafka's clients it does not know the size beforehand. */
const PIPED = frame(
  'KLUv/QRoBQIAJAN0aGUgcXVpY2sgYnJvd24gZm94IGp1bXBzIG92ZXIgbGF6eSBkb2cgMDEyMzQ1Njc4OQMAuxYKxfrUnwWrnMoouKQ=',
);
const UNCHECKED = frame(
  'KLUv/QBIFQIAZAN0aGUgcXVpY2sgYnJvd24gZm94IGp1bXBzIG92ZXIgdGhlIGxhenkgZG9nIDAxMjM0NTY3ODkCALsWCjHW96sy',
);
const SIZED = frame(
  'KLUv/WSoBh0CAFQDdGhlIHF1aWNrIGJyb3duIGZveCBqdW1wcyBvdmVyIHRoZSBsYXp5IGRvZzAxMjM0NTY3ODkDALsWClt96oOBMMvKKLik',
);
/** A window of so many bytes (2 to a power), and one block that repeats a byte as often as its length says. */
const repeating = (windowLog: number, times: number): Buffer => {
  const header = (times << 3) | (1 << 1) | 1;
  return Buffer.from([
    0x28,
    0xb5,
    0x2f,
    0xfd,
    0,
    (windowLog - 10) << 3,
    header & 255,
    (header >> 8) & 255,
    header >> 16,
    97,
  ]);
};

describe('a zstd frame', () => {
  it.each([
    ['of unknown size', PIPED],
    ['without a checksum', UNCHECKED],
    ['of known size', SIZED],
  ])('%s is unpacked', (_, packed) => {
    expect(zstdPlain(packed, MOST).toString()).toBe(TEXT);
  });

  it('may be empty, and as large as is allowed', () => {
    expect(zstdPlain(repeating(20, 0), MOST)).toHaveLength(0);
    expect(zstdPlain(repeating(17, 100_000), 100_000).equals(Buffer.alloc(100_000, 'a'))).toBe(true);
  });

  it.each([
    ['no frame', Buffer.from('hello, this is none')],
    ['nothing', Buffer.alloc(0)],
    ['a header alone', PIPED.subarray(0, 5)],
    ['cut off', PIPED.subarray(0, 40)],
    ['more than it may become', repeating(17, 100_001)],
    ['of a window that nobody has', repeating(31, 1)],
    [
      'a single segment that says it is larger than memory',
      Buffer.from([...SIZED.subarray(0, 4), 0xe0, ...Array.from({ length: 8 }, () => 0x7f), 1, 0, 0]),
    ],
  ])('is refused where it is %s', (_, packed) => {
    expect(() => zstdPlain(packed, 100_000)).toThrow(StepdownError);
  });

  it('that was damaged anywhere is refused or becomes something small, and nothing else happens', () => {
    fc.assert(
      fc.property(fc.nat(PIPED.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const damaged = Buffer.from(PIPED);
        damaged[at] = (damaged[at] as number) ^ change;
        try {
          expect(zstdPlain(damaged, MOST).length).toBeLessThanOrEqual(MOST);
        } catch (error) {
          expect(error).toBeInstanceOf(StepdownError);
        }
      }),
      { numRuns: 300 },
    );
  });

  it.skipIf(!('zstdCompressSync' in zlib))('of Node is unpacked, whatever is in it', () => {
    const { zstdCompressSync } = zlib as unknown as { zstdCompressSync: (plain: Uint8Array) => Buffer };
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 5_000 }), fc.integer({ min: 1, max: 50 }), (bytes, times) => {
        const plain = Buffer.concat(Array.from({ length: times }, () => bytes));
        expect(zstdPlain(zstdCompressSync(plain), MOST).equals(plain)).toBe(true);
      }),
      { numRuns: 100 },
    );
  });
});

/** What a real broker packs is in topics-of-others.test.ts; here what frames may hold, and what is none. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StepdownError } from '../../../services/runtime/errors.js';
import { lz4Plain } from '../../../services/runtime/stream/kafka/lz4.js';

const MOST = 1024 * 1024;
const header = (flags = 0x60): number[] => [0x04, 0x22, 0x4d, 0x18, flags, 0x40, 0x82];
const size = (bytes: number): number[] => [bytes & 255, (bytes >> 8) & 255, (bytes >> 16) & 255, (bytes >>> 24) & 255];
const frame = (...blocks: number[][]): Buffer =>
  Buffer.from([...header(), ...blocks.flatMap((block) => [...size(block.length), ...block]), ...size(0)]);
const plain = (packed: Buffer): string => lz4Plain(packed, MOST).toString('latin1');

describe('an LZ4 frame', () => {
  it('is literals and matches, which may reach into themselves and back into earlier blocks', () => {
    expect(plain(frame([0x32, 97, 98, 99, 3, 0, 0x10, 100]))).toBe('abcabcabcd');
    expect(plain(frame([0x10, 97], [0x02, 1, 0, 0x10, 98]))).toBe('aaaaaaab');
    expect(plain(frame([0x1f, 97, 1, 0, 255, 0, 0x10, 98]))).toBe(`${'a'.repeat(1 + 15 + 255 + 4)}b`);
    expect(plain(frame([0xf0, 2, ...Array.from({ length: 17 }, () => 99)]))).toBe('c'.repeat(17));
  });

  it('may be stored as it is, carry sizes and checksums, and be one of several', () => {
    const sum = [9, 9, 9, 9];
    const stored = [...size((2 | 0x80000000) >>> 0), 120, 121, ...sum];
    const rich = Buffer.from([...header(0x7c).slice(0, 6), ...size(2), ...size(0), 1, ...stored, ...size(0), ...sum]);
    const skipped = Buffer.from([0x5a, 0x2a, 0x4d, 0x18, ...size(3), 1, 2, 3]);
    expect(plain(Buffer.concat([rich, skipped, frame([0x10, 122])]))).toBe('xyz');
  });

  it.each([
    ['no frame', Buffer.from('hello, this is none')],
    ['cut off', frame([0x32, 97, 98, 99, 3, 0, 0x10, 100]).subarray(0, 14)],
    ['a match before its beginning', frame([0x12, 97, 2, 0, 0x10, 98])],
    ['a match of nothing', frame([0x12, 97, 0, 0, 0x10, 98])],
    ['more literals than there are', frame([0x90, 97])],
  ])('is refused where it is %s', (_, packed) => {
    expect(() => lz4Plain(packed, MOST)).toThrow(StepdownError);
  });

  it('is refused where it becomes more than may be', () => {
    const bomb = frame([0x1f, 97, 1, 0, ...Array.from({ length: 9_000 }, () => 255), 0, 0x10, 98]);
    expect(() => lz4Plain(bomb, MOST)).toThrow(/becomes more than/);
  });

  it('gives bytes or a refusal, whatever is in it', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 4 }), fc.nat(80), (blocks, cut) => {
        const whole = frame(...blocks.map((block) => [...block]));
        try {
          expect(
            lz4Plain(whole.subarray(0, whole.length - Math.min(cut, whole.length)), MOST).length,
          ).toBeLessThanOrEqual(MOST);
        } catch (error) {
          expect(error).toBeInstanceOf(StepdownError);
        }
      }),
      { numRuns: 500 },
    );
  });
});

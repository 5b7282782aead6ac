import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatDuration, formatSize, parseDuration, parseSize } from '../../../services/runtime/config.js';
import { editDistance, nearest } from '../../../services/runtime/nearness.js';

describe('durations', () => {
  it.each([
    ['15m', 900_000],
    ['1h30m', 5_400_000],
    ['250ms', 250],
    ['1.5s', 1_500],
    ['7d', 604_800_000],
    ['2w', 1_209_600_000],
    ['0', 0],
    ['0s', 0],
    [' 5s ', 5_000],
  ])('%s', (text, ms) => expect(parseDuration(text)).toBe(ms));

  it.each(['', '15', 'm', '-5m', '5 m', '5M', '1y', '5mm', '1e3s', 'Infinity', '٥m', `${'9'.repeat(400)}d`])(
    '%s is none',
    (text) => expect(parseDuration(text)).toBeUndefined(),
  );

  it('are written so that they read back the same', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 10 ** 12 }), (ms) => {
        expect(parseDuration(formatDuration(ms))).toBe(ms);
      }),
    );
  });
});

describe('sizes', () => {
  it.each([
    ['512', 512],
    ['64KiB', 65_536],
    ['16 MiB', 16_777_216],
    ['1.5GB', 1_500_000_000],
    ['1B', 1],
  ])('%s', (text, bytes) => expect(parseSize(text)).toBe(bytes));

  it.each(['', 'KiB', '-1', '1kb', '1 PiB', '1e9', '9999999TiB'])('%s is none', (text) =>
    expect(parseSize(text)).toBeUndefined(),
  );

  it.each([
    [0, '0B'],
    [1023, '1023B'],
    [1536, '1.5KiB'],
    [16 * 1024 ** 2, '16MiB'],
  ])('%d bytes are shown as %s', (bytes, text) => expect(formatSize(bytes)).toBe(text));
});

describe('the nearest name', () => {
  const known = ['gateway', 'ingest', 'detect', 'respond', 'lateness', 'skew'];
  it.each([
    ['gatway', 'gateway'],
    ['gatewya', 'gateway'],
    ['Gateway', 'gateway'],
    ['latenes', 'lateness'],
    ['skw', 'skew'],
    ['colour', undefined],
    ['', undefined],
    ['x'.repeat(10_000), undefined],
  ])('to %s', (word, meant) => expect(nearest(word, known)).toBe(meant));

  it('counts a swap of neighbours as one', () => {
    expect(editDistance('ab', 'ba')).toBe(1);
    expect(editDistance('', 'abc')).toBe(3);
    expect(editDistance('kitten', 'sitting')).toBe(3);
  });
});

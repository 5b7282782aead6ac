import { describe, expect, it } from 'vitest';
import { askedOf } from '../../../services/inspect/models/deep/asked.js';
import type { FastAnswer } from '../../../services/inspect/models/fast/reader.js';

const answer = (...windows: [start: number, end: number, probability: number][]): FastAnswer => ({
  probability: 0,
  doubts: [],
  windows: windows.map(([start, end, probability]) => ({ start, end, probability })),
});
const short = 'x'.repeat(500);
const long = 'x'.repeat(5_000);

describe('what the deep tier is asked about', () => {
  it.each([
    ['nothing that the fast tier rules out', long, answer([0, 200, 0.09]), []],
    ['less of a short text is ruled out', short, answer([0, 200, 0.02]), [[0, 200]]],
    ['but not everything', short, answer([0, 200, 0.005]), []],
    [
      'the most suspicious of windows that overlap',
      long,
      answer([0, 200, 0.3], [70, 270, 0.6], [140, 340, 0.4]),
      [[70, 270]],
    ],
    [
      'of weak ones the first, and one more for each 2,000 units',
      long,
      answer([0, 9, 0.2], [20, 29, 0.3], [40, 49, 0.4], [60, 69, 0.5]),
      [
        [60, 69],
        [40, 49],
        [20, 29],
      ],
    ],
    [
      'of strong ones all',
      short,
      answer([0, 9, 0.9], [20, 29, 0.95], [40, 49, 0.9]),
      [
        [20, 29],
        [0, 9],
        [40, 49],
      ],
    ],
  ] as const)('%s', (_, text, fast, expected) => {
    expect(askedOf(text, [], fast).map(({ start, end }) => [start, end])).toEqual(expected);
  });

  it('a request before the window that it stands in, and before another that is as suspicious', () => {
    const request = { start: 30, end: 60, logOdds: -1 };
    expect(askedOf(short, [request], answer([0, 200, 0.27]))[0]).toEqual({ start: 30, end: 60 });
    expect(askedOf(short, [{ ...request, logOdds: -4.7 }], answer())).toEqual([]);
  });
});

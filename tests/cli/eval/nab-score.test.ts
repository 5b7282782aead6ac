import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readSeries } from '../../../services/cli/eval/nab/series-files.js';
import { type LabelledSeries, nabScore, scaledSigmoid, worthOf } from '../../../services/cli/eval/nab/score.js';

/** 200 values, one window of 20 at 100. */
const series = (windows: [number, number][] = [[100, 119]], count = 200): LabelledSeries => ({
  name: 'x',
  timesMs: Array.from({ length: count }, (_, at) => at),
  values: Array<number>(count).fill(0),
  windows,
});
const detectedAt = (...at: number[]): number[] =>
  Array.from({ length: 200 }, (_, index) => (at.includes(index) ? 1 : 0));

describe('the benchmark’s score', () => {
  // The values that its documentation gives for its sigmoid.
  it.each([
    [-1, 0.98661],
    [-0.5, 0.84828],
    [0, 0],
    [1, -0.98661],
  ])('σ(%d) is %d', (y, value) => expect(scaledSigmoid(y)).toBeCloseTo(value, 5));

  it.each([
    ['nothing detected', [], 0],
    ['the first point of the window', [100], 100],
    ['everything in the window', Array.from({ length: 20 }, (_, at) => 100 + at), 100],
    ['the last point of the window', [119], 56.3],
    ['only in probation', [10], 0],
  ])('%s: %d', (_name, at, score) => expect(nabScore([series()], [detectedAt(...at)]).score).toBeCloseTo(score, 1));

  it('takes 0.11 for what is detected before any window or far behind one, and little just behind it', () => {
    const worth = worthOf(series());
    expect(worth[29]).toBeUndefined();
    expect(worth[30]?.worth).toBeCloseTo(-0.11, 6);
    expect(worth[199]?.worth).toBeCloseTo(-0.11, 6);
    expect(worth[120]?.worth).toBeCloseTo(0.11 * scaledSigmoid(1 / 19), 6);
  });

  it('sets one threshold for all series, the best one', () => {
    const loud = detectedAt(50, 60).map((each) => each * 0.5);
    loud[100] = 0.9;
    const { score, threshold, series: rows } = nabScore([series(), series([])], [loud, detectedAt(40, 41)]);
    // At 1 only the false alarms of the second are heard; at 0.9 the window too, which is worth more.
    expect(threshold).toBe(0.9);
    expect(score).toBeCloseTo(100 - (100 * 0.22) / 2, 6);
    expect(rows).toEqual([
      { name: 'x', windows: 1, found: 1, falseAlarms: 0 },
      { name: 'x', windows: 0, found: 0, falseAlarms: 2 },
    ]);
  });

  it('prefers silence to crying wolf', () => {
    const noisy = detectedAt(...Array.from({ length: 60 }, (_, at) => 31 + at));
    expect(nabScore([series()], [noisy]).score).toBe(0);
  });
});

describe('series files', () => {
  const folder = mkdtempSync(join(tmpdir(), 'stepdown-series-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(join(folder, 'a'));
  const windows = { 'a/x.csv': [['2014-01-01 00:05:00.000000', '2014-01-01 00:10:00.000000']], 'a/absent.csv': [] };
  writeFileSync(join(folder, 'combined_windows.json'), JSON.stringify(windows));
  const write = (rows: string[]) => writeFileSync(join(folder, 'a', 'x.csv'), ['timestamp,value', ...rows].join('\n'));

  it('gives series and their windows by index', () => {
    write(['2014-01-01 00:00:00,1', '2014-01-01 00:05:00,2', '2014-01-01 00:10:00,3', '']);
    expect(readSeries(folder)).toEqual([
      {
        name: 'a/x.csv',
        timesMs: [0, 1, 2].map((at) => Date.UTC(2014, 0, 1) + at * 300_000),
        values: [1, 2, 3],
        windows: [[1, 2]],
      },
    ]);
  });
  it.each([['2014-01-01 00:00:00,?'], ['yesterday,1'], ['2014-01-01 00:00:00']])(
    'refuses the row %j with its place',
    (row) => {
      write([row]);
      expect(() => readSeries(folder)).toThrow(
        expect.objectContaining({ code: 'input-malformed', place: { file: join(folder, 'a', 'x.csv'), line: 2 } }),
      );
    },
  );
});

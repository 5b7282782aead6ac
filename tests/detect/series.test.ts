import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { addToSeries, type Deviation, deviationOf, newSeries, type SeriesShape } from '../../services/detect/series.js';
import { chance, DAY, MINUTE, MONDAY, spread } from './detectors/series.js';

const SHAPE: SeriesShape = { parts: 24, perDay: 288 };
const STEP = 5 * MINUTE;

function run(
  count: number,
  value: (at: number) => number,
  state = newSeries(SHAPE),
  from = 0,
): (Deviation | undefined)[] {
  return Array.from({ length: count }, (_, index) => {
    const at = from + index;
    const deviation = deviationOf(state, MONDAY + at * STEP, value(at), SHAPE);
    addToSeries(state, MONDAY + at * STEP, value(at), SHAPE);
    return deviation;
  });
}
const most = (deviations: (Deviation | undefined)[]): number =>
  Math.max(0, ...deviations.map((each) => each?.score ?? 0));

describe('a series', () => {
  test('positive: a working day’s load at night, no higher than by day', () => {
    const random = chance(1);
    const day = (at: number) => (at % 288 >= 96 && at % 288 < 216 ? 20 * spread(random, 0.2) : spread(random, 0.2));
    const state = newSeries(SHAPE);
    run(14 * 288, day, state);
    const quiet = most(run(288, day, state, 14 * 288));
    const night = run(36, () => 20, state, 15 * 288);
    expect(most(night)).toBeGreaterThan(1.5 * quiet);
    expect(night.find((each) => (each?.score ?? 0) > 1.5 * quiet)?.side).toBe(1);
  });

  test('clockwork: a constant series hides nothing, and a hair more is nothing', () => {
    const state = newSeries(SHAPE);
    run(7 * 288, (at) => (at % 2 === 0 ? 10 : 10.001), state);
    expect(most(run(20, () => 5000, state, 7 * 288))).toBeGreaterThan(30);
  });

  test('one episode is told once: the same again soon after is not news', () => {
    const random = chance(2);
    const value = () => 10 * spread(random, 0.1);
    const state = newSeries(SHAPE);
    run(7 * 288, value, state);
    const first = most(run(12, () => 60, state, 7 * 288));
    run(100, value, state, 7 * 288 + 12);
    const again = most(run(12, () => 60, state, 7 * 288 + 112));
    expect(first).toBeGreaterThan(10);
    expect(again).toBeLessThan(first);
  });

  test('a job of every night, a little sooner or later, is told of in its first nights only; at noon it is news', () => {
    const random = chance(4);
    // The job is on for a quarter of an hour at about two; its border falls into one part of the day or the next.
    const night = (at: number) => 24 + Math.round(8 * (chance(Math.floor(at / 288) + 1)() - 0.5));
    const job = (at: number) => at % 288 >= night(at) && at % 288 < night(at) + 3;
    const value = (at: number) => (job(at) ? 60 : 10) * spread(random, 0.1);
    const state = newSeries(SHAPE);
    const nights = Array.from({ length: 16 }, (_, day) => most(run(288, value, state, day * 288)));
    expect(Math.max(...nights.slice(0, 4))).toBeGreaterThan(7);
    expect(Math.max(...nights.slice(6))).toBeLessThan(4);
    run(130, value, state, 16 * 288);
    expect(most(run(3, () => 60 * spread(random, 0.1), state, 16 * 288 + 130))).toBeGreaterThan(8);
  });

  test('a state of before other days were kept goes on', () => {
    const random = chance(5);
    const value = () => 10 * spread(random, 0.1);
    const state = newSeries(SHAPE);
    run(7 * 288, value, state);
    for (const key of ['tops', 'part', 'top'] as const) delete state[key];
    expect(most(run(12, () => 60, state, 7 * 288))).toBeGreaterThan(10);
    run(288, value, state, 7 * 288 + 12);
    expect(state.tops).toHaveLength(24);
  });

  test('one attack does not make the next one ordinary: what is far off is learned as less far', () => {
    const random = chance(3);
    const state = newSeries(SHAPE);
    run(7 * 288, () => 10 * spread(random, 0.1), state);
    const before = state.level[2];
    run(6, () => 1e9, state, 7 * 288);
    expect(state.level[2]).toBeLessThan(1e9);
    expect(Number.isFinite(before)).toBe(true);
    run(3 * 288, () => 10 * spread(random, 0.1), state, 7 * 288 + 6);
    expect(most(run(12, () => 1e9, state, 10 * 288 + 6))).toBeGreaterThan(5);
  });

  test('looking changes nothing, and the tested value is not in what it is tested against', () => {
    const random = chance(4);
    const state = newSeries(SHAPE);
    run(400, () => 10 * spread(random, 0.3), state);
    const before = JSON.stringify(state);
    const once = deviationOf(state, MONDAY + 400 * STEP, 1e6, SHAPE);
    expect(deviationOf(state, MONDAY + 400 * STEP, 1e6, SHAPE)).toEqual(once);
    expect(JSON.stringify(state)).toBe(before);
  });

  test('is a number whatever comes, of fixed size, and goes through JSON', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -1e12, max: 1e12, noNaN: true }), { minLength: 100, maxLength: 300 }),
        (values) => {
          const state = newSeries(SHAPE);
          const found = run(values.length, (at) => values[at]!, state);
          for (const each of found) if (each !== undefined) expect(Number.isFinite(each.score)).toBe(true);
          expect(state.day).toHaveLength(48);
          expect(JSON.parse(JSON.stringify(state))).toEqual(JSON.parse(JSON.stringify(state)));
          expect(JSON.stringify(state)).not.toContain('null');
        },
      ),
      { numRuns: 20 },
    );
  });

  test('times before 1970 have their part of the day too', () => {
    const state = newSeries(SHAPE);
    addToSeries(state, -DAY - 1, 5, SHAPE);
    expect(state.day.slice(46)).toEqual([5, 1]);
  });
});

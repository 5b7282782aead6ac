import { describe, expect, test } from 'vitest';
import { BUCKET_MS, load } from '../../../services/detect/detectors/load.js';
import type { Scope } from '../../../services/detect/types.js';
import { chance, feed, MONDAY } from './series.js';
import { newScope } from './scope.js';

/** Calls in one five-minute bucket. */
const bucket = (scope: Scope, at: number, calls: number): string[] =>
  Array.from({ length: calls }, (_, call) =>
    feed(load, scope, { kind: 'tool.call', tool: 'read' }, MONDAY + at * BUCKET_MS + (call * BUCKET_MS) / calls).map(
      ({ type }) => type,
    ),
  ).flat();

/** Office hours with two to four calls in five minutes, nights off. */
function worked(days: number): { scope: Scope; found: string[] } {
  const scope = newScope();
  const random = chance(11);
  const found: string[] = [];
  for (let at = 0; at < days * 288; at++)
    if (at % 288 >= 96 && at % 288 < 204) found.push(...bucket(scope, at, 2 + Math.floor(random() * 3)));
  return { scope, found };
}

describe('load', () => {
  test('negative: three weeks of office hours', () => expect(worked(21).found).toEqual([]));
  test('positive: an hour of ten times the load, told, and not bucket after bucket', () => {
    const { scope } = worked(14);
    const found = Array.from({ length: 12 }, (_, at) => bucket(scope, 14 * 288 + 120 + at, 30)).flat();
    expect(found).toContain('rate.shift');
    expect(found.length).toBeLessThan(12);
  });
  test('partial buckets: the running one is never looked at', () => {
    const { scope } = worked(14);
    expect(bucket(scope, 14 * 288 + 10, 200)).toEqual([]);
  });
  test('boundary: an agent of six days has no usual', () => {
    const { scope } = worked(6);
    expect(Array.from({ length: 6 }, (_, at) => bucket(scope, 6 * 288 + at, 60)).flat()).toEqual([]);
  });
  test('a quiet agent: a silence of a month costs no more than a day, and makes no alarm', () => {
    const { scope } = worked(10);
    expect(bucket(scope, 40 * 288 + 100, 3)).toEqual([]);
    expect(bucket(scope, 40 * 288 + 101, 3)).toEqual([]);
    expect((scope.agent['load'] as { t: { n: number } }).t.n).toBeLessThan(12 * 288);
  });
});

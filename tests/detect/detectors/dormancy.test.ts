import { describe, expect, test } from 'vitest';
import { dormancy } from '../../../services/detect/detectors/dormancy.js';
import { DAY, feed, MONDAY } from './series.js';
import { newScope } from './scope.js';

const act = (scope: ReturnType<typeof newScope>, day: number) =>
  feed(dormancy, scope, { kind: 'tool.call', tool: 'read' }, MONDAY + day * DAY);

describe('dormancy', () => {
  test('positive: daily work, then two months of nothing', () => {
    const scope = newScope();
    for (let day = 0; day < 20; day++) expect(act(scope, day)).toEqual([]);
    expect(act(scope, 80)).toEqual([
      expect.objectContaining({ type: 'dormancy.woke', title: 'Works again after 61 days of silence' }),
    ]);
    expect(act(scope, 80.01)).toEqual([]);
  });
  test('negative: weekends and holidays', () => {
    const scope = newScope();
    for (const day of [0, 1, 2, 3, 4, 7, 8, 9, 10, 11, 14, 20]) expect(act(scope, day)).toEqual([]);
  });
  test('boundary: once a month is what a monthly job does, from the fourth month on', () => {
    const scope = newScope();
    for (const day of [0, 0.1, 0.2, 0.3, 0.4]) act(scope, day);
    const stated = [30, 60, 90, 120, 150].map((day) => act(scope, day).length);
    expect(stated.slice(-2)).toEqual([0, 0]);
  });
  test('an agent that worked every half hour for ten days and never paused wakes', () => {
    const scope = newScope();
    for (let half = 0; half < 480; half++) expect(act(scope, half / 48)).toEqual([]);
    expect(act(scope, 31)).toEqual([expect.objectContaining({ type: 'dormancy.woke' })]);
    const young = newScope();
    for (let half = 0; half < 240; half++) act(young, half / 48);
    expect(act(young, 31)).toEqual([]);
  });
  test('a quiet agent, seen twice, has no habit', () => {
    const scope = newScope();
    act(scope, 0);
    expect(act(scope, 365)).toEqual([]);
  });
});

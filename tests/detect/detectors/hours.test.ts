import { describe, expect, test } from 'vitest';
import { hours } from '../../../services/detect/detectors/hours.js';
import type { Scope } from '../../../services/detect/types.js';
import { DAY, feed, HOUR, MONDAY } from './series.js';
import { newScope } from './scope.js';

const work = (scope: Scope, day: number, hour: number) =>
  feed(hours, scope, { kind: 'tool.call', tool: 'read' }, MONDAY + day * DAY + hour * HOUR);

/** Office hours, weekdays, for four weeks. */
function office(): Scope {
  const scope = newScope({ learned: { events: 1000, sinceMs: MONDAY } });
  for (let day = 0; day < 28; day++)
    if (day % 7 < 5) for (let hour = 8; hour < 18; hour++) expect(work(scope, day, hour)).toEqual([]);
  return scope;
}

describe('hours', () => {
  test('positive: three at night, told once a day', () => {
    const scope = office();
    expect(work(scope, 28, 3).map(({ type }) => type)).toEqual(['hours.unusual']);
    expect(work(scope, 28, 4)).toEqual([]);
    expect(work(scope, 29, 3)).toHaveLength(1);
  });
  test('negative: its own hours, and one more at the end of the day', () => {
    const scope = office();
    for (let hour = 8; hour < 19; hour++) expect(work(scope, 28, hour)).toEqual([]);
  });
  test('the clock is round: an agent of the night is at home at midnight', () => {
    const scope = newScope({ learned: { events: 1000, sinceMs: MONDAY } });
    for (let day = 0; day < 28; day++) for (const hour of [22, 23, 25, 26]) work(scope, day, hour);
    expect(work(scope, 29, 0)).toEqual([]);
    expect(work(scope, 29, 12)).toHaveLength(1);
  });
  test('weekends are apart', () => {
    expect(work(office(), 33, 10)).toHaveLength(1);
  });
  test('boundary: an agent of a week has no habits', () => {
    const scope = newScope({ learned: { events: 1000, sinceMs: MONDAY } });
    for (let day = 0; day < 7; day++) for (let hour = 8; hour < 18; hour++) work(scope, day, hour);
    expect(work(scope, 8, 3)).toEqual([]);
  });
  test('busy hours count once: a burst at noon does not make noon the only hour', () => {
    const scope = office();
    for (let call = 0; call < 1000; call++) work(scope, 28, 12 + call / 1000);
    expect((scope.agent['hours'] as { n: number }).n).toBe(201);
  });
});

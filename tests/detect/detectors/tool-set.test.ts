import { describe, expect, test } from 'vitest';
import { jaccardDistance, toolSet } from '../../../services/detect/detectors/tool-set.js';
import { feed, MINUTE, MONDAY, nextSession } from './series.js';
import { newScope } from './scope.js';

const offer = (...names: string[]) => ({ kind: 'model.call' as const, tools: names.map((name) => ({ name })) });
function known() {
  const scope = newScope();
  for (let at = 0; at < 30; at++) feed(toolSet, scope, offer('a', 'b', 'c', 'd'), MONDAY + at * MINUTE);
  return nextSession(scope);
}

describe('tool set', () => {
  test('positive: mostly others, once a conversation', () => {
    const scope = known();
    expect(feed(toolSet, scope, offer('a', 'x', 'y', 'z'), MONDAY + 99 * MINUTE)).toMatchObject([
      { type: 'tool.replaced', evidence: { observed: 0.86 } },
    ]);
    expect(feed(toolSet, scope, offer('a', 'x', 'y', 'z'), MONDAY + 100 * MINUTE)).toEqual([]);
  });
  test('negative: one more, or fewer', () => {
    expect(feed(toolSet, known(), offer('a', 'b', 'c', 'd', 'e'), MONDAY + 99 * MINUTE)).toEqual([]);
    expect(feed(toolSet, known(), offer('a'), MONDAY + 99 * MINUTE)).toEqual([]);
  });
  test('boundary: before the twentieth offer nothing is usual', () => {
    const scope = newScope();
    for (let at = 0; at < 19; at++) feed(toolSet, scope, offer('a', 'b', 'c'), MONDAY + at * MINUTE);
    expect(feed(toolSet, scope, offer('x', 'y', 'z'), MONDAY + 20 * MINUTE)).toEqual([]);
  });
  test.each([
    [['a'], ['a'], 0],
    [['a'], ['b'], 1],
    [['a', 'b'], ['b', 'c'], 2 / 3],
    [[], [], 0],
  ])('Jaccard distance of %j and %j is %d', (a, b, distance) =>
    expect(jaccardDistance(a, b)).toBeCloseTo(distance, 12),
  );
});

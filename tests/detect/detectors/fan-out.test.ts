import { describe, expect, test } from 'vitest';
import { fanOut } from '../../../services/detect/detectors/fan-out.js';
import type { Scope } from '../../../services/detect/types.js';
import { chance, feed, HOUR, MINUTE, MONDAY } from './series.js';
import { newScope } from './scope.js';

const hour = (scope: Scope, at: number, peers: number, from = 0): string[] =>
  Array.from({ length: peers }, (_, peer) =>
    feed(
      fanOut,
      scope,
      { kind: 'message', from: 'agent-1', to: `peer-${from + peer}` },
      MONDAY + at * HOUR + peer * MINUTE * 0.5,
    ).map(({ type }) => type),
  ).flat();

describe('fan-out', () => {
  test('positive: an agent of two peers turns to forty', () => {
    const scope = newScope();
    for (let at = 0; at < 100; at++) expect(hour(scope, at, 2)).toEqual([]);
    expect(hour(scope, 101, 40)[0]).toBe('fanout.burst');
  });
  test('negative: an hour of between three and twelve is how it works', () => {
    const scope = newScope();
    const random = chance(4);
    for (let at = 0; at < 300; at++) expect(hour(scope, at, 3 + Math.floor(random() * 10))).toEqual([]);
  });
  test('boundary: the same peer a hundred times is one', () => {
    const scope = newScope();
    for (let at = 0; at < 20; at++) hour(scope, at, 2);
    for (let call = 0; call < 100; call++) expect(hour(scope, 30, 1)).toEqual([]);
  });
  test('a new agent has a limit, an old one that turned to nobody has its history', () => {
    expect(hour(newScope({ learning: true }), 1, 59)).toEqual([]);
    expect(hour(newScope({ learning: true }), 1, 61)).toEqual(['fanout.burst']);
    expect(hour(newScope(), 1, 7)).toEqual([]);
    expect(hour(newScope(), 1, 40)).toContain('fanout.burst');
  });
  test('the running hour is in no baseline, and a flagged one never', () => {
    const scope = newScope();
    for (let at = 0; at < 50; at++) hour(scope, at, 2);
    hour(scope, 60, 50);
    hour(scope, 61, 2);
    expect((scope.agent['fan-out'] as { m: number[] }).m).toEqual([50, 100, 200]);
  });
});

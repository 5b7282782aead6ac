import { describe, expect, test } from 'vitest';
import { level } from '../../../services/detect/detectors/level.js';
import { chance, feed, MINUTE, MONDAY, nextSession, spread } from './series.js';
import { newScope } from './scope.js';

const call = (chars: number) => ({ kind: 'tool.call' as const, tool: 'post', arguments: { body: 'x'.repeat(chars) } });

describe('level', () => {
  test('positive: a call that carries a hundred times as much', () => {
    const scope = newScope();
    const random = chance(1);
    for (let at = 0; at < 300; at++)
      expect(feed(level, scope, call(Math.round(200 * spread(random, 0.5))), MONDAY + at * MINUTE)).toEqual([]);
    const [found] = feed(level, scope, call(60_000), MONDAY + 400 * MINUTE);
    expect(found).toMatchObject({ type: 'level.outlier', evidence: { observed: 60_000, sampleSize: 300 } });
    expect(found?.confidence).toBeGreaterThanOrEqual(0.3);
  });

  test('the tested value is not in its own baseline, and a flagged one never gets there', () => {
    const scope = newScope();
    for (let at = 0; at < 100; at++) feed(level, scope, call(100), MONDAY + at * MINUTE);
    const before = JSON.stringify(scope.agent);
    expect(feed(level, scope, call(1_000_000), MONDAY + 200 * MINUTE)).toHaveLength(1);
    expect(JSON.stringify(scope.agent)).toBe(before);
  });

  test('clockwork: no variance does not hide it; ten percent more is nothing', () => {
    const scope = newScope();
    for (let at = 0; at < 100; at++) feed(level, scope, call(100), MONDAY + at * MINUTE);
    expect(feed(level, scope, call(110), MONDAY + 101 * MINUTE)).toEqual([]);
    expect(feed(level, scope, call(100_000), MONDAY + 102 * MINUTE)).toHaveLength(1);
  });

  test('boundary: the nineteenth call of an agent cannot be unusual', () => {
    const scope = newScope();
    for (let at = 0; at < 19; at++) feed(level, scope, call(100), MONDAY + at * MINUTE);
    expect(feed(level, scope, call(100_000), MONDAY + 20 * MINUTE)).toEqual([]);
  });

  test('what its peers do is only new to it', () => {
    const scope = newScope();
    const peer = { ...newScope(), blueprint: scope.blueprint };
    for (let at = 0; at < 100; at++) feed(level, scope, call(100), MONDAY + at * MINUTE);
    for (let at = 0; at < 100; at++) feed(level, peer, call(50_000 + at), MONDAY + at * MINUTE);
    expect(feed(level, scope, call(40_000), MONDAY + 200 * MINUTE)).toEqual([]);
  });

  test('goes on at the same height: told once a conversation, again in the next', () => {
    let scope = newScope();
    for (let at = 0; at < 300; at++) feed(level, scope, call(100), MONDAY + at * MINUTE);
    expect(feed(level, scope, call(200_000), MONDAY + 301 * MINUTE)).toHaveLength(1);
    expect(feed(level, scope, call(200_001), MONDAY + 302 * MINUTE)).toEqual([]);
    scope = nextSession(scope);
    expect(feed(level, scope, call(200_000), MONDAY + 303 * MINUTE)).toHaveLength(1);
  });

  test('hierarchy: without history of its own it is held against its peers, without peers against all agents', () => {
    const veterans = (count: number) => {
      const scope = newScope();
      for (let at = 0; at < count; at++) feed(level, scope, call(90 + (at % 20)), MONDAY + at * MINUTE);
      return scope;
    };
    const { blueprint } = veterans(300);
    const { global } = veterans(300);
    const found = (more: Partial<ReturnType<typeof newScope>>) =>
      feed(level, newScope({ learning: true, ...more }), call(100_000), MONDAY).map(({ type }) => type);
    expect(found({})).toEqual([]);
    expect(found({ blueprint })).toEqual(['level.outlier']);
    expect(found({ global })).toEqual(['level.outlier']);
    // Few peers are no measure.
    expect(found({ blueprint: veterans(50).blueprint })).toEqual([]);
  });

  test('an agent unlike the others is told of in three conversations, and then has a history of its own', () => {
    const scope = newScope();
    for (let at = 0; at < 300; at++) feed(level, { ...scope, agent: {} }, call(100), MONDAY + at * MINUTE);
    const found: number[] = [];
    let session = scope;
    for (let id = 0; id < 40; id++) {
      session = nextSession(session);
      found.push(feed(level, session, call(50_000 + id), MONDAY + (400 + id) * MINUTE).length);
    }
    expect(found.slice(0, 3)).toEqual([1, 1, 1]);
    expect(found.slice(-10).reduce((sum, each) => sum + each, 0)).toBe(0);
    expect(feed(level, nextSession(session), call(90_000), MONDAY + 500 * MINUTE)).toEqual([]);
  });
});

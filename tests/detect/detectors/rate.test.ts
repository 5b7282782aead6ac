import { describe, expect, test } from 'vitest';
import { BUCKET_MS, rate } from '../../../services/detect/detectors/rate.js';
import type { Scope, Statement } from '../../../services/detect/types.js';
import { event, T0 } from '../events.js';
import { drive, newScope } from './scope.js';

/** Calls at the given times of a bucket, spread over it. */
function calls(scope: Scope, bucket: number, count: number): Statement[] {
  const found: Statement[] = [];
  for (let call = 0; call < count; call++) {
    found.push(
      ...drive(
        rate,
        event({ kind: 'tool.call', tool: 'read' }, T0 + bucket * BUCKET_MS + Math.floor((call * BUCKET_MS) / count)),
        scope,
      ),
    );
  }
  return found;
}

/** A cheap deterministic stand-in for chance: uniform in [0, 1). */
function* chance(seed: number): Generator<number> {
  for (let state = seed; ;) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    yield state / 2 ** 32;
  }
}

function poisson(mean: number, random: Iterator<number>): number {
  let count = 0;
  for (let product = random.next().value as number; product > Math.exp(-mean); product *= random.next().value as number)
    count++;
  return count;
}

describe('rate', () => {
  test('positive: ten times as much is found within its bucket', () => {
    const scope = newScope();
    const random = chance(1);
    for (let bucket = 0; bucket < 300; bucket++) calls(scope, bucket, poisson(4, random));
    const found = calls(scope, 300, 40);
    expect(found.map(({ type }) => type)).toEqual(['rate.burst']);
    expect(found[0]?.confidence).toBeGreaterThan(0.5);
    expect(found[0]?.evidence).toMatchObject({ unit: 'tool calls per minute', sampleSize: 300 });
  });

  test('negative: a day of ordinary chance is quiet', () => {
    const scope = newScope();
    const random = chance(2);
    const found: Statement[] = [];
    for (let bucket = 0; bucket < 1440; bucket++) found.push(...calls(scope, bucket, poisson(3, random)));
    expect(found).toEqual([]);
  });

  test('boundary: bursty work (mostly nothing, now and then ten at once) is quiet, a hundred is not', () => {
    const scope = newScope();
    const found: Statement[] = [];
    for (let bucket = 0; bucket < 600; bucket += 6) found.push(...calls(scope, bucket, 10));
    expect(found).toEqual([]);
    expect(calls(scope, 606, 100).length).toBeGreaterThan(0);
  });

  test('partial bucket: the beginning of a bucket is not compared with full ones downwards, nor learned', () => {
    const scope = newScope();
    const found: Statement[] = [];
    for (let bucket = 0; bucket < 60; bucket++) found.push(...calls(scope, bucket, 20));
    found.push(...calls(scope, 60, 1));
    expect(found).toEqual([]);
    const moments = (scope.agent['rate'] as { m: [number, number, number][] }).m[0];
    expect(moments?.[1]).toBe(60 * 20);
  });

  test('clockwork agent: no variance does not hide a burst, and one call more is no burst', () => {
    const scope = newScope();
    for (let bucket = 0; bucket < 500; bucket++) expect(calls(scope, bucket, 1)).toEqual([]);
    expect(calls(scope, 500, 2)).toEqual([]);
    expect(calls(scope, 501, 60).length).toBeGreaterThan(0);
  });

  test('quiet agent: empty buckets count, so a burst after a silent day is one', () => {
    const scope = newScope();
    calls(scope, 0, 1);
    expect(calls(scope, 1400, 2)).toEqual([]);
    expect(calls(scope, 1401, 60).length).toBeGreaterThan(0);
  });

  test('a tested value is not in its own baseline, and a flagged bucket trains nothing', () => {
    const scope = newScope();
    for (let bucket = 0; bucket < 200; bucket++) calls(scope, bucket, 2);
    const before = JSON.stringify((scope.agent['rate'] as { m: unknown }).m);
    expect(calls(scope, 200, 80).length).toBeGreaterThan(0);
    calls(scope, 201, 2);
    const [n, sum] = (scope.agent['rate'] as { m: [number, number, number][] }).m[0] ?? [0, 0];
    expect([n, sum]).toEqual([200, 400]);
    expect(before).not.toContain('80');
  });

  test('baselines are not mixed between agents', () => {
    const busy = newScope();
    const calm = newScope();
    for (let bucket = 0; bucket < 300; bucket++) {
      expect(calls(busy, bucket, 50)).toEqual(calls(calm, bucket, 1).length === 0 ? [] : ['none']);
    }
    expect(calls(busy, 300, 50)).toEqual([]);
    expect(calls(calm, 300, 50).length).toBeGreaterThan(0);
  });

  test('a burst that goes on is not stated with every call', () => {
    const scope = newScope();
    for (let bucket = 0; bucket < 200; bucket++) calls(scope, bucket, 2);
    const found = [200, 201, 202, 203].flatMap((bucket) => calls(scope, bucket, 100));
    expect(found.length).toBeGreaterThan(0);
    expect(found.length).toBeLessThan(6);
  });

  test('early life: a new agent may not run away before it has a baseline', () => {
    const scope = newScope({ learning: true });
    const found = calls(scope, 0, 200);
    expect(found.some(({ firm }) => firm === true)).toBe(true);
  });

  test('late events are ignored by bucket', () => {
    const scope = newScope();
    calls(scope, 10, 3);
    expect(calls(scope, 5, 500)).toEqual([]);
  });

  test('tokens and errors have baselines of their own', () => {
    const scope = newScope();
    for (let bucket = 0; bucket < 300; bucket++) {
      drive(
        rate,
        event({ kind: 'model.output', usage: { inputTokens: 900, outputTokens: 100 } }, T0 + bucket * BUCKET_MS),
        scope,
      );
    }
    const found = drive(
      rate,
      event({ kind: 'model.output', usage: { inputTokens: 90_000, outputTokens: 10_000 } }, T0 + 300 * BUCKET_MS),
      scope,
    );
    expect(found[0]?.evidence.unit).toBe('thousand tokens per minute');
  });
});

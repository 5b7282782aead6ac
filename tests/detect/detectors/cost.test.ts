import { describe, expect, test } from 'vitest';
import { cost, EARLY_LIFE_TOKENS } from '../../../services/detect/detectors/cost.js';
import type { Scope } from '../../../services/detect/types.js';
import { chance, feed, HOUR, MINUTE, MONDAY, spread } from './series.js';
import { newScope } from './scope.js';

function conversation(scope: Scope, id: number, outputs: number[]): string[] {
  return outputs.flatMap((tokens, at) =>
    feed(
      cost,
      scope,
      { kind: 'model.output', session: { id: `c${id}` }, usage: { inputTokens: tokens, outputTokens: 0 } },
      MONDAY + id * HOUR + at * MINUTE,
    ).map(({ type }) => type),
  );
}

describe('cost', () => {
  test('positive: a loop that uses fifty times as much is found while it runs, and restated at double', () => {
    const scope = newScope();
    const random = chance(2);
    for (let id = 0; id < 60; id++) conversation(scope, id, [5_000 * spread(random, 0.5), 4_000]);
    const found = conversation(scope, 99, Array<number>(100).fill(30_000));
    expect(found[0]).toBe('cost.runaway');
    expect(found.length).toBeLessThan(8);
  });

  test('negative: conversations of very different length are quiet', () => {
    const scope = newScope();
    const random = chance(3);
    for (let id = 0; id < 300; id++) expect(conversation(scope, id, [10_000 * spread(random, 1)])).toEqual([]);
  });

  test('early life: a new agent has a limit before it has a baseline', () => {
    const scope = newScope({ learning: true });
    const half = EARLY_LIFE_TOKENS / 2;
    expect(conversation(scope, 1, [half, half - 1])).toEqual([]);
    expect(conversation(scope, 2, [half, half])).toEqual(['cost.runaway']);
  });

  test('a flagged conversation trains nothing', () => {
    const scope = newScope();
    for (let id = 0; id < 40; id++) conversation(scope, id, [1_000]);
    conversation(scope, 50, [1_000_000]);
    for (let id = 60; id < 66; id++) conversation(scope, id, [1_000]);
    expect((scope.agent['cost'] as { h: number[] }).h[1]).toBe(1_000);
  });

  test('running conversations are kept apart', () => {
    const scope = newScope();
    for (let id = 0; id < 40; id++) conversation(scope, id, [1_000]);
    for (let turn = 0; turn < 30; turn++)
      for (const id of [70, 71, 72]) expect(conversation(scope, id, [100])).toEqual([]);
  });
});

import { describe, expect, test } from 'vitest';
import { drift } from '../../../services/detect/detectors/drift.js';
import type { Scope } from '../../../services/detect/types.js';
import { chance, feed, HOUR, MONDAY } from './series.js';
import { newScope } from './scope.js';

const TOOLS = ['list', 'read', 'search', 'reply', 'close'];

function conversations(scope: Scope, from: number, count: number, seed: number, tools = TOOLS, most = 6): string[] {
  const random = chance(seed);
  const types: string[] = [];
  for (let id = from; id < from + count; id++)
    for (let call = 0; call < 1 + Math.floor(random() * most); call++)
      types.push(
        ...feed(
          drift,
          scope,
          { kind: 'tool.call', tool: tools[Math.floor(random() * tools.length)]!, session: { id: `s${id}` } },
          MONDAY + id * HOUR + call,
        ).map(({ type }) => type),
      );
  return types;
}

describe('drift', () => {
  test('negative: a thousand conversations of the same kind', () => {
    expect(conversations(newScope(), 0, 1000, 1)).toEqual([]);
  });
  test('positive: other tools, told once, then the new normal', () => {
    const scope = newScope();
    conversations(scope, 0, 120, 2);
    const others = ['list', 'export', 'download', 'archive'];
    const found = conversations(scope, 200, 200, 3, others);
    expect(found).toContain('drift.behaviour');
    expect(found.length).toBeLessThanOrEqual(3);
    expect(conversations(scope, 500, 200, 4, others)).toEqual([]);
  });
  test('positive: the same tools, five times as many calls', () => {
    const scope = newScope();
    conversations(scope, 0, 120, 2);
    expect(conversations(scope, 200, 60, 3, TOOLS, 30)).toContain('drift.behaviour');
  });
  test('boundary: one wild conversation is no drift', () => {
    const scope = newScope();
    conversations(scope, 0, 120, 2);
    conversations(scope, 200, 1, 3, ['other'], 60);
    expect(conversations(scope, 300, 60, 5)).toEqual([]);
  });
  test('single-tool agent: nothing to compare, nothing stated', () => {
    expect(conversations(newScope(), 0, 300, 7, ['only'])).toEqual([]);
  });
});

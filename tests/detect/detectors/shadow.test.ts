import { describe, expect, test } from 'vitest';
import type { BaselinePolicy } from '../../../schemas/baseline.js';
import { shadow } from '../../../services/detect/detectors/shadow.js';
import { inventoryOf } from '../../../services/detect/inventory.js';
import { feed, MONDAY } from './series.js';
import { newScope } from './scope.js';

const policy = (inventory: BaselinePolicy['inventory']): BaselinePolicy => ({
  apiVersion: 'stepdown/v1',
  kind: 'BaselinePolicy',
  ...(inventory === undefined ? {} : { inventory }),
});
const scopeOf = (inventory: BaselinePolicy['inventory']) => {
  const listed = inventoryOf(policy(inventory));
  return newScope(listed === undefined ? {} : { listed });
};
const modelCall = { kind: 'model.call' as const, model: 'gpt-x' };

describe('shadow', () => {
  test('positive: a model that is not listed, once a conversation', () => {
    const scope = scopeOf({ models: ['claude-*'] });
    expect(feed(shadow, scope, modelCall, MONDAY)).toMatchObject([
      { type: 'shadow.model', evidence: { observed: 'gpt-x' } },
    ]);
    expect(feed(shadow, scope, modelCall, MONDAY + 1)).toEqual([]);
  });
  test.each([
    ['agent', { agents: ['agent-2'] }, { kind: 'session.start' as const }, 'shadow.agent'],
    ['server', { servers: ['files'] }, { kind: 'tool.call' as const, tool: 't', server: 'evil' }, 'shadow.server'],
    [
      'endpoint',
      { endpoints: ['https://api.contoso.example/*'] },
      { kind: 'inventory' as const, subject: 'model', endpoint: 'http://10.0.0.9:11434' },
      'shadow.endpoint',
    ],
  ])('positive: an %s', (_kind, inventory, part, type) =>
    expect(feed(shadow, scopeOf(inventory), part, MONDAY).map((statement) => statement.type)).toEqual([type]),
  );
  test('negative: listed by a pattern', () =>
    expect(feed(shadow, scopeOf({ models: ['gpt-*'], agents: ['*'] }), modelCall, MONDAY)).toEqual([]));
  test('boundary: a kind that the inventory leaves out is not judged; an empty list lists nothing; none judges nothing', () => {
    expect(feed(shadow, scopeOf({ agents: ['*'] }), modelCall, MONDAY)).toEqual([]);
    expect(feed(shadow, scopeOf({ models: [] }), modelCall, MONDAY)).toHaveLength(1);
    expect(feed(shadow, scopeOf(undefined), modelCall, MONDAY)).toEqual([]);
  });
});

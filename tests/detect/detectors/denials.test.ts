import { describe, expect, test } from 'vitest';
import { denials } from '../../../services/detect/detectors/denials.js';
import type { Scope, Statement } from '../../../services/detect/types.js';
import { event, T0 } from '../events.js';
import { drive, newScope } from './scope.js';

const ok = () => event({ kind: 'tool.result', tool: 'read' }, T0);
const denied = () => event({ kind: 'tool.result', tool: 'read', denied: true, errorType: 'forbidden' }, T0);
const failed = () => event({ kind: 'tool.result', tool: 'read', errorType: 'timeout' }, T0);
const repeat = (scope: Scope, count: number, make: () => ReturnType<typeof ok>): Statement[] =>
  Array.from({ length: count }, () => drive(denials, make(), scope)).flat();

describe('refusals and errors', () => {
  test('positive: refusals in a row of an agent that is not refused', () => {
    const scope = newScope();
    repeat(scope, 500, ok);
    scope.session = {};
    const found = repeat(scope, 8, denied);
    expect(found[0]).toMatchObject({ type: 'denial.burst', pillar: 'identity' });
  });

  test('negative: now and then one', () => {
    const scope = newScope();
    for (let round = 0; round < 60; round++)
      expect([...repeat(scope, 15, ok), ...repeat(scope, 1, denied)]).toEqual([]);
  });

  test('boundary: three in a row are never enough', () => {
    const scope = newScope();
    repeat(scope, 2000, ok);
    scope.session = {};
    expect(repeat(scope, 3, denied)).toEqual([]);
  });

  test('an agent whose tools often fail is not flagged for it', () => {
    const scope = newScope();
    for (let round = 0; round < 300; round++) {
      repeat(scope, 1, ok);
      repeat(scope, 1, failed);
      scope.session = {};
    }
    expect(repeat(scope, 5, failed)).toEqual([]);
  });

  test('errors are another finding than refusals', () => {
    const scope = newScope();
    repeat(scope, 500, ok);
    scope.session = {};
    expect(repeat(scope, 10, failed)[0]?.type).toBe('error.burst');
  });

  test('stated again only when doubled', () => {
    const scope = newScope();
    repeat(scope, 500, ok);
    scope.session = {};
    expect(repeat(scope, 40, denied).length).toBeLessThan(6);
  });

  test('a refusal by the baseline policy counts, one by a contraction never comes here', () => {
    const scope = newScope();
    repeat(scope, 500, ok);
    scope.session = {};
    const refused = () =>
      event({ kind: 'tool.call', tool: 'x', decision: { id: 'd', verdict: 'block', contractions: [] } }, T0);
    expect(repeat(scope, 8, refused).map(({ type }) => type)).toContain('denial.burst');
    const held = () =>
      event({ kind: 'tool.call', tool: 'x', decision: { id: 'd', verdict: 'block', contractions: ['c'] } }, T0);
    const other = newScope();
    repeat(other, 500, ok);
    expect(repeat(other, 20, held)).toEqual([]);
  });

  test('early life: a new agent that is refused at eight different doors, and not one that asks again at the same', () => {
    const refused = (at: number) =>
      event({ kind: 'tool.result', tool: `open_${at}`, text: 'HTTP/1.1 403 Forbidden' }, T0);
    const scope = newScope({ learning: true });
    const found = Array.from({ length: 8 }, (_, at) => drive(denials, refused(at), scope));
    expect(
      found
        .slice(0, 7)
        .flat()
        .filter(({ firm }) => firm === true),
    ).toEqual([]);
    expect(found[7]?.[0]).toMatchObject({ type: 'denial.burst', firm: true, evidence: { facts: { doors: 8 } } });
    const same = newScope({ learning: true });
    const again = Array.from({ length: 20 }, () => drive(denials, refused(1), same)).flat();
    expect(again.filter(({ firm }) => firm === true)).toEqual([]);
  });

  test('a conversation is not held against itself', () => {
    const scope = newScope();
    repeat(scope, 40, ok);
    scope.session = {};
    const counts = () => (scope.agent['denials'] as { d: number[] }).d[0];
    repeat(scope, 3, denied);
    expect(counts()).toBe(3);
    expect(repeat(scope, 6, denied).length).toBeGreaterThan(0);
  });
});

import { describe, expect, test } from 'vitest';
import {
  newSequenceModel,
  probability,
  sequence,
  type SequenceModel,
} from '../../../services/detect/detectors/sequence.js';
import type { Scope, Statement } from '../../../services/detect/types.js';
import { event, T0 } from '../events.js';
import { drive, newScope } from './scope.js';

const run = (scope: Scope, tools: readonly string[]): Statement[] => {
  scope.session = {};
  return tools.flatMap((tool) => drive(sequence, event({ kind: 'tool.call', tool }, T0), scope));
};
const USUAL = ['login', 'search', 'read', 'answer'];

function trained(sessions: number): Scope {
  const scope = newScope();
  for (let session = 0; session < sessions; session++) run(scope, USUAL);
  return scope;
}

describe('sequence surprise', () => {
  test('positive: known tools in an order never used', () => {
    const found = run(trained(100), ['answer', 'read', 'login', 'answer', 'search', 'answer']);
    expect(found.map(({ type }) => type)).toContain('sequence.surprise');
    expect(found[0]?.evidence.unit).toBe('bits per call, session mean');
  });

  test('negative: the usual order', () => {
    expect(run(trained(100), USUAL)).toEqual([]);
  });

  test('boundary: an agent that is hardly known is not judged', () => {
    expect(run(trained(8), ['answer', 'read', 'login', 'answer', 'search', 'answer'])).toEqual([]);
  });

  test('one swap in a long usual session is quiet', () => {
    const scope = newScope();
    for (let session = 0; session < 60; session++)
      run(scope, session % 3 === 0 ? ['login', 'read', 'search', 'answer'] : USUAL);
    expect(run(scope, ['login', 'read', 'search', 'answer'])).toEqual([]);
  });

  test('single-tool agent: its own baseline has no spread, and still only a real change is stated', () => {
    const scope = newScope();
    for (let session = 0; session < 50; session++) run(scope, ['search', 'search', 'search', 'search']);
    expect(run(scope, ['search', 'search', 'search', 'search', 'search', 'search'])).toEqual([]);
    expect(run(scope, ['delete', 'delete', 'wire', 'delete', 'wire']).length).toBeGreaterThan(0);
  });

  test('probabilities of all known tools and the unseen one do not exceed one', () => {
    const model = trained(40).agent['sequence'] as SequenceModel;
    for (const before of [[], ['login'], ['login', 'search'], ['never', 'seen']]) {
      const sum = [...USUAL, 'unseen'].reduce((total, tool) => total + probability(model, before, tool), 0);
      expect(sum).toBeLessThanOrEqual(1 + 1e-9);
      expect(sum).toBeGreaterThan(0.8);
    }
    expect(probability(newSequenceModel(), [], 'x')).toBeGreaterThan(0);
  });

  test('memory is bounded', () => {
    const scope = newScope();
    for (let session = 0; session < 400; session++)
      run(scope, [`t${session % 50}`, `t${(session * 7) % 50}`, `t${(session * 13) % 50}`]);
    expect(JSON.stringify(scope.agent['sequence']).length).toBeLessThan(4000);
  });
});

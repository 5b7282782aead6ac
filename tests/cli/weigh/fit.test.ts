import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CALL_WITNESSES, callLogOdds, callWitnesses, WEIGHTS } from '../../../services/detect/call-odds.js';
import { fit, loudestOf, regression } from '../../../services/cli/weigh/fit.js';
import { isRight, leaveOut, outcomeOf, together } from '../../../services/cli/weigh/folds.js';
import { PRIOR_WEIGHTS } from '../../../services/cli/weigh/priors.js';
import type { WeighedRun } from '../../../services/cli/weigh/rows.js';
import type { CallEvidence } from '../../../services/detect/call-evidence.js';
import { NO_EVIDENCE } from '../../detect/evidence.js';

const vector = (...values: number[]) => Float64Array.from(values);
const run = (more: Partial<WeighedRun>): WeighedRun => ({
  traceId: 't',
  suite: 'one',
  goal: null,
  cluster: 'c',
  kind: 'benign',
  harmful: undefined,
  others: [],
  ...more,
});
const attacked = (suite: string, ...candidates: Float64Array[]): WeighedRun =>
  run({ suite, kind: 'attacked', goal: suite, harmful: { tool: 'send', candidates } });
const benign = (suite: string, ...candidates: Float64Array[]): WeighedRun =>
  run({ suite, others: candidates.map((each) => ({ tool: 'send', candidates: [each] })) });

describe('regression', () => {
  const examples = [
    { vector: vector(1, 1), label: 1 as const, weight: 1 },
    { vector: vector(1, 0), label: 0 as const, weight: 1 },
  ];

  test('what the runs say nothing of keeps its prior', () => {
    const [, , unseen] = regression(
      examples.map((each) => ({ ...each, vector: vector(...each.vector, 0) })),
      [0, 1, -2.5],
      [0, 1, -2.5],
      1,
    );
    expect(unseen).toBe(-2.5);
  });

  test('is where the gradient of the penalised likelihood is nothing', () => {
    const priors = [0, 1];
    const ridge = 0.5;
    const weights = regression(examples, priors, priors, ridge);
    for (const at of [0, 1]) {
      let gradient = ridge * (weights[at]! - priors[at]!);
      for (const { vector: x, label } of examples)
        gradient += (1 / (1 + Math.exp(-(weights[0]! * x[0]! + weights[1]! * x[1]!))) - label) * x[at]!;
      expect(Math.abs(gradient)).toBeLessThan(1e-3);
    }
  });

  test('a stronger ridge stays nearer to the priors', () => {
    const distance = (ridge: number) => Math.abs(regression(examples, [0, 0.5], [0, 0.5], ridge)[1]! - 0.5);
    expect(distance(0.1)).toBeGreaterThan(distance(1));
    expect(distance(1)).toBeGreaterThan(distance(100));
    expect(distance(1e6)).toBeLessThan(1e-3);
  });

  test('no weight crosses zero, whatever the runs say', () => {
    const numbers = fc.double({ min: -1, max: 1, noNaN: true });
    fc.assert(
      fc.property(
        fc.array(
          fc.record({ x: fc.tuple(numbers, numbers, numbers), label: fc.constantFrom(0 as const, 1 as const) }),
          {
            minLength: 1,
            maxLength: 30,
          },
        ),
        (rows) => {
          const priors = [0, 2, -2];
          const weights = regression(
            rows.map(({ x, label }) => ({ vector: vector(...x), label, weight: 1 })),
            priors,
            priors,
            0.01,
          );
          expect(weights[1]).toBeGreaterThanOrEqual(0);
          expect(weights[2]).toBeLessThanOrEqual(0);
        },
      ),
      { numRuns: 50 },
    );
  });
});

describe('a call that may obey several texts', () => {
  test('is what its loudest text makes it', () => {
    expect(loudestOf([1, 2], { tool: 't', candidates: [vector(1, 0), vector(0, 1)] })?.odds).toBe(2);
    expect(loudestOf([1], { tool: 't', candidates: [] })).toBeUndefined();
  });

  test('the text it obeyed is found by the fit, not told to it', () => {
    // Of each harmful call's two texts one is everyday text, which benign calls have, too.
    const everyday = vector(1, 1, 0);
    const order = vector(1, 0, 1);
    const runs = Array.from({ length: 20 }, (_none, at) =>
      at % 2 === 0 ? attacked('one', everyday, order) : benign('one', everyday),
    );
    const weights = fit(runs, [0, 0.1, 0.2], { ridge: 0.1 });
    expect(weights[2]).toBeGreaterThan(weights[1]!);
    expect(runs.every((each) => isRight(each, weights))).toBe(true);
  });

  test('a harmful call of which no text speaks is never held', () => {
    expect(isRight(attacked('one'), [100])).toBe(false);
    expect(isRight(benign('one'), [100])).toBe(true);
  });
});

describe('leaving out', () => {
  // In suite "two" alone a third witness tells the attack: nothing else can teach it.
  const runs = [
    ...Array.from({ length: 10 }, () => attacked('one', vector(1, 1, 0))),
    ...Array.from({ length: 10 }, () => benign('one', vector(1, 0, 0))),
    ...Array.from({ length: 10 }, () => attacked('two', vector(1, 0, 1))),
    ...Array.from({ length: 10 }, () => benign('two', vector(1, 0, 0))),
  ];
  const options = { ridge: 0.01, seed: 1 };
  const suite = ({ suite: name }: WeighedRun): string => name;

  test('what only the left-out suite teaches is not known', () => {
    const folds = leaveOut(runs, suite, [0, 0, 0], options);
    expect(folds.map(({ name }) => name)).toEqual(['one', 'two']);
    for (const { outcome } of folds) {
      expect(outcome.stopped.share).toBe(0);
      expect(outcome.benign.share).toBe(1);
    }
    expect(outcomeOf(runs, fit(runs, [0, 0, 0], options), 1).stopped.share).toBe(1);
    const all = together(runs, suite, folds, 1);
    expect([all.stopped.of, all.benign.of, all.resisting.of]).toEqual([20, 20, 0]);
    expect(all.resisting.share).toBeNull();
  });

  test('runs without a group stand in every fit and in no trial', () => {
    const folds = leaveOut(runs, ({ goal }) => goal ?? undefined, [0, 0, 0], options);
    expect(folds.map(({ outcome }) => [outcome.stopped.of, outcome.benign.of])).toEqual([
      [10, 0],
      [10, 0],
    ]);
  });

  test('the same seed gives the same intervals', () => {
    const weights = [0, 1, 1];
    expect(outcomeOf(runs, weights, 3)).toEqual(outcomeOf(runs, weights, 3));
  });
});

describe('the witnesses', () => {
  test('have a prior each, with the sign of the weight that ships', () => {
    expect(PRIOR_WEIGHTS).toHaveLength(CALL_WITNESSES.length);
    const crossed = CALL_WITNESSES.filter((name, at) => WEIGHTS[name] * PRIOR_WEIGHTS[at]! < 0);
    expect(crossed).toEqual([]);
  });

  test('summed with their weights are the log-odds that the detector goes by', () => {
    const evidence: CallEvidence = {
      ...NO_EVIDENCE,
      spanProbability: 0.7,
      toolNamed: true,
      effectAsked: true,
      provenance: { fromSpan: 0.5, fromUser: 0.25, spanDestinations: ['eve.example'], spanValues: [], traced: 4 },
      toolFromSpan: 0.5,
      userSpoke: true,
      delegated: true,
      pointed: true,
      userAskedBroadly: true,
      samePlace: true,
      unusual: true,
      elsewhere: true,
    };
    const witnesses = callWitnesses(evidence);
    const sum = CALL_WITNESSES.reduce((total, name) => total + WEIGHTS[name] * witnesses[name], 0);
    expect(callLogOdds(evidence)).toBeCloseTo(sum, 10);
  });
});

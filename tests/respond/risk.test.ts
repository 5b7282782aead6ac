import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SEVERITIES } from '../../schemas/common.js';
import type { Contribution } from '../../schemas/risk.js';
import {
  corroborationAt,
  fallsBelowMs,
  lastAboveMs,
  MAX_CONTRIBUTIONS,
  scoreAt,
  withFinding,
  withoutFindings,
} from '../../services/respond/risk.js';
import { finding, MINUTE } from './rig.js';

const HALF = 10 * MINUTE;
const contribution: fc.Arbitrary<Contribution> = fc.record({
  findingId: fc.uuid(),
  detector: fc.constantFrom('a', 'b', 'c'),
  type: fc.constantFrom('x', 'y'),
  severity: fc.constantFrom(...SEVERITIES),
  confidence: fc.double({ min: 0, max: 1, noNaN: true }),
  timeMs: fc.integer({ min: 0, max: 60 * MINUTE }),
});
const several = fc.array(contribution, { maxLength: 12 });
const one = (more: Partial<Contribution> = {}): Contribution => ({
  findingId: 'f',
  detector: 'a',
  type: 'x',
  severity: 'high',
  confidence: 0.8,
  timeMs: 0,
  ...more,
});

describe('risk', () => {
  it.each<[string, Contribution[], number, number]>([
    ['nothing', [], 0, 0],
    ['one grave finding', [one()], 0, 80],
    ['half of it after a half-life', [one()], HALF, 40],
    ['a quarter after two', [one()], 2 * HALF, 20],
    ['a light one weighs less', [one({ severity: 'low' })], 0, 24],
    ['two independent ones by noisy-OR', [one(), one({ detector: 'b', confidence: 0.5 })], 0, 90],
    ['what one detector repeats counts once', [one(), one({ findingId: 'g', confidence: 0.6 })], 0, 80],
    [
      'a fresh repeat takes over from a faded one',
      [one(), one({ findingId: 'g', confidence: 0.6, timeMs: HALF })],
      HALF,
      60,
    ],
    ['two types of one detector are two', [one(), one({ type: 'y', confidence: 0.5 })], 0, 90],
  ])('%s', (_name, contributions, atMs, expected) => {
    expect(scoreAt(contributions, atMs, HALF)).toBeCloseTo(expected, 9);
  });

  it('stays within 0 and 100, grows with findings, falls with time, whatever the order', () => {
    fc.assert(
      fc.property(several, contribution, fc.nat(60 * MINUTE), (all, more, later) => {
        const now = 60 * MINUTE;
        const score = scoreAt(all, now, HALF);
        expect(score).toBeGreaterThanOrEqual(0);
        expect(score).toBeLessThanOrEqual(100);
        expect(scoreAt([...all, more], now, HALF)).toBeGreaterThanOrEqual(score - 1e-9);
        expect(scoreAt(all, now + later, HALF)).toBeLessThanOrEqual(score + 1e-9);
        expect(scoreAt([...all].reverse(), now, HALF)).toBeCloseTo(score, 9);
      }),
    );
  });

  it('knows to the millisecond when it falls below a level', () => {
    fc.assert(
      fc.property(several, fc.integer({ min: 1, max: 100 }), (all, level) => {
        const from = 60 * MINUTE;
        const at = fallsBelowMs(all, level, from, HALF);
        expect(scoreAt(all, at, HALF)).toBeLessThan(level);
        if (at > from) expect(scoreAt(all, at - 2, HALF)).toBeGreaterThanOrEqual(level - 1e-6);
      }),
    );
  });

  it('knows when it was last above, a weak finding later does not move it', () => {
    const grave = one({ confidence: 0.6 });
    const crossing = fallsBelowMs([grave], 30, 0, HALF);
    // At the half-life it is 30 exactly; a moment later it is below.
    expect(crossing).toBe(HALF + 1);
    const weak = one({ detector: 'b', severity: 'informational', confidence: 0.5, timeMs: 30 * MINUTE });
    expect(lastAboveMs([grave, weak], 30, HALF)).toBe(crossing);
    expect(lastAboveMs([weak], 30, HALF)).toBe(-Infinity);
    const grave2 = one({ detector: 'b', confidence: 0.6, timeMs: 30 * MINUTE });
    expect(lastAboveMs([grave, grave2], 30, HALF)).toBeGreaterThan(40 * MINUTE);
  });

  it('keeps a bounded number of findings, the strongest', () => {
    let risk = withFinding(undefined, finding({ confidence: 1 }), 0, HALF);
    for (let i = 0; i < 200; i += 1) risk = withFinding(risk, finding({ confidence: 0.01 }), i, HALF);
    expect(risk.contributions).toHaveLength(MAX_CONTRIBUTIONS);
    expect(risk.score).toBeGreaterThan(99);
  });

  it('tells what others say from what one detector says loudly', () => {
    const loud = [one({ confidence: 0.99 }), one({ confidence: 0.9, type: 'y', findingId: 'g' })];
    expect(corroborationAt(loud, 0, HALF)).toBe(0);
    expect(corroborationAt([...loud, one({ detector: 'b', confidence: 0.6 })], 0, HALF)).toBeCloseTo(60, 9);
    expect(corroborationAt([], 0, HALF)).toBe(0);
    fc.assert(
      fc.property(several, (all) => {
        const now = 60 * MINUTE;
        const others = corroborationAt(all, now, HALF);
        expect(others).toBeLessThanOrEqual(scoreAt(all, now, HALF) + 1e-9);
        if (new Set(all.map(({ detector }) => detector)).size <= 1) expect(others).toBe(0);
      }),
    );
  });

  it('lets no detector crowd another out by repeating itself', () => {
    let risk = withFinding(undefined, finding({ detector: 'second', type: 'y', confidence: 0.6 }), 0, HALF);
    for (let i = 0; i < 100; i += 1) risk = withFinding(risk, finding({ confidence: 0.99 }), i, HALF);
    expect(risk.contributions).toHaveLength(MAX_CONTRIBUTIONS);
    expect(corroborationAt(risk.contributions, 100, HALF)).toBeGreaterThan(59);
  });

  it('forgets what a person judged to be nothing', () => {
    const bad = finding({ confidence: 1 });
    const risk = withFinding(undefined, bad, 0, HALF);
    expect(withoutFindings(risk, new Set([bad.id]), 5, HALF).score).toBe(0);
  });
});

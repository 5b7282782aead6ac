import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { VERDICTS } from '../../schemas/decision.js';
import type { Control } from '../../schemas/control.js';
import { ContractionIndex } from '../../services/policy/contraction-index.js';
import { decide } from '../../services/policy/decide.js';
import { Baseline, below, meet, meetAll, policyOf, type Policy, TOP } from '../../services/policy/effective.js';
import { compileGlob, globCovers } from '../../services/policy/glob.js';
import { prepare, rule, stricter } from '../../services/policy/ruling.js';
import { baseline, contractions, control, request } from './arbitraries.js';

const policy: fc.Arbitrary<Policy> = fc.oneof(
  fc.array(control, { maxLength: 4 }).map(policyOf),
  baseline.map((document) => new Baseline(document).for({ tenant: 'default', agentId: 'agent-1' })),
);
const runs = { numRuns: 300 };
const rank = (verdict: (typeof VERDICTS)[number]) => VERDICTS.indexOf(verdict);
const rate = () => 2;

describe('the lattice of policies', () => {
  it('meets commutatively', () => {
    fc.assert(
      fc.property(policy, policy, (a, b) => void expect(meet(a, b)).toEqual(meet(b, a))),
      runs,
    );
  });
  it('meets associatively', () => {
    fc.assert(
      fc.property(policy, policy, policy, (a, b, c) => void expect(meet(a, meet(b, c))).toEqual(meet(meet(a, b), c))),
      runs,
    );
  });
  it('meets idempotently, with the empty policy as top', () => {
    fc.assert(
      fc.property(policy, (a) => {
        expect(meet(a, a)).toEqual(a);
        expect(meet(a, TOP)).toEqual(a);
        expect(below(a, TOP)).toBe(true);
      }),
      runs,
    );
  });
  it('orders: the meet is below both, and is the greatest that is', () => {
    fc.assert(
      fc.property(policy, policy, policy, (a, b, c) => {
        const both = meet(a, b);
        expect(below(both, a) && below(both, b)).toBe(true);
        if (below(c, a) && below(c, b)) expect(below(c, both)).toBe(true);
        if (below(a, b)) expect(meet(a, b)).toEqual(a);
      }),
      runs,
    );
  });
  it('is a partial order on canonical policies', () => {
    fc.assert(
      fc.property(policy, policy, policy, (a, b, c) => {
        expect(below(a, a)).toBe(true);
        if (below(a, b) && below(b, a)) expect(a).toEqual(b);
        if (below(a, b) && below(b, c)) expect(below(a, c)).toBe(true);
      }),
      runs,
    );
  });

  const each: Control['control'][] = [
    'tool.block',
    'tool.requireApproval',
    'scope.narrow',
    'auth.strength',
    'auth.reauthenticate',
    'egress.allow',
    'model.deny',
    'sandbox.require',
    'data.mask',
    'generation.guard',
    'rate.limit',
    'session.suspend',
    'agent.disable',
  ];
  it.each(each)('holds for %s alone', (name) => {
    const one = control.filter((candidate) => candidate.control === name).map((candidate) => policyOf([candidate]));
    fc.assert(
      fc.property(one, one, one, (a, b, c) => {
        expect(meet(a, b)).toEqual(meet(b, a));
        expect(meet(a, meet(b, c))).toEqual(meet(meet(a, b), c));
        expect(meet(a, a)).toEqual(a);
        expect(below(meet(a, b), a)).toBe(true);
      }),
      { numRuns: 60 },
    );
  });
});

describe('verdicts follow the lattice', () => {
  it('ruling by the meet is the strictest of ruling by the parts', () => {
    fc.assert(
      fc.property(fc.array(policy, { maxLength: 4 }), request, (parts, asked) => {
        const prepared = prepare(asked);
        const whole = rule(meetAll(parts), prepared, 100_000, rate).verdict;
        const byParts = parts.map((part) => rule(part, prepared, 100_000, rate).verdict).reduce(stricter, 'allow');
        expect(whole).toBe(byParts);
      }),
      { numRuns: 1500 },
    );
  });
  it('a narrower policy never answers wider', () => {
    fc.assert(
      fc.property(policy, policy, request, (a, b, asked) => {
        fc.pre(below(a, b));
        const prepared = prepare(asked);
        expect(rank(rule(a, prepared, 100_000, rate).verdict)).toBeGreaterThanOrEqual(
          rank(rule(b, prepared, 100_000, rate).verdict),
        );
      }),
      runs,
    );
  });
});

/** The policy in force for s1/agent-1/u1: baseline and enforced contractions on them. */
function effective(base: Policy, index: ContractionIndex, nowMs: number): Policy {
  const asked = {
    tenant: 'default',
    kind: 'tool' as const,
    name: 'send_mail',
    agentId: 'agent-1',
    sessionId: 's1',
    userId: 'u1',
    effects: [],
  };
  return meetAll([
    base,
    ...index
      .applying(asked, nowMs)
      .filter(({ contraction }) => contraction.mode === 'enforce')
      .map(({ policy: narrowed }) => narrowed),
  ]);
}

describe('contractions', () => {
  it('never widen: effective ⊑ baseline for any set in any order', () => {
    fc.assert(
      fc.property(
        baseline,
        contractions.chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length }))),
        (document, [all, shuffled]) => {
          const base = new Baseline(document).for({ tenant: 'default', agentId: 'agent-1' });
          const one = new ContractionIndex();
          const two = new ContractionIndex();
          for (const contraction of all) one.apply(contraction, 0);
          for (const contraction of shuffled) two.apply(contraction, 0);
          expect(below(effective(base, one, 1), base)).toBe(true);
          expect(effective(base, one, 1)).toEqual(effective(base, two, 1));
        },
      ),
      runs,
    );
  });

  it('revert exactly: overlaps, extensions, ends out of order, late repeats, a baseline changed in between', () => {
    const act = fc.record({ what: fc.constantFrom('extend', 'end', 'repeat'), which: fc.nat(4) });
    fc.assert(
      fc.property(baseline, baseline, contractions, fc.array(act, { maxLength: 20 }), (before, after, all, acts) => {
        const index = new ContractionIndex();
        const newest = new Map(all.map((contraction) => [contraction.id, contraction]));
        for (const contraction of all) index.apply(contraction, 0);
        for (const { what, which } of acts) {
          const contraction = newest.get(`c${which}`);
          if (!contraction) continue;
          if (what === 'repeat') {
            index.apply({ ...contraction, version: 1, state: 'active' }, 2);
            continue;
          }
          const next = {
            ...contraction,
            version: contraction.version + 1,
            state: what === 'end' ? ('ended' as const) : contraction.state,
            controls: what === 'extend' ? [...contraction.controls] : contraction.controls,
          };
          newest.set(next.id, next);
          index.apply(next, 3);
        }
        const base = new Baseline(after).for({ tenant: 'default', agentId: 'agent-1' });
        const expected = meetAll([
          base,
          ...[...newest.values()]
            .filter(
              ({ state, mode, target }) =>
                state === 'active' &&
                mode === 'enforce' &&
                target.tenant === 'default' &&
                ['s1', 'agent-1', 'u1', 'send_mail'].includes(target.id),
            )
            .map(({ controls }) => policyOf(controls)),
        ]);
        expect(effective(base, index, 4)).toEqual(expected);
        for (const contraction of newest.values())
          index.apply({ ...contraction, version: contraction.version + 1, state: 'ended' }, 5);
        expect(effective(base, index, 6)).toEqual(base);
        const unchanged = new Baseline(before).for({ tenant: 'default', agentId: 'agent-1' });
        expect(effective(unchanged, index, 6)).toEqual(unchanged);
        expect(index.size).toBe(0);
      }),
      runs,
    );
  });

  it('only ever make a decision stricter, and say which ones did', () => {
    fc.assert(
      fc.property(baseline, contractions, request, (document, all, asked) => {
        const base = new Baseline(document);
        const index = new ContractionIndex();
        const bare = decide(asked, { baseline: base, contractions: index, rate }, 100_000);
        for (const contraction of all) index.apply(contraction, 100_000);
        const decision = decide(asked, { baseline: base, contractions: index, rate }, 100_001);
        expect(rank(decision.verdict)).toBeGreaterThanOrEqual(rank(bare.verdict));
        if (decision.verdict !== bare.verdict) expect(decision.contractions.length).toBeGreaterThan(0);
        for (const id of decision.contractions)
          expect(all.find((contraction) => contraction.id === id)?.mode).toBe('enforce');
        if (decision.wouldBe) expect(rank(decision.wouldBe.verdict)).toBeGreaterThan(rank(decision.verdict));
        expect(decision.refusal === undefined).toBe(decision.verdict === 'allow');
      }),
      { numRuns: 600 },
    );
  });
});

describe('globs', () => {
  const pattern = fc.array(fc.constantFrom('a', 'b', '*', '.'), { maxLength: 8 }).map((parts) => parts.join(''));
  const text = fc.array(fc.constantFrom('a', 'b', '.'), { maxLength: 10 }).map((parts) => parts.join(''));
  const reference = (glob: string, given: string) =>
    new RegExp(`^${glob.replace(/\./g, '\\.').replace(/\*+/g, '.*')}$`, 's').test(given);

  it('match what the same regular expression matches', () => {
    fc.assert(
      fc.property(pattern, text, (glob, given) => compileGlob(glob)(given) === reference(glob, given)),
      { numRuns: 3000 },
    );
  });
  it('cover soundly and transitively', () => {
    fc.assert(
      fc.property(pattern, pattern, text, (wide, narrow, given) => {
        if (globCovers(wide, narrow) && compileGlob(narrow)(given)) expect(compileGlob(wide)(given)).toBe(true);
      }),
      { numRuns: 3000 },
    );
  });
  it('match in linear time', () => {
    const matcher = compileGlob('*a*a*a*a*a*a*a*a*b');
    const started = performance.now();
    expect(matcher('a'.repeat(200_000))).toBe(false);
    expect(performance.now() - started).toBeLessThan(200);
  });
});

/** What a condition may ask beside CEL's own: address ranges, linear-time patterns; and how its answer is explained. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contextOf } from '../../../services/respond/match.js';
import { compileCondition } from '../../../services/respond/playbook/condition.js';
import { cidr, re2 } from '../../../services/respond/playbook/condition-functions.js';
import { finding } from '../rig.js';

const NAMES = {
  params: { least: 0.8, shape: '^[A-Z]{2}[0-9]{2}' },
  lists: { office: ['10.0.0.0/8', '2001:db8::/32'] },
};
const SCORES = { entityBefore: 0, entity: 40, session: 40, agent: 10, user: 0, corroboration: 0 };
const compiled = (text: string) => {
  const outcome = compileCondition(text, NAMES);
  if (!outcome.ok) throw new Error(outcome.faults.map(({ message }) => message).join('; '));
  return outcome.condition;
};
const faults = (text: string) => {
  const outcome = compileCondition(text, NAMES);
  return outcome.ok ? [] : outcome.faults.map(({ code, message, offset }) => `${code}@${offset} ${message}`);
};

describe('cidr', () => {
  it.each([
    ['10.1.2.3', '10.0.0.0/8', true],
    ['11.1.2.3', '10.0.0.0/8', false],
    ['10.1.2.3', '10.1.2.3', true],
    ['0.0.0.0', '0.0.0.0/0', true],
    ['::1', '0.0.0.0/0', false],
    ['2001:db8::7', '2001:db8::/32', true],
    ['[2001:DB8::7]', '2001:db8::/32', true],
    ['2001:db9::7', '2001:db8::/32', false],
    ['::ffff:10.9.9.9', '10.0.0.0/8', true],
    ['fe80::1%eth0', 'fe80::/10', true],
    ['10.1.2', '10.0.0.0/8', false],
    ['010.1.2.3', '10.0.0.0/8', false],
    ['evil.example', '10.0.0.0/8', false],
    ['1::2::3', '::/0', false],
  ])('%s in %s: %s', (address, range, wanted) => {
    expect(cidr(address, range)).toBe(wanted);
  });

  it('agrees with counting bits for every prefix', () => {
    fc.assert(
      fc.property(fc.nat(0xffff_ffff), fc.nat(0xffff_ffff), fc.integer({ min: 0, max: 32 }), (a, b, prefix) => {
        const dotted = (value: number) => [24, 16, 8, 0].map((shift) => (value >>> shift) & 255).join('.');
        const same = prefix === 0 || a >>> (32 - prefix) === b >>> (32 - prefix);
        return cidr(dotted(a), `${dotted(b)}/${prefix}`) === same;
      }),
      { numRuns: 200 },
    );
  });

  it('takes a list, and a range that is none is said at once', () => {
    const condition = compiled('cidr(finding.origin, lists.office)');
    expect(condition.evaluate(contextOf(finding({ origin: '10.4.4.4' }), SCORES))).toEqual({ matched: true });
    expect(condition.evaluate(contextOf(finding({ origin: '9.4.4.4' }), SCORES))).toEqual({ matched: false });
    expect(faults('cidr(finding.origin, "10.0.0.0/33")')).toEqual(['PB015@21 "10.0.0.0/33" is no address range']);
  });
});

describe('re2', () => {
  it('finds a pattern anywhere, and takes it from a parameter', () => {
    expect(
      compiled('re2(finding.origin, params.shape)').evaluate(contextOf(finding({ origin: 'DE89 3704' }), SCORES)),
    ).toEqual({
      matched: true,
    });
    expect(re2('a-b', 'B')).toBe(false);
  });

  it('takes linear time where a backtracking engine would stop the machine', () => {
    const begun = performance.now();
    expect(re2(`${'a'.repeat(30_000)}!`, '^(a+)+$')).toBe(false);
    expect(performance.now() - begun).toBeLessThan(2_000);
  });

  it('refuses what only backtracking can do, and patterns that come with the data', () => {
    expect(faults('re2(finding.origin, "(a)\\\\1")')[0]).toContain('PB015@20 this pattern cannot be read');
    expect(faults('re2(finding.origin, finding.title)')).toEqual([
      'PB014@20 the pattern of `re2` must be known when the playbook is loaded',
    ]);
  });
});

it('an explanation agrees with the answer, part by part, and shows the values', () => {
  const condition = compiled(
    'finding.confidence >= params.least && !(finding.origin == "trusted.example" || finding.learning) && risk.session > 50.0',
  );
  const context = contextOf(finding({ confidence: 0.9, origin: 'evil.example' }), SCORES);
  const tree = condition.explain(context);
  expect(tree).toEqual({
    check: 'all',
    pass: false,
    text: 'all of',
    parts: [
      {
        check: 'when',
        pass: true,
        text: 'finding.confidence >= params.least',
        values: { 'finding.confidence': 0.9, 'params.least': 0.8 },
      },
      {
        check: 'not',
        pass: true,
        text: '!(finding.origin == "trusted.example" || finding.learning)',
        parts: [
          {
            check: 'any',
            pass: false,
            text: 'any of',
            parts: [
              {
                check: 'when',
                pass: false,
                text: 'finding.origin == "trusted.example"',
                values: { 'finding.origin': 'evil.example' },
              },
              { check: 'when', pass: false, text: 'finding.learning', values: { 'finding.learning': false } },
            ],
          },
        ],
      },
      { check: 'when', pass: false, text: 'risk.session > 50.0', values: { 'risk.session': 40 } },
    ],
  });
  expect(condition.evaluate(context)).toEqual({ matched: tree.pass });
});

it('brackets and what cannot be evaluated are explained too', () => {
  const context = contextOf(finding({ confidence: 0.9 }), SCORES);
  for (const text of [
    '(finding.confidence + 0.5) * 2.0 > 1.0',
    '((finding.confidence)) > (0.1) && (finding.title.contains("(") || finding.learning)',
    'finding.facts["none"] == 1.0 || finding.confidence > 0.1',
    '!(finding.predicted.exists(p, p.tool == "x")) && finding.tool == ""',
    '!(finding.facts["none"] == 1.0 && finding.confidence > 0.1)',
    '!(finding.facts["none"] == 1.0 && finding.learning)',
    '!(finding.facts["none"] == 1.0 || finding.learning)',
    '!!(finding.facts["none"] == 1.0 || finding.confidence > 0.1)',
  ]) {
    const condition = compiled(text);
    const answer = condition.evaluate(context);
    expect([text, condition.explain(context).pass]).toEqual([text, 'matched' in answer && answer.matched]);
  }
});

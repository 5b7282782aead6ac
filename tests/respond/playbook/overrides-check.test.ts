/** What people write into overrides.yaml that does not do what they think, and the words they get for it. */
import { describe, expect, it } from 'vitest';
import { describeDiagnostic, hasErrors } from '../../../services/respond/playbook/diagnostic.js';
import { compilePlaybooks } from '../../../services/respond/playbook/load.js';

const PLAYBOOKS = {
  a: 'trigger: {finding: injection.indirect}\nrevert: {until: sessionEnd, max: 1h}\n',
  q: 'trigger: {finding: taint.sink}\nrevert: {until: {quiet: {below: 30, for: 10m}}, max: 4h}\n',
  r: 'trigger: {risk: {entity: session, above: 60}}\nrevert: {until: {quiet: {for: 10m}}, max: 4h}\n',
};
const NOW = Date.UTC(2030, 0, 1);
const BOUND = 'reason: r, owner: o';
const PAST = 'expires: 2029-12-31T23:59:59Z';
const NEXT = 'expires: 2030-01-01T00:00:01Z';

function told(text: string): { said: string[]; errors: boolean } {
  const sources = Object.entries(PLAYBOOKS).map(([id, rest]) => ({
    file: `${id}.yaml`,
    text: `apiVersion: stepdown/v1\nkind: Playbook\nid: ${id}\ntitle: T\nversion: 1\ntarget: session\ncontract: [{tool.block: {effects: [send]}}]\n${rest}`,
  }));
  const overrides = { file: 'o.yaml', text: `apiVersion: stepdown/v1\nkind: Overrides\n${text}\n` };
  const { diagnostics } = compilePlaybooks(sources, overrides, { nowMs: NOW });
  return { said: diagnostics.map(describeDiagnostic), errors: hasErrors(diagnostics) };
}

describe('overrides', () => {
  it.each([
    [`playbooks: {a: {${BOUND}, thresholds: {max: 2h}}}`],
    [`playbooks: {q: {${BOUND}, thresholds: {quietBelow: 20, quietFor: 1h}}}`],
    [`playbooks: {r: {${BOUND}, thresholds: {risk: 70}}}`],
    [`playbooks: {a: {${BOUND}, except: [{when: 'agent.id == "x"', ${BOUND}, ${NEXT}}]}}`],
    [`playbooks: {a: {mode: enforce, ${BOUND}, expires: 2032-02-29T00:00:00+14:00}}`],
  ])('say nothing of %s', (text) => {
    expect(told(text).said).toEqual([]);
  });

  it.each([
    [`{a: {${BOUND}, except: [{when: 'agent.id == "x"', ${BOUND}, ${PAST}}]}}`, 'PB031: this exception has expired'],
    [`{a: {${BOUND}, allow: [{entity: 'agent:x', ${BOUND}, ${PAST}}]}}`, 'PB031: this allowance has expired'],
    [`{a: {${BOUND}, suppress: [{to: 2029-12-31T00:00:00Z, ${BOUND}}]}}`, 'PB031: this suppression has expired'],
    [`{a: {mode: enforce, ${BOUND}, ${PAST}}}`, 'PB031: this override has expired; the playbook says again'],
    [
      `{a: {${BOUND}, thresholds: {quietFor: 1h}}}`,
      'PB032: this changes nothing: the playbook does not end with quiet',
    ],
    [`{a: {${BOUND}, thresholds: {risk: 50}}}`, 'PB032: this changes nothing: the playbook is not triggered by a risk'],
    [`{q: {${BOUND}, thresholds: {max: 5m}}}`, 'PB022: the quiet time (10m) is never over before max (5m)'],
    [`{q: {${BOUND}, thresholds: {quietFor: 4h}}}`, 'PB022: the quiet time (4h) is never over before max (4h)'],
    [`{r: {${BOUND}, thresholds: {risk: 100}}}`, 'PB013: no risk rises above 100'],
  ])('warn of %s, and count all the same', (text, words) => {
    const { said, errors } = told(`playbooks: ${text}`);
    expect([said.length, said[0], errors]).toEqual([
      1,
      expect.stringMatching(/^o\.yaml:3:\d+ warning .* \(.+\)$/),
      false,
    ]);
    expect(said[0]).toContain(words);
  });

  it.each([
    [`{a: {mode: enforce, ${BOUND}, expires: 2030-02-30T00:00:00Z}}`, 'is not a time with a zone'],
    [`{a: {mode: enforce, ${BOUND}, expires: 2029-02-29T00:00:00Z}}`, 'is not a time with a zone'],
    [`{a: {mode: enforce, ${BOUND}, expires: 2030-01-31T25:00:00Z}}`, 'is not a time with a zone'],
    [`[{a: {mode: enforce, ${BOUND}}}]`, 'without the dash'],
  ])('refuse %s', (text, words) => {
    const { said, errors } = told(`playbooks: ${text}`);
    expect([said.join(), errors]).toEqual([expect.stringContaining(words), true]);
  });

  it('of a correlation beside playbooks that do not listen to it', () => {
    const correlation = {
      file: 'c.yaml',
      text: 'apiVersion: stepdown/v1\nkind: Correlation\nid: c\ntitle: T\nversion: 1\nemits: correlation.c\nby: [agent]\nwithin: 30m\ncount: {finding: denial.burst, n: 3}\n',
    };
    const playbook = (type: string) => ({
      file: 'p.yaml',
      text: `apiVersion: stepdown/v1\nkind: Playbook\nid: p\ntitle: T\nversion: 1\ntrigger: {finding: ${type}}\ntarget: session\nincident: {severity: high}\n`,
    });
    const said = (...sources: { file: string; text: string }[]) =>
      compilePlaybooks(sources, undefined).diagnostics.map(describeDiagnostic);
    expect(said(correlation)).toEqual([]);
    expect(said(correlation, playbook('correlation.*'))).toEqual([]);
    expect(said(correlation, playbook('denial.burst'))).toEqual([
      'c.yaml:6:8 warning PB024: no playbook here triggers on "correlation.c" (write one with trigger: {finding: correlation.c}, or leave this out)',
    ]);
  });
});

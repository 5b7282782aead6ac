/** A test that fails says why nothing came, as an author has to know it. */
import { expect, it } from 'vitest';
import { compilePlaybooks } from '../../../services/respond/playbook/load.js';
import { testPlaybook } from '../../../services/respond/playbook/rehearsal.js';

const faultsOf = (trigger: string, timeline: string): string[] => {
  const text = `apiVersion: stepdown/v1
kind: Playbook
id: told
title: Told
version: 1
trigger: ${trigger}
when: finding.severity == "high"
target: agent
contract: [{ tool.block: { effects: [pay] } }]
revert: { until: alertResolved, max: 12h }
tests: [{ name: t, timeline: [${timeline}] }]
`.replace('alertResolved', trigger.includes('alert') ? 'alertResolved' : 'sessionEnd');
  const { playbooks } = compilePlaybooks([{ file: 'told.yaml', text }], undefined);
  const [playbook] = playbooks;
  const [test] = playbook?.tests ?? [];
  if (playbook === undefined || test === undefined) throw new Error('it does not compile');
  return testPlaybook(playbook, test).faults.map(({ got }) => got);
};

it.each([
  [
    '{ finding: taint.sink }',
    '{ finding: { type: taint.sink, severity: low }, expect: { contractions: 1 } }',
    ['contractions: 0 (finding.severity == "high", finding.severity low)'],
  ],
  [
    '{ finding: taint.sink }',
    '{ finding: { type: drift.behaviour }, expect: { active: 1, why: hours } }',
    [
      'active: 0 (nothing came that it listens to: a finding taint.sink)',
      'why: nothing came that it listens to: a finding taint.sink',
    ],
  ],
  [
    '{ finding: taint.sink }',
    '{ finding: { type: taint.sink } }, { call: { tool: read_inbox, effects: [read] }, expect: { answer: block } }',
    ['answer: allow'],
  ],
  ['{ finding: taint.sink }', '{ finding: { type: taint.sink }, expect: { contractions: 0 } }', ['contractions: 1']],
  [
    "{ alert: { title: 'Suspicious*' } }",
    '{ alert: { id: a1, title: Suspicious sign-in, state: new }, expect: { active: 1 } }',
    ['active: 0 (finding.severity == "high", finding.severity medium)'],
  ],
  [
    "{ alert: { title: 'Suspicious*' } }",
    '{ alert: { id: a1, title: Suspicious sign-in, state: new, severity: high, agent: bot }, expect: { targets: [agent:bot] } }',
    [],
  ],
])('%s with %s', (trigger, timeline, faults) => {
  expect(faultsOf(trigger, timeline)).toEqual(faults);
});

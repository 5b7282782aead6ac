/** Several findings that mean more together: counted, in order, or one that stays away. */
import { describe, expect, it } from 'vitest';
import { describeDiagnostic } from '../../services/respond/playbook/diagnostic.js';
import { compilePlaybooks } from '../../services/respond/playbook/load.js';
import { Rig as PlainRig } from './rig.js';
import { HOUR, MINUTE } from './rig.js';
import { createRespondMachine } from '../../services/respond/machine.js';
import { Stepper } from '../../services/runtime/stepper.js';
import type { Signal } from '../../schemas/signal.js';

const HEAD = 'apiVersion: stepdown/v1\n';
const PLAYBOOK = `${HEAD}kind: Playbook
id: p
title: On what belongs together
version: 1
mode: enforce
trigger: {finding: correlation.x}
target: session
contract: [{tool.block: {tools: [send_*]}}]
revert: {until: verdict, max: 7d}
incident: {severity: high}
`;
const correlation = (rule: string) => `${HEAD}kind: Correlation
id: x
title: Belongs together
version: 1
emits: correlation.x
${rule}
`;
const load = (text: string) =>
  compilePlaybooks(
    [
      { file: 'p.yaml', text: PLAYBOOK },
      { file: 'x.yaml', text },
    ],
    undefined,
  );
const said = (text: string) => load(text).diagnostics.map(describeDiagnostic);

class Rig extends PlainRig {
  readonly correlations;
  constructor(rule: string) {
    const { playbooks, correlations, diagnostics } = load(correlation(rule));
    expect(diagnostics.map(describeDiagnostic)).toEqual([]);
    super(playbooks);
    this.correlations = correlations;
    this.begin();
  }
  begin(): void {
    this.machine = createRespondMachine({
      playbooks: this.machine.playbooks,
      correlations: this.correlations,
      ...this.options,
    });
    const { states, timers } = JSON.parse(JSON.stringify(this.stepper.snapshot())) as ReturnType<
      Stepper<Signal>['snapshot']
    >;
    this.stepper = new Stepper({ machine: this.machine, initial: { states, timers } });
    this.stepper.clock.advance(this.nowMs);
  }
}

describe('so many within a time', () => {
  const rule = 'by: [agent]\nwithin: 10m\ncount: {finding: [denial.burst, error.burst], n: 3}';

  it('makes one finding at the third, about what they have in common, and begins anew', () => {
    const rig = new Rig(rule);
    for (const session of ['s1', 's2']) rig.find({ type: 'denial.burst', session });
    expect(rig.live()).toEqual([]);
    rig.find({ type: 'error.burst', session: 's3' });
    expect(rig.live().map(({ target }) => target.id)).toEqual(['s3']);
    rig.find({ type: 'denial.burst', session: 's4' });
    expect(rig.live()).toHaveLength(1);
    const [incident] = rig.incidents.values();
    expect(incident?.findings.map(({ type }) => type)).toContain('correlation.x');
    expect(incident?.entities.filter(({ type }) => type === 'session').map(({ id }) => id)).toEqual(
      expect.arrayContaining(['s1', 's2', 's3']),
    );
  });

  it('not over a longer time, not across agents, not for other findings', () => {
    const rig = new Rig(rule);
    for (let time = 0; time < 6; time += 1) {
      rig.find({ type: 'denial.burst', agent: `a${time % 3}` });
      rig.find({ type: 'injection.direct', agent: 'a0' });
      rig.pass(6 * MINUTE);
    }
    expect(rig.live()).toEqual([]);
  });

  it('counts on after a restart, and keeps nothing once its time is over', () => {
    const rig = new Rig(rule);
    rig.find({ type: 'denial.burst' });
    rig.find({ type: 'denial.burst' });
    rig.begin();
    rig.find({ type: 'denial.burst' });
    expect(rig.live()).toHaveLength(1);
    rig.find({ type: 'denial.burst' });
    expect(rig.state('respond/correlation/default/x/a1')).toBeDefined();
    rig.pass(HOUR);
    expect(rig.state('respond/correlation/default/x/a1')).toBeUndefined();
  });

  it('raises no risk: its parts did', () => {
    const rig = new Rig(rule);
    for (let time = 0; time < 3; time += 1) rig.find({ type: 'denial.burst', confidence: 0.5 });
    const risk = rig.state('risk/default/session/s1') as { contributions: { type: string }[] };
    expect(risk.contributions.map(({ type }) => type)).not.toContain('correlation.x');
  });

  it('different ones only, where it says so', () => {
    const rig = new Rig('by: [user]\nwithin: 1h\ncount: {finding: injection.*, n: 3, distinct: agent}');
    for (let time = 0; time < 5; time += 1) rig.find({ agent: 'a1', session: `s${time}` });
    rig.find({ agent: 'a2' });
    expect(rig.live()).toEqual([]);
    rig.find({ agent: 'a3', session: 'last' });
    expect(rig.live()).toHaveLength(1);
  });

  it('only what its condition lets through', () => {
    const rig = new Rig(
      'by: [session]\nwithin: 1h\ncount: {finding: injection.*, when: finding.confidence > 0.8, n: 2}',
    );
    for (const confidence of [0.9, 0.5, 0.7]) rig.find({ confidence });
    expect(rig.live()).toEqual([]);
    rig.find({ confidence: 0.85 });
    expect(rig.live()).toHaveLength(1);
  });
});

describe('one after another', () => {
  const rule =
    'by: [session]\nwithin: 10m\nsequence: [{finding: novelty.tool}, {finding: injection.*}, {finding: taint.sink}]';

  it('in this order, whatever lies between', () => {
    const rig = new Rig(rule);
    for (const type of ['novelty.tool', 'rate.burst', 'injection.indirect', 'novelty.tool', 'taint.sink'])
      rig.find({ type });
    expect(rig.live()).toHaveLength(1);
  });
  it.each([
    ['another order', ['injection.indirect', 'novelty.tool', 'taint.sink']],
    ['one missing', ['novelty.tool', 'taint.sink']],
  ])('not in %s', (_name, types) => {
    const rig = new Rig(rule);
    for (const type of types) rig.find({ type });
    expect(rig.live()).toEqual([]);
  });
  it('from the first to the last within the time; a newer beginning counts', () => {
    const rig = new Rig(rule);
    rig.find({ type: 'novelty.tool' });
    rig.find({ type: 'injection.indirect' });
    rig.pass(11 * MINUTE);
    rig.find({ type: 'taint.sink' });
    expect(rig.live()).toEqual([]);
    for (const type of ['novelty.tool', 'injection.indirect']) rig.find({ type });
    rig.pass(9 * MINUTE);
    rig.find({ type: 'taint.sink' });
    expect(rig.live()).toHaveLength(1);
  });
});

describe('one that stays away', () => {
  const rule = 'by: [session]\nwithin: 10m\nabsence: {after: {finding: injection.*}, of: {finding: taint.sink}}';

  it('is told at the end of the time, also after a restart', () => {
    const rig = new Rig(rule);
    rig.find();
    rig.pass(9 * MINUTE);
    expect(rig.live()).toEqual([]);
    rig.begin();
    rig.pass(2 * MINUTE);
    expect(rig.live()).toHaveLength(1);
  });
  it('is not told where it came', () => {
    const rig = new Rig(rule);
    rig.find();
    rig.find({ type: 'taint.sink' });
    rig.pass(HOUR);
    expect(rig.live()).toEqual([]);
  });
});

it('shows in a preview before it is made, under the same id', () => {
  const rig = new Rig('by: [session]\nwithin: 10m\ncount: {finding: denial.burst, n: 2}');
  const first = rig.find({ type: 'denial.burst' });
  const second = { ...first, id: 'f-next', eventId: 'e-next' };
  const [foreseen] = rig.machine.preview([second], rig.stepper.states, rig.nowMs);
  rig.feed({ kind: 'finding', tenant: 'default', timeMs: rig.nowMs, finding: second });
  expect(rig.live().map(({ id }) => id)).toEqual([foreseen?.id]);
});

describe('a correlation that can never be met is an error', () => {
  it.each([
    ['no rule', 'by: [agent]\nwithin: 10m', 'x.yaml:1:1 error PB028: it says nothing to look for'],
    [
      'two rules',
      'by: [agent]\nwithin: 10m\ncount: {finding: a, n: 2}\nsequence: [{finding: a}, {finding: b}]',
      'x.yaml:10:11 error PB028: count and sequence are two rules',
    ],
    [
      'no time',
      'by: [agent]\nwithin: 0s\ncount: {finding: a, n: 2}',
      'x.yaml:8:9 error PB028: in no time nothing can be met',
    ],
    [
      'one in a group',
      'by: [agent]\nwithin: 1h\ncount: {finding: a, n: 2, distinct: agent}',
      'x.yaml:9:37 error PB028: there is only one agent in a group by agent: 2 never come',
    ],
    [
      'correlations of correlations',
      'by: [agent]\nwithin: 1h\ncount: {finding: correlation.y, n: 2}',
      'x.yaml:9:18 error PB028: correlations are made of what detectors find, not of each other',
    ],
    [
      'an unknown field',
      'by: [agent]\nwithin: 1h\ncount: {finding: a, when: finding.confidens > 1, n: 2}',
      'error PB011',
    ],
  ])('%s', (_name, rule, wanted) => {
    expect(said(correlation(rule)).join('\n')).toContain(wanted);
  });
});

/** What each playbook asked and saw is kept with the finding: above all why nothing happened. */
import { Value } from '@sinclair/typebox/value';
import { describe, expect, it } from 'vitest';
import { type Check, Explanation } from '../../schemas/explanation.js';
import { compilePlaybooks } from '../../services/respond/playbook/load.js';
import { HOUR, MINUTE, playbooksOf, QUIET, Rig } from './rig.js';

const explained = (rig: Rig, findingId: string): Explanation => {
  const explanation = rig.state(`explanation/default/${findingId}`) as Explanation;
  expect([...Value.Errors(Explanation, explanation)]).toEqual([]);
  return explanation;
};
const failed = (checks: readonly Check[]): string[] =>
  checks.flatMap(({ check, pass, text, parts }) => [
    ...(pass || parts ? [] : [`${check}: ${text}`]),
    ...failed(pass ? [] : (parts ?? [])),
  ]);
const whyNot = (rig: Rig, findingId: string): string[] => {
  const [playbook] = explained(rig, findingId).playbooks;
  expect(playbook?.outcome).toBe('nothing');
  return failed(playbook?.checks ?? []);
};
const tuned = (override: string) =>
  new Rig(
    compilePlaybooks([{ file: 'p.yaml', text: `apiVersion: stepdown/v1\nkind: Playbook\n${QUIET}` }], {
      file: 'overrides.yaml',
      text: `apiVersion: stepdown/v1\nkind: Overrides\nplaybooks:\n  quiet:\n    reason: r\n    owner: o\n${override}`,
    }).playbooks,
  );

describe('why nothing happened', () => {
  it('its condition, part by part, with the values of that moment', () => {
    const rig = new Rig(
      playbooksOf(`${QUIET}params: {least: 0.95}\nwhen: finding.confidence >= params.least && !finding.learning\n`),
    );
    const { id } = rig.find({ confidence: 0.9 });
    expect(whyNot(rig, id)).toEqual(['when: finding.confidence >= params.least']);
    const condition = explained(rig, id).playbooks[0]?.checks.find(({ check }) => check === 'all');
    expect(condition?.parts?.[0]?.values).toEqual({ 'finding.confidence': 0.9, 'params.least': 0.95 });
    expect(condition?.parts?.[1]?.pass).toBe(true);
  });
  it('the mode', () => {
    const rig = tuned('    mode: off\n');
    expect(whyNot(rig, rig.find().id)).toEqual(['mode: it is set to off']);
  });
  it('the allowlist', () => {
    const rig = tuned(
      "    allow: [{entity: 'agent:a1', reason: our red team, owner: o, expires: 2040-01-01T00:00:00Z}]\n",
    );
    expect(whyNot(rig, rig.find().id)).toEqual(['allowlist: agent:a1 is on its allowlist: our red team']);
  });
  it('an exception', () => {
    const rig = tuned(
      '    except: [{when: finding.origin == "x", reason: known, owner: o, expires: 2040-01-01T00:00:00Z}]\n',
    );
    expect(whyNot(rig, rig.find({ origin: 'x' }).id)).toEqual(['exception: known']);
  });
  it('a suppression window', () => {
    const rig = tuned('    suppress: [{to: 2030-01-02T00:00:00Z, reason: migration, owner: o}]\n');
    expect(whyNot(rig, rig.find().id)).toEqual(['suppression: suppressed at this time: migration']);
  });
  it('its hours', () => {
    const rig = new Rig(playbooksOf(`${QUIET}hours: [{zone: UTC, from: '08:00', to: '18:00'}]\n`));
    expect(whyNot(rig, rig.find().id)).toEqual(['hours: it acts only in its hours (08:00–18:00 UTC)']);
  });
  it('the cooldown, and a person’s lift, each with its end', () => {
    const rig = new Rig(playbooksOf(`${QUIET}cooldown: 2h\n`));
    rig.find();
    rig.pass(HOUR);
    const { id } = rig.find();
    expect(whyNot(rig, id)).toEqual(['cooldown: it rests on session s1 after its last contraction']);
    rig.pass(3 * HOUR);
    rig.find();
    rig.command({ do: 'lift', contractionId: rig.active()[0]!.id, suppressMs: HOUR });
    rig.pass(MINUTE);
    expect(whyNot(rig, rig.find().id)).toEqual(['lift: a person lifted it from session s1 and asked for quiet']);
  });
  it('nothing was predicted', () => {
    const rig = new Rig(playbooksOf(QUIET.replace('tools: [send_*]', 'tools: predicted')));
    expect(whyNot(rig, rig.find().id)[0]).toContain('controls: the finding predicts nothing');
  });
  it('the trust that a strong control needs', () => {
    const rig = new Rig(
      playbooksOf(
        QUIET.replace('target: session', 'target: agent').replace('tool.block: {tools: [send_*]}', 'agent.disable: {}'),
      ),
    );
    expect(whyNot(rig, rig.find({ trust: 'claimed' }).id)).toEqual([
      'trust: agent.disable need an authenticated identity',
    ]);
  });
  it('a risk that was not reached', () => {
    const rig = new Rig(
      playbooksOf(QUIET.replace('{finding: injection.indirect}', '{risk: {entity: session, above: 95, on: level}}')),
    );
    expect(whyNot(rig, rig.find({ confidence: 0.8 }).id)).toEqual(['trigger: the risk of the session is above 95']);
  });
});

describe('why something happened', () => {
  it('names the contraction, and the cap that made it wait', () => {
    const rig = new Rig(playbooksOf(`${QUIET}limits: {targets: 1}\n`));
    const first = explained(rig, rig.find({ session: 's1' }).id).playbooks[0];
    expect([first?.outcome, first?.contractionIds]).toEqual(['contracted', [rig.active()[0]?.id]]);
    const again = explained(rig, rig.find({ session: 's1' }).id).playbooks[0];
    expect(again?.outcome).toBe('repeated');
    const second = explained(rig, rig.find({ session: 's2' }).id).playbooks[0];
    expect(second?.outcome).toBe('waits');
    expect(failed(second?.checks ?? [])).toEqual(['limits: 1 of 1 targets are contracted']);
  });
  it('says that a pause kept it to observing', () => {
    const rig = new Rig(playbooksOf(QUIET));
    rig.command({ do: 'pause' });
    const { id } = rig.find();
    expect(failed(explained(rig, id).playbooks[0]?.checks ?? [])).toEqual([
      'pause: the engine is paused: recorded, and not enforced',
    ]);
  });
});

it('a preview keeps nothing', () => {
  const rig = new Rig(playbooksOf(QUIET));
  const made = rig.find();
  const next = { ...made, id: 'previewed' };
  rig.machine.preview([next], rig.stepper.states, rig.nowMs);
  expect(rig.state('explanation/default/previewed')).toBeUndefined();
});

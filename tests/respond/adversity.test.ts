/** Timelines in which something changes underneath: a restart, an edit, a demotion, many at once. */
import { describe, expect, it } from 'vitest';
import { MINUTE, playbooksOf, QUIET, Rig, SESSION } from './rig.js';

describe('a risk that crosses a level', () => {
  const onRisk = (on: 'edge' | 'level') =>
    playbooksOf(
      QUIET.replace('{finding: injection.indirect}', `{risk: {entity: session, above: 80, on: ${on}}}`).replace(
        'for: 10m',
        'for: 1m',
      ),
    );
  const fired = (rig: Rig) => rig.contractions.size;

  it('fires at the edge once, whatever restarts lie between, and again after it had come down', () => {
    const rig = new Rig(onRisk('edge'));
    rig.find({ confidence: 0.7 });
    rig.restart();
    expect(fired(rig)).toBe(0);
    rig.find({ confidence: 0.9, detector: 'other', type: 'taint.sink' });
    expect(fired(rig)).toBe(1);
    rig.command({ do: 'lift', contractionId: rig.active()[0]!.id });
    rig.restart();
    rig.find({ confidence: 0.9, detector: 'third', type: 'novelty.tool' });
    rig.pass(MINUTE);
    rig.restart();
    rig.find({ confidence: 0.9, detector: 'third', type: 'novelty.tool' });
    expect(fired(rig), 'above before and above after is no edge').toBe(1);
    rig.pass(60 * MINUTE);
    rig.restart();
    rig.find({ confidence: 0.95 });
    expect(fired(rig)).toBe(2);
  });

  it('fires at every finding above a level, which renews what is there', () => {
    const rig = new Rig(onRisk('level'));
    rig.find({ confidence: 0.95 });
    rig.restart();
    rig.find({ confidence: 0.95, detector: 'other', type: 'taint.sink' });
    expect(fired(rig)).toBe(1);
    rig.command({ do: 'lift', contractionId: rig.active()[0]!.id });
    rig.restart();
    rig.find({ confidence: 0.95, detector: 'third', type: 'novelty.tool' });
    expect(fired(rig)).toBe(2);
  });
});

describe('an edit while contractions are active', () => {
  const STAGED = SESSION.replace('contract: [', 'contract: [{rate.limit: {calls: 5, per: 1m}}, ').replace(
    'revert: {until: sessionEnd, max: 24h, atMax: {active: page}}',
    'revert: {stages: [{release: [rate.limit], after: {quiet: {below: 90, for: 5m}}}], until: sessionEnd, max: 24h}',
  );

  it('leaves each stage to the version that made it; the new one makes its own', () => {
    const rig = new Rig(playbooksOf(STAGED));
    const predicted = [{ tool: 'send_mail', probability: 1 }];
    rig.find({ type: 'taint.sink', predicted });
    const second = playbooksOf(STAGED.replace('version: 1', 'version: 2').replace('for: 5m', 'for: 2h'));
    rig.machine.reload(second);
    rig.pass(30 * MINUTE);
    expect(rig.active().map(({ controls }) => controls[0]?.control)).toEqual(['tool.block']);
    rig.restart(second);
    rig.find({ type: 'taint.sink', predicted });
    rig.pass(30 * MINUTE);
    expect(rig.active().map(({ playbook, controls }) => [playbook?.version, controls[0]?.control])).toEqual([
      [1, 'tool.block'],
      [2, 'rate.limit'],
      [2, 'tool.block'],
    ]);
    rig.session('ended');
    expect(rig.active().map(({ playbook, controls }) => [playbook?.version, controls[0]?.control])).toEqual([
      [2, 'rate.limit'],
    ]);
    rig.machine.reload([]);
    rig.pass(4 * 60 * MINUTE);
    expect(rig.live(), 'also where the playbook is gone').toEqual([]);
  });

  it('that lets it only observe restricts nothing more, and takes nothing away', () => {
    const rig = new Rig(playbooksOf(SESSION));
    rig.find({ type: 'taint.sink', predicted: [{ tool: 'send_mail', probability: 1 }] });
    const before = rig.active()[0]!.controls;
    rig.machine.reload(playbooksOf(SESSION.replace('mode: enforce', 'mode: observe')));
    rig.find({ type: 'taint.sink', predicted: [{ tool: 'delete_all', probability: 1 }] });
    expect(rig.active()).toHaveLength(1);
    expect(rig.active()[0]).toMatchObject({ mode: 'enforce', controls: before });
  });
});

it('limits hold however many come in the same millisecond, in whatever order, and across a restart', () => {
  const limited = SESSION.replace('incident:', 'limits: {targets: 5, contractions: {most: 8, per: 1h}}\nincident:');
  const rig = new Rig(playbooksOf(limited));
  const storm = (from: number) => {
    for (let i = 0; i < 100; i += 1) {
      rig.find({ type: 'taint.sink', session: `s${from + ((i * 37) % 100)}`, agent: `a${i % 7}` });
      if (i === 50) rig.restart();
    }
  };
  const enforced = () => rig.active().filter(({ mode }) => mode === 'enforce');
  storm(0);
  expect(enforced()).toHaveLength(5);
  for (const { target } of enforced()) rig.session('ended', target.id);
  storm(200);
  expect(enforced(), 'three more are left of eight an hour').toHaveLength(3);
  expect(new Set(enforced().map(({ target }) => target.id)).size).toBe(3);
});

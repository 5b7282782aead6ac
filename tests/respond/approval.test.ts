/** A contraction that waits for a person: how long, who may agree, and what its time counts from. */
import { describe, expect, it } from 'vitest';
import { describeDiagnostic } from '../../services/respond/playbook/diagnostic.js';
import { compilePlaybooks } from '../../services/respond/playbook/load.js';
import { HOUR, MINUTE, Rig, SESSION } from './rig.js';

const LIMITED = SESSION.replace('mode: enforce', 'mode: observe').replace(
  'incident:',
  'limits: {targets: 1, approveWithin: 30m}\nincident:',
);

/** One is active, another waits. */
function waiting(tuned = '') {
  const { playbooks, diagnostics } = compilePlaybooks(
    [{ file: 'p.yaml', text: `apiVersion: stepdown/v1\nkind: Playbook\n${LIMITED}` }],
    {
      file: 'overrides.yaml',
      text: `apiVersion: stepdown/v1\nkind: Overrides\nplaybooks:\n  session: {mode: enforce, reason: r, owner: Ann, ${tuned}}\n`,
    },
  );
  expect(diagnostics.map(describeDiagnostic)).toEqual([]);
  const rig = new Rig(playbooks);
  for (const session of ['s1', 's2']) rig.find({ type: 'taint.sink', session });
  const contraction = rig.live().find(({ state }) => state === 'awaiting_approval')!;
  return { rig, id: contraction.id, now: () => rig.contractions.get(contraction.id)! };
}

describe('a contraction beyond its limits', () => {
  it('waits for its own time, which is not the time it would hold', () => {
    const { rig, now } = waiting();
    expect((now().approveByMs ?? 0) - rig.nowMs).toBe(30 * MINUTE);
    expect(now().maxAtMs - rig.nowMs).toBe(24 * HOUR);
    rig.pass(29 * MINUTE);
    rig.restart();
    expect(now().state).toBe('awaiting_approval');
    rig.pass(MINUTE);
    expect(now()).toMatchObject({ state: 'ended', endReason: 'not-approved' });
    expect(now().effects).toEqual([]);
  });

  it('holds as long as it would have, counted from the approval', () => {
    const { rig, id, now } = waiting();
    rig.pass(20 * MINUTE);
    expect(rig.command({ do: 'approve', contractionId: id }, 'bob')).toEqual({ ok: true, message: 'active' });
    expect(now().maxAtMs - rig.nowMs).toBe(24 * HOUR);
    expect(now()).not.toHaveProperty('approveByMs');
    rig.pass(23 * HOUR);
    expect(now().state).toBe('active');
    rig.pass(2 * HOUR);
    expect(now()).toMatchObject({ state: 'ended', endReason: 'max' });
  });

  it('is not approved by whoever set the playbook to act, in whatever case the name is written', () => {
    const { rig, id, now } = waiting();
    for (const by of ['Ann', 'ann', 'ANN'])
      expect(rig.command({ do: 'approve', contractionId: id }, by)).toEqual({
        ok: false,
        message: `${by} set its playbook to act: somebody else has to agree`,
      });
    expect(now().state).toBe('awaiting_approval');
    expect(rig.audit.map(({ by, act, outcome }) => [by, act, outcome])).toContainEqual([
      'ann',
      'contraction.approve',
      'ann set its playbook to act: somebody else has to agree',
    ]);
    expect(rig.command({ do: 'approve', contractionId: id }, 'bob')?.ok).toBe(true);
    expect(now().history.at(-1)).toMatchObject({ to: 'active', by: 'bob' });
  });

  it('does not begin while the engine is paused', () => {
    const { rig, id, now } = waiting();
    rig.command({ do: 'pause' });
    expect(rig.command({ do: 'approve', contractionId: id }, 'bob')?.message).toContain('resume it first');
    expect(now().state).toBe('awaiting_approval');
    rig.command({ do: 'resume' });
    expect(rig.command({ do: 'approve', contractionId: id }, 'bob')?.ok).toBe(true);
  });

  it('is refused, and not proposed again at once', () => {
    const { rig, id, now } = waiting();
    expect(rig.command({ do: 'deny', contractionId: id }, 'Ann')).toEqual({ ok: true, message: 'denied' });
    expect(now()).toMatchObject({ state: 'ended', endReason: 'denied' });
    rig.find({ type: 'taint.sink', session: 's2' });
    expect(rig.live()).toHaveLength(1);
    rig.pass(HOUR);
    rig.find({ type: 'taint.sink', session: 's2' });
    expect(rig.live()).toHaveLength(2);
    expect(rig.command({ do: 'deny', contractionId: rig.active()[0]!.id })?.ok, 'what is active is lifted').toBe(false);
  });

  it('waits as long as an operator says', () => {
    const { now } = waiting('thresholds: {limits: {approveWithin: 5m}}');
    expect((now().approveByMs ?? 0) - now().createdAtMs).toBe(5 * MINUTE);
  });
});

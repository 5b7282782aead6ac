/** What a person may do beside lifting: freeze a contraction, see and take over an incident. */
import { describe, expect, it } from 'vitest';
import { HOUR, MINUTE, playbooksOf, QUIET, Rig, SESSION } from './rig.js';

describe('a frozen contraction', () => {
  it('outlasts quiet and max, also across a restart, and ends when the freeze is over', () => {
    const rig = new Rig(playbooksOf(QUIET));
    rig.find();
    const { id } = rig.active()[0]!;
    expect(rig.command({ do: 'freeze', contractionId: id, forMs: 9 * HOUR })?.ok).toBe(true);
    rig.pass(5 * HOUR);
    rig.restart();
    rig.pass(3 * HOUR + 59 * MINUTE);
    expect(rig.active().map((each) => each.id)).toEqual([id]);
    rig.pass(5 * MINUTE);
    expect(rig.active()).toEqual([]);
  });
  it('outlasts its session, and does not outlast the freeze', () => {
    const rig = new Rig(playbooksOf(SESSION));
    rig.find({ type: 'taint.sink' });
    const { id } = rig.active()[0]!;
    rig.command({ do: 'freeze', contractionId: id, forMs: HOUR });
    rig.session('ended');
    expect(rig.active()).toHaveLength(1);
    rig.pass(HOUR + MINUTE);
    expect(rig.active()).toEqual([]);
  });
  it('is lifted by a person at any time, and audited', () => {
    const rig = new Rig(playbooksOf(QUIET));
    rig.find();
    const { id } = rig.active()[0]!;
    rig.command({ do: 'freeze', contractionId: id, forMs: HOUR });
    expect(rig.command({ do: 'lift', contractionId: id })?.ok).toBe(true);
    expect(rig.active()).toEqual([]);
    expect(rig.audit.map(({ act }) => act)).toEqual(expect.arrayContaining(['contraction.freeze', 'contraction.lift']));
    expect(rig.command({ do: 'freeze', contractionId: id, forMs: HOUR })?.ok).toBe(false);
  });
});

describe('an incident', () => {
  it('is seen by one, given to another, and tells it', () => {
    const rig = new Rig(playbooksOf(QUIET));
    rig.find();
    const { id } = [...rig.incidents.values()][0]!;
    expect(rig.command({ do: 'take-incident', incidentId: id }, 'ann')?.message).toBe('acknowledged');
    expect(rig.command({ do: 'take-incident', incidentId: id, assignee: 'eve' }, 'bob')?.ok).toBe(true);
    const incident = rig.incidents.get(id)!;
    expect([incident.acknowledged?.by, incident.assignee, incident.status]).toEqual(['ann', 'eve', 'active']);
    expect(incident.timeline.map(({ text }) => text)).toEqual(
      expect.arrayContaining(['Seen by ann: because', 'Assigned to eve by bob: because']),
    );
    rig.command({ do: 'close-incident', incidentId: id, verdict: 'true' });
    expect(rig.command({ do: 'take-incident', incidentId: id })?.ok).toBe(false);
    expect(rig.command({ do: 'take-incident', incidentId: 'none' })?.ok).toBe(false);
  });
});

import { describe, expect, it } from 'vitest';
import type { Incident } from '../../schemas/incident.js';
import { MAX_TIMELINE } from '../../services/respond/incident.js';
import { CLOSE_AFTER_MS, REOPEN_MS } from '../../services/respond/incident-book.js';
import { HOUR, MINUTE, playbooksOf, QUIET, Rig, SESSION } from './rig.js';

const all = (rig: Rig): Incident[] => [...rig.incidents.values()];
const open = (rig: Rig) => all(rig).filter(({ status }) => status !== 'closed');
const agent = (id: string) => ({ tenant: 'default', type: 'agent' as const, id });
const session = (id: string) => ({ tenant: 'default', type: 'session' as const, id });

describe('one attack is one incident', () => {
  it('joined by session, whatever the playbook', () => {
    const rig = new Rig(playbooksOf(QUIET, SESSION));
    rig.find();
    rig.find({ type: 'taint.sink' });
    rig.find({ type: 'rate.burst', detector: 'rate', severity: 'low' });
    expect(all(rig)).toHaveLength(1);
    expect(all(rig)[0]).toMatchObject({ status: 'active', severity: 'high', mode: 'enforce' });
    expect(all(rig)[0]?.findings.map(({ type }) => type)).toEqual(['injection.indirect', 'taint.sink', 'rate.burst']);
    expect(all(rig)[0]?.contractionIds).toHaveLength(2);
    expect(all(rig)[0]?.timeline.map(({ kind }) => kind)).toEqual([
      'finding',
      'contraction',
      'finding',
      'contraction',
      'finding',
    ]);
  });

  it('one finding that several entities have a copy of is told once', () => {
    const rig = new Rig(playbooksOf(QUIET));
    const made = rig.find();
    for (const entity of [agent('a1'), { tenant: 'default', type: 'user' as const, id: 'u1' }])
      rig.find({ ...made, id: `${made.id}-${entity.type}`, entity, primary: false });
    expect(all(rig)).toHaveLength(1);
    expect(all(rig)[0]?.findings).toHaveLength(1);
  });

  it('joined by trace', () => {
    const rig = new Rig(playbooksOf(QUIET));
    rig.find({ session: 's1', traceId: 't' });
    rig.find({ session: 's2', traceId: 't' });
    expect(all(rig)).toHaveLength(1);
    expect(all(rig)[0]?.traceIds).toEqual(['t']);
  });

  it('joined by the edge to another agent, in either order', () => {
    const rig = new Rig(playbooksOf(QUIET));
    rig.find({ session: 's1', agent: 'a1', peers: [agent('a2')] });
    rig.find({ session: 's2', agent: 'a2' });
    expect(all(rig)).toHaveLength(1);
    const other = new Rig(playbooksOf(QUIET));
    other.find({ session: 's2', agent: 'a2' });
    other.find({ session: 's1', agent: 'a1', peers: [agent('a2')] });
    expect(all(other)).toHaveLength(1);
  });

  it('not joined by the agent alone: two conversations are two stories', () => {
    const rig = new Rig(playbooksOf(QUIET));
    rig.find({ session: 's1', agent: 'a1' });
    rig.find({ session: 's2', agent: 'a1' });
    expect(all(rig)).toHaveLength(2);
  });

  it('two that an edge joins become one, the older one; what points at the younger one still gets there', () => {
    const rig = new Rig(playbooksOf(QUIET));
    rig.find({ session: 's1', agent: 'a1' });
    rig.pass(MINUTE);
    rig.find({ session: 's2', agent: 'a2', severity: 'medium' });
    const [older, younger] = all(rig);
    rig.find({ session: 's1', agent: 'a1', peers: [session('s2')] });
    expect(open(rig).map(({ id }) => id)).toEqual([older!.id]);
    expect(rig.incidents.get(younger!.id)).toMatchObject({ status: 'closed', mergedInto: older!.id });
    expect(open(rig)[0]?.contractionIds).toHaveLength(2);
    expect(open(rig)[0]?.findings).toHaveLength(3);
    rig.pass(90 * MINUTE);
    expect(rig.incidents.get(older!.id)?.timeline.filter(({ kind }) => kind === 'revert')).toHaveLength(2);
    expect(rig.command({ do: 'close-incident', incidentId: younger!.id, verdict: 'true' })?.ok).toBe(false);
  });

  it('findings that no playbook answers open none', () => {
    const rig = new Rig(playbooksOf(QUIET));
    rig.find({ type: 'novelty.tool' });
    expect(all(rig)).toEqual([]);
  });

  it('the severity only rises', () => {
    const rig = new Rig(playbooksOf(QUIET.replace('severity: high', 'severity: low'), SESSION));
    rig.find();
    expect(all(rig)[0]?.severity).toBe('low');
    rig.find({ type: 'taint.sink' });
    expect(all(rig)[0]?.severity).toBe('high');
    rig.find();
    expect(all(rig)[0]?.severity).toBe('high');
  });
});

describe('the life of an incident', () => {
  it('closes by itself when everything has ended and it is quiet; tells it all', () => {
    const rig = new Rig(playbooksOf(QUIET));
    rig.find({ confidence: 0.6 });
    rig.attempt(rig.active()[0]!.id);
    rig.pass(21 * MINUTE);
    expect(rig.live()).toEqual([]);
    rig.pass(CLOSE_AFTER_MS);
    expect(all(rig)[0]).toMatchObject({ status: 'closed' });
    expect(all(rig)[0]?.verdict).toBeUndefined();
    expect(all(rig)[0]?.timeline.map(({ kind }) => kind)).toEqual([
      'finding',
      'contraction',
      'attempt',
      'revert',
      'note',
    ]);
  });

  it('stays open while a contraction lives', () => {
    const rig = new Rig(playbooksOf(SESSION));
    rig.find({ type: 'taint.sink' });
    rig.pass(12 * HOUR);
    expect(all(rig)[0]?.status).toBe('active');
  });

  it('a new finding opens a recently closed one again, and later makes a new one', () => {
    const rig = new Rig(playbooksOf(QUIET));
    rig.find({ confidence: 0.6 });
    rig.pass(21 * MINUTE + CLOSE_AFTER_MS);
    rig.find({ confidence: 0.6 });
    expect(all(rig)).toHaveLength(1);
    expect(all(rig)[0]?.status).toBe('active');
    expect(all(rig)[0]?.closedAtMs).toBeUndefined();
    rig.pass(21 * MINUTE + CLOSE_AFTER_MS + REOPEN_MS + HOUR);
    rig.find({ confidence: 0.6 });
    expect(all(rig)).toHaveLength(2);
  });

  it('a false verdict lifts, forgets the risk, keeps the label, proposes a scoped exception, and holds the playbook back', () => {
    const rig = new Rig(playbooksOf(SESSION));
    rig.find({ type: 'taint.sink', detector: 'taint-sink' });
    const [incident] = all(rig);
    expect(rig.command({ do: 'close-incident', incidentId: incident!.id, verdict: 'false' })?.ok).toBe(true);
    expect(rig.live()).toEqual([]);
    expect(all(rig)[0]).toMatchObject({
      status: 'closed',
      verdict: { value: 'false', by: 'ann', reason: 'because' },
      exception: { playbookId: 'session', when: 'finding.type == "taint.sink" && agent.id == "a1"' },
    });
    expect((rig.state('risk/default/session/s1') as { score: number }).score).toBe(0);
    rig.find({ type: 'taint.sink', detector: 'taint-sink' });
    expect(rig.live()).toEqual([]);
    rig.pass(HOUR);
    rig.find({ type: 'taint.sink', detector: 'taint-sink' });
    expect(rig.live()).toHaveLength(1);
    expect(rig.incidents.get(incident!.id)?.verdict?.value).toBe('false');
  });

  it('a true verdict leaves what is active to its own end', () => {
    const rig = new Rig(playbooksOf(SESSION));
    rig.find({ type: 'taint.sink' });
    rig.command({ do: 'close-incident', incidentId: all(rig)[0]!.id, verdict: 'true' });
    expect(rig.active()).toHaveLength(1);
    expect(all(rig)[0]?.exception).toBeUndefined();
  });

  it('a full timeline keeps how it began and what matters, and counts the rest', () => {
    const rig = new Rig(playbooksOf(SESSION));
    rig.find({ type: 'taint.sink' });
    const { id } = rig.active()[0]!;
    for (let i = 0; i < MAX_TIMELINE + 50; i += 1) rig.attempt(id);
    rig.command({ do: 'lift', contractionId: id });
    const [incident] = all(rig);
    expect(incident?.timeline).toHaveLength(MAX_TIMELINE);
    expect(incident?.timeline[0]?.kind).toBe('finding');
    expect(incident?.timeline.at(-1)?.kind).toBe('revert');
    expect(incident?.timelineDropped).toBe(2 + 50 + 1);
  });
});

describe('the cap on incidents', () => {
  it('holds back what is beyond it, contains all the same, and tells once how many', () => {
    const rig = new Rig(playbooksOf(SESSION), { incidentsPerPlaybookPerHour: 3 });
    for (let i = 0; i < 8; i += 1) {
      rig.find({ type: 'taint.sink', session: `s${i}` });
      rig.find({ type: 'taint.sink', session: `s${i}` });
    }
    expect(all(rig)).toHaveLength(3);
    expect(rig.active()).toHaveLength(8);
    rig.pass(HOUR);
    const digest = all(rig).find(({ digestOf }) => digestOf);
    expect(digest?.digestOf).toMatchObject({ playbookId: 'session', heldBack: 5 });
    rig.find({ type: 'taint.sink', session: 's9' });
    expect(all(rig)).toHaveLength(5);
  });
});

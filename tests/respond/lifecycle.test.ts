import { describe, expect, it } from 'vitest';
import { HOUR, MINUTE, playbooksOf, QUIET, Rig, SESSION, START } from './rig.js';

const ends = (rig: Rig) => [...rig.contractions.values()].map(({ endReason }) => endReason);

describe('how a contraction ends', () => {
  it('quiet: the risk stayed below for the whole time', () => {
    const rig = new Rig(playbooksOf(QUIET));
    rig.find({ confidence: 0.6 });
    // 60 falls below 30 after one half-life (10 min), and must stay there for 10 min.
    rig.pass(20 * MINUTE - 1000);
    expect(rig.active()).toHaveLength(1);
    rig.pass(2000);
    expect(ends(rig)).toEqual(['quiet']);
  });

  it('quiet: an attempt at what it blocks begins the wait anew', () => {
    const rig = new Rig(playbooksOf(QUIET));
    rig.find({ confidence: 0.6 });
    rig.pass(19 * MINUTE);
    rig.attempt(rig.active()[0]!.id);
    rig.pass(10 * MINUTE - 1000);
    expect(rig.active()).toMatchObject([{ attempts: 1 }]);
    rig.pass(2000);
    expect(ends(rig)).toEqual(['quiet']);
  });

  it('our own blocks alone do not keep the risk up: attempts feed no score', () => {
    const rig = new Rig(playbooksOf(QUIET));
    rig.find({ confidence: 0.6 });
    const { id } = rig.active()[0]!;
    for (let i = 0; i < 10; i += 1) rig.attempt(id);
    expect((rig.state('risk/default/session/s1') as { score: number }).score).toBeCloseTo(60);
  });

  it('quiet: findings below the level do not keep it', () => {
    const rig = new Rig(playbooksOf(QUIET));
    rig.find({ confidence: 0.6 });
    for (let i = 0; i < 6; i += 1) {
      rig.pass(3 * MINUTE);
      rig.find({ type: 'sequence.surprise', detector: 'sequence', severity: 'informational', confidence: 0.2 });
    }
    rig.pass(3 * MINUTE);
    expect(ends(rig)).toEqual(['quiet']);
  });

  it('max, reached quietly: it reverts', () => {
    const rig = new Rig(playbooksOf(SESSION));
    rig.find({ type: 'taint.sink' });
    rig.pass(24 * HOUR);
    expect(ends(rig)).toEqual(['max']);
  });

  it('max, reached under attack: a person is paged once, it stays until it is quiet', () => {
    const rig = new Rig(playbooksOf(SESSION));
    rig.find({ type: 'taint.sink' });
    const { id } = rig.active()[0]!;
    rig.pass(24 * HOUR - MINUTE);
    rig.attempt(id);
    rig.pass(10 * MINUTE);
    expect(rig.active()).toMatchObject([{ paged: true }]);
    rig.attempt(id);
    rig.pass(10 * MINUTE);
    expect(rig.active()).toHaveLength(1);
    expect(rig.audit.filter(({ act }) => act === 'contraction.page')).toHaveLength(1);
    expect([...rig.incidents.values()][0]?.timeline.filter(({ kind }) => kind === 'page')).toHaveLength(1);
    rig.pass(10 * MINUTE);
    expect(ends(rig)).toEqual(['max']);
  });

  it('max, reached under attack, where the playbook does not say page: it reverts', () => {
    const rig = new Rig(playbooksOf(SESSION.replace(', atMax: {active: page}', '')));
    rig.find({ type: 'taint.sink' });
    rig.pass(24 * HOUR - MINUTE);
    rig.attempt(rig.active()[0]!.id);
    rig.pass(MINUTE);
    expect(ends(rig)).toEqual(['max']);
  });

  it('session over: it ends, sleeps with the taint, and returns before the first call', () => {
    const rig = new Rig(playbooksOf(SESSION));
    rig.find({ type: 'taint.sink' });
    rig.session('ended');
    expect(ends(rig)).toEqual(['session-end']);
    rig.pass(30 * 24 * HOUR);
    rig.session('resumed');
    expect(rig.active()).toHaveLength(1);
    expect(rig.active()[0]?.controls).toEqual([...rig.contractions.values()][0]?.controls);
  });

  it('session over: the very call that brings the conversation back is decided with what returns', () => {
    const rig = new Rig(playbooksOf(SESSION));
    const preview = (sessionId = 's1') =>
      rig.machine.preview([], rig.stepper.states, rig.nowMs, { tenant: 'default', agentId: 'a1', sessionId });
    rig.find({ type: 'taint.sink' });
    expect(preview()).toEqual([]);
    rig.session('ended');
    rig.pass(2 * HOUR);
    const [returning, ...more] = preview();
    expect(more).toEqual([]);
    expect(preview('s2')).toEqual([]);
    rig.session('resumed');
    expect(rig.active()).toEqual([returning]);
    expect(preview()).toEqual([]);
  });

  it('session over: what a person lifted does not return with it', () => {
    const rig = new Rig(playbooksOf(SESSION));
    rig.find({ type: 'taint.sink' });
    rig.command({ do: 'lift', contractionId: rig.active()[0]!.id });
    rig.session('ended');
    rig.session('resumed');
    expect(rig.active()).toEqual([]);
  });

  it('session over: one on an agent ends with the last of its sessions', () => {
    const rig = new Rig(playbooksOf(SESSION.replace('target: session', 'target: agent')));
    rig.find({ type: 'taint.sink', session: 's1' });
    rig.find({ type: 'taint.sink', session: 's2' });
    expect(rig.active()).toHaveLength(1);
    rig.session('ended', 's1');
    expect(rig.active()).toHaveLength(1);
    rig.session('ended', 's2');
    expect(ends(rig)).toEqual(['session-end']);
  });

  it('session silent: it stays in force until max, and after that returns with the conversation', () => {
    const rig = new Rig(playbooksOf(SESSION));
    rig.find({ type: 'taint.sink' });
    rig.pass(30 * MINUTE);
    rig.session('ended', 's1', true);
    rig.pass(2 * HOUR);
    expect(rig.active()).toHaveLength(1);
    rig.restart();
    rig.session('resumed');
    rig.attempt(rig.active()[0]!.id);
    rig.session('ended', 's1', true);
    rig.pass(24 * HOUR);
    expect(ends(rig)).toEqual(['max']);
    rig.session('resumed');
    expect(rig.active()).toHaveLength(1);
    rig.session('ended', 's1', true);
    rig.session('ended');
    expect(ends(rig)).toEqual(['max', 'session-end']);
    rig.pass(HOUR * 48);
    expect(rig.live()).toEqual([]);
  });

  it('session silent: it takes no place under the limits until it comes back', () => {
    const rig = new Rig(playbooksOf(SESSION.replace('incident:', 'limits: {targets: 2}\nincident:')));
    const waiting = () => rig.live().filter(({ state }) => state === 'awaiting_approval').length;
    for (const session of ['s1', 's2']) rig.find({ type: 'taint.sink', session });
    rig.session('ended', 's1', true);
    rig.find({ type: 'taint.sink', session: 's3' });
    expect([rig.active().length, waiting()]).toEqual([3, 0]);
    rig.session('resumed', 's1');
    rig.session('ended', 's2', true);
    rig.find({ type: 'taint.sink', session: 's4' });
    expect([rig.active().length, waiting()], 's1 and s3 are at work').toEqual([3, 1]);
  });

  it('session renamed: it holds for the true one too', () => {
    const rig = new Rig(playbooksOf(SESSION));
    rig.find({ type: 'taint.sink', session: 'trace-1' });
    rig.feed({
      kind: 'session',
      tenant: 'default',
      timeMs: rig.nowMs,
      state: 'alias',
      sessionId: 'trace-1',
      canonicalId: 'chat-1',
      agentId: 'a1',
    });
    expect(
      rig
        .active()
        .map(({ target }) => target.id)
        .sort(),
    ).toEqual(['chat-1', 'trace-1']);
    rig.session('ended', 'chat-1');
    expect(rig.active().map(({ target }) => target.id)).toEqual(['trace-1']);
  });

  it('alert resolved', () => {
    const rig = new Rig(
      playbooksOf(
        'id: al\ntitle: Al\nversion: 1\nmode: enforce\ntrigger: {alert: {title: "Bad*"}}\ntarget: session\ncontract: [{session.suspend: {}}]\nrevert: {until: alertResolved, max: 12h}\nincident: {}\n',
      ),
    );
    const alert = (state: 'new' | 'resolved', alertId: string, title = 'Bad thing') =>
      rig.feed({
        kind: 'alert',
        tenant: 'default',
        timeMs: rig.nowMs,
        alertId,
        state,
        agentId: 'a1',
        sessionId: 's1',
        title,
      });
    alert('new', 'other', 'Good thing');
    expect(rig.active()).toEqual([]);
    alert('new', 'x');
    alert('resolved', 'y');
    expect(rig.active()).toHaveLength(1);
    alert('resolved', 'x');
    expect(ends(rig)).toEqual(['alert-resolved']);
  });

  it('cooldown: the playbook rests on that target', () => {
    const rig = new Rig(playbooksOf(QUIET.replace('incident:', 'cooldown: 30m\nincident:')));
    rig.find({ confidence: 0.6 });
    rig.pass(21 * MINUTE);
    rig.find();
    expect(rig.active()).toEqual([]);
    rig.pass(30 * MINUTE);
    rig.find();
    expect(rig.active()).toHaveLength(1);
  });
});

describe('repeats', () => {
  it('renew, and restrict what is newly predicted; max stays', () => {
    const rig = new Rig(playbooksOf(SESSION));
    rig.find({ type: 'taint.sink', predicted: [{ tool: 'send_mail', probability: 1 }] });
    const { maxAtMs } = rig.active()[0]!;
    rig.pass(MINUTE);
    rig.find({ type: 'taint.sink', predicted: [{ tool: '*', destination: 'evil.example', probability: 1 }] });
    expect(rig.active()).toHaveLength(1);
    expect(rig.active()[0]).toMatchObject({
      maxAtMs,
      controls: [
        { control: 'tool.block', tools: ['send_mail'] },
        { control: 'tool.block', destinations: ['evil.example'] },
      ],
    });
    expect(rig.active()[0]?.effects).toHaveLength(2);
  });

  it('a star that an attacker wrote is no wildcard', () => {
    const rig = new Rig(playbooksOf(SESSION.replace(', orElse: {effects: [send]}', '')));
    rig.find({
      type: 'taint.sink',
      predicted: [
        { tool: '*', probability: 1 },
        { tool: 'read_*', probability: 1 },
      ],
    });
    expect(rig.active()).toEqual([]);
  });

  it('a new version of the playbook leaves what is active to the old one', () => {
    const rig = new Rig(playbooksOf(SESSION));
    rig.find({ type: 'taint.sink' });
    const before = rig.active()[0]!;
    rig.machine.reload(
      playbooksOf(SESSION.replace('version: 1', 'version: 2').replace('effects: [send]', 'effects: [pay]')),
    );
    rig.find({ type: 'taint.sink' });
    expect(rig.active().map(({ playbook, controls }) => [playbook?.version, controls])).toEqual([
      [1, before.controls],
      [2, [{ control: 'tool.block', effects: ['pay'] }]],
    ]);
    rig.machine.reload([]);
    rig.pass(25 * HOUR);
    expect(rig.live()).toEqual([]);
  });

  it('promoted: the observing one makes way for one that enforces', () => {
    const observing = playbooksOf(SESSION.replace('mode: enforce', 'mode: observe'));
    const rig = new Rig(observing);
    rig.find({ type: 'taint.sink' });
    rig.machine.reload(playbooksOf(SESSION));
    rig.find({ type: 'taint.sink' });
    expect(rig.active()).toMatchObject([{ mode: 'enforce' }]);
    expect(ends(rig)).toContain('superseded');
  });
});

describe('power follows trust', () => {
  const STRONG =
    'id: st\ntitle: St\nversion: 1\nmode: enforce\ntrigger: {finding: taint.sink}\ntarget: agent\ncontract: [{agent.disable: {}}, {tool.block: {effects: [pay]}}]\nrevert: {until: verdict, max: 1h}\nincident: {}\n';
  it('an identity that was only claimed gets nobody cut off', () => {
    const rig = new Rig(playbooksOf(STRONG));
    rig.find({ type: 'taint.sink', trust: 'claimed' });
    expect(rig.active()[0]?.controls).toEqual([{ control: 'tool.block', effects: ['pay'] }]);
  });
  it('an authenticated one does', () => {
    const rig = new Rig(playbooksOf(STRONG));
    rig.find({ type: 'taint.sink', trust: 'authenticated' });
    expect(rig.active()[0]?.controls.map(({ control }) => control)).toEqual(['agent.disable', 'tool.block']);
  });
});

describe('people', () => {
  it('contain by hand for a time', () => {
    const rig = new Rig([]);
    const command = {
      do: 'contain',
      contractionId: 'm1',
      target: { tenant: 'default', type: 'agent', id: 'a1' },
      controls: [{ control: 'agent.disable' }],
      forMs: HOUR,
    } as const;
    expect(rig.command({ ...command, controls: [...command.controls] })?.ok).toBe(true);
    expect(rig.command({ ...command, controls: [...command.controls] })).toEqual({
      ok: true,
      message: 'it is there already',
    });
    expect(rig.active()).toMatchObject([{ id: 'm1', manual: { by: 'ann', reason: 'because' }, engineGone: 'hold' }]);
    rig.pass(HOUR);
    expect(ends(rig)).toEqual(['max']);
    // Points have seen the end of this id and would take no new one under it.
    expect(rig.command({ ...command, controls: [...command.controls] })?.ok).toBe(false);
  });
  it('a lease never outlasts what a person asked for, however long leases are', () => {
    const rig = new Rig([]);
    const target = { tenant: 'default', type: 'agent', id: 'a1' } as const;
    rig.command({
      do: 'contain',
      contractionId: 'm1',
      target,
      controls: [{ control: 'agent.disable' }],
      forMs: MINUTE,
    });
    expect(rig.active()).toMatchObject([{ leaseMs: MINUTE, leaseUntilMs: START + MINUTE, maxAtMs: START + MINUTE }]);
    rig.pass(50_000);
    rig.attempt('m1');
    expect(rig.active()).toMatchObject([{ leaseMs: 10_000, leaseUntilMs: START + MINUTE }]);
    // Given more time, leases are as long as before.
    rig.command({ do: 'extend', contractionId: 'm1', byMs: HOUR });
    expect(rig.active()).toMatchObject([{ leaseMs: 5 * MINUTE, maxAtMs: START + MINUTE + HOUR }]);
  });
  it('cannot contain across tenants', () => {
    const rig = new Rig([]);
    expect(
      rig.command({
        do: 'contain',
        contractionId: 'm1',
        target: { tenant: 'other', type: 'agent', id: 'a1' },
        controls: [{ control: 'agent.disable' }],
        forMs: HOUR,
      })?.ok,
    ).toBe(false);
    expect(rig.active()).toEqual([]);
  });
  it('pause stops new effects and keeps what is active; resume begins again', () => {
    const rig = new Rig(playbooksOf(SESSION));
    rig.find({ type: 'taint.sink', session: 's1' });
    rig.command({ do: 'pause' });
    rig.find({ type: 'taint.sink', session: 's2' });
    expect(rig.active().map(({ target, mode }) => [target.id, mode])).toEqual([
      ['s1', 'enforce'],
      ['s2', 'observe'],
    ]);
    rig.command({ do: 'resume' });
    rig.find({ type: 'taint.sink', session: 's2' });
    expect(rig.active().map(({ target, mode }) => [target.id, mode])).toEqual([
      ['s1', 'enforce'],
      ['s2', 'enforce'],
    ]);
    expect(rig.audit.filter(({ act }) => act.startsWith('engine.')).map(({ act, by }) => [act, by])).toEqual([
      ['engine.pause', 'ann'],
      ['engine.resume', 'ann'],
    ]);
  });
  it('every act is audited, done or not', () => {
    const rig = new Rig([]);
    rig.command({ do: 'extend', contractionId: 'nothing', byMs: 1 });
    rig.command({ do: 'approve', contractionId: 'nothing' });
    rig.command({ do: 'close-incident', incidentId: 'nothing', verdict: 'true' });
    expect(rig.audit.map(({ act, subject }) => [act, subject])).toEqual([
      ['contraction.extend', 'nothing'],
      ['contraction.approve', 'nothing'],
      ['incident.close', 'nothing'],
    ]);
  });
});

it('a barrier passes through behind what came before it', () => {
  const rig = new Rig(playbooksOf(SESSION));
  rig.find({ type: 'taint.sink' });
  rig.feed({ kind: 'barrier', tenant: 'default', timeMs: rig.nowMs, eventId: 'e', replyTo: 'point' });
  expect(rig.outputs.filter(({ topic }) => topic === 'contractions').at(-1)?.value).toEqual({
    kind: 'barrier',
    tenant: 'default',
    eventId: 'e',
    replyTo: 'point',
  });
});

it('what stays beyond max under attack is in force at every moment of it', () => {
  const rig = new Rig(playbooksOf(SESSION));
  rig.find({ type: 'taint.sink' });
  rig.pass(24 * HOUR - MINUTE);
  rig.attempt(rig.active()[0]!.id);
  const { id, maxAtMs } = rig.active()[0]!;
  expect(rig.active()[0]!.leaseUntilMs).toBe(maxAtMs);
  for (let passed = 0; passed < 2 * MINUTE; passed += 250) {
    rig.pass(250);
    expect(rig.index.get(id)?.expiresAtMs, String(rig.nowMs - maxAtMs)).toBeGreaterThan(rig.nowMs + 1000);
  }
  expect(rig.active()).toMatchObject([{ id, paged: true }]);
});

it('a conversation that joins one whose contraction is beyond max is held no less', () => {
  const rig = new Rig(playbooksOf(SESSION));
  rig.find({ type: 'taint.sink' });
  rig.pass(24 * HOUR - MINUTE);
  rig.attempt(rig.active()[0]!.id);
  rig.pass(5 * MINUTE);
  rig.feed({
    kind: 'session',
    tenant: 'default',
    timeMs: rig.nowMs,
    state: 'alias',
    sessionId: 's1',
    canonicalId: 's0',
    agentId: 'a1',
  });
  const twin = rig.active().find(({ target }) => target.id === 's0');
  expect(rig.index.get(twin!.id)?.expiresAtMs).toBeGreaterThan(rig.nowMs + MINUTE);
  rig.pass(2 * HOUR);
  expect(rig.live()).toEqual([]);
});

/** What went wrong in other systems that respond by themselves, one test each. */
import { describe, expect, it } from 'vitest';
import { decide } from '../../services/policy/decide.js';
import { Baseline } from '../../services/policy/effective.js';
import type { AccessRequest } from '../../services/policy/request.js';
import { compilePlaybooks } from '../../services/respond/playbook/load.js';
import { HOUR, MINUTE, playbooksOf, QUIET, Rig, SESSION, START } from './rig.js';

const call = (more: Partial<AccessRequest> = {}): AccessRequest => ({
  tenant: 'default',
  kind: 'tool',
  name: 'send_mail',
  agentId: 'a1',
  sessionId: 's1',
  effects: ['send'],
  ...more,
});
const verdict = (rig: Rig, more: Partial<AccessRequest> = {}) =>
  decide(call(more), { baseline: new Baseline(), contractions: rig.index }, rig.nowMs).verdict;

describe('pitfalls of automatic response', () => {
  it('the first expiry lifts a longer hold on the same target: it does not', () => {
    const rig = new Rig(playbooksOf(QUIET, SESSION));
    rig.find();
    rig.find({
      type: 'taint.sink',
      detector: 'taint-sink',
      confidence: 0.1,
      predicted: [{ tool: 'send_mail', probability: 1 }],
    });
    rig.pass(2 * HOUR);
    expect([...rig.contractions.values()].map(({ playbook, state }) => [playbook?.id, state]).sort()).toEqual([
      ['quiet', 'ended'],
      ['session', 'active'],
    ]);
    expect(verdict(rig)).toBe('block');
    rig.session('ended');
    expect(verdict(rig)).toBe('allow');
  });

  it('an extension never reaches enforcement: it is published, and the lease there is renewed', () => {
    const rig = new Rig(playbooksOf(SESSION));
    rig.find({ type: 'taint.sink' });
    const [contraction] = rig.active();
    expect(rig.command({ do: 'extend', contractionId: contraction!.id, byMs: 10 * HOUR })?.ok).toBe(true);
    for (let i = 0; i < 33; i += 1) {
      rig.pass(HOUR);
      expect(verdict(rig), `after ${i + 1} h`).toBe('block');
    }
    rig.pass(2 * HOUR);
    expect(verdict(rig)).toBe('allow');
  });

  it('wrong identity key: every attacker is contained, and nobody else', () => {
    const rig = new Rig(playbooksOf(QUIET));
    for (const session of ['s1', 's2', 's/1', 's%2F1', '']) if (session !== '') rig.find({ session });
    rig.find({ session: 's1', tenant: 'other', entity: { tenant: 'other', type: 'session', id: 's1' } });
    expect(
      rig
        .active()
        .map(({ target }) => `${target.tenant} ${target.id}`)
        .sort(),
    ).toEqual(['default s%2F1', 'default s/1', 'default s1', 'default s2', 'other s1']);
    expect(new Set(rig.active().map(({ id }) => id)).size).toBe(5);
    expect(verdict(rig, { sessionId: 's3' })).toBe('allow');
    expect(verdict(rig, { tenant: 'third' })).toBe('allow');
  });

  it('crash or restart: a block neither becomes permanent nor is lifted', () => {
    const rig = new Rig(playbooksOf(QUIET));
    rig.find();
    rig.restart();
    expect(verdict(rig)).toBe('block');
    rig.pass(4 * MINUTE);
    rig.restart();
    expect(verdict(rig)).toBe('block');
    rig.pass(2 * HOUR);
    expect(verdict(rig)).toBe('allow');
    expect(rig.live()).toEqual([]);
  });

  it('crash or restart: a thousand holds are there at once', () => {
    const rig = new Rig(playbooksOf(QUIET));
    for (let i = 0; i < 1000; i += 1) rig.find({ session: `s${i}` });
    const started = performance.now();
    rig.restart();
    rig.pass(4 * MINUTE);
    expect(performance.now() - started).toBeLessThan(5000);
    expect(rig.active()).toHaveLength(1000);
    expect(rig.index.all().next().done).toBe(false);
  });

  it('the revert was never registered: it stands in the same step as the intent', () => {
    const rig = new Rig(playbooksOf(QUIET));
    rig.find();
    const { states, timers } = rig.stepper.snapshot();
    const [contraction] = rig.active();
    expect(states.some(([key]) => key === `contraction/live/default/${contraction!.id}`)).toBe(true);
    expect(timers.some(({ payload }) => (payload as { id?: string }).id === contraction!.id)).toBe(true);
  });

  it('an early lift does not take effect: it does, at once, and says so', () => {
    const rig = new Rig(playbooksOf(SESSION));
    rig.find({ type: 'taint.sink' });
    const [contraction] = rig.active();
    expect(verdict(rig)).toBe('block');
    expect(rig.command({ do: 'lift', contractionId: contraction!.id })).toEqual({ ok: true, message: 'lifted' });
    expect(verdict(rig)).toBe('allow');
    expect(rig.command({ do: 'lift', contractionId: contraction!.id })?.ok).toBe(false);
    expect(
      rig.audit.filter(({ act }) => act === 'contraction.lift').map(({ by, reason, outcome }) => [by, reason, outcome]),
    ).toEqual([
      ['ann', 'because', 'lifted'],
      ['ann', 'because', 'no such contraction is live'],
    ]);
  });

  it('contracted again right after a lift: not while it is suppressed', () => {
    const rig = new Rig(playbooksOf(SESSION));
    rig.find({ type: 'taint.sink' });
    rig.command({ do: 'lift', contractionId: rig.active()[0]!.id, suppressMs: HOUR });
    rig.pass(59 * MINUTE);
    rig.find({ type: 'taint.sink' });
    expect(rig.active()).toEqual([]);
    expect([...rig.incidents.values()][0]?.timeline.map(({ text }) => text).join()).toContain(
      'a person lifted it here',
    );
    rig.find({ type: 'taint.sink', session: 's2' });
    expect(rig.active()).toHaveLength(1);
    rig.pass(MINUTE);
    rig.find({ type: 'taint.sink' });
    expect(rig.active()).toHaveLength(2);
  });

  it('retention deletes live holds: one that lives long is written again and again', () => {
    const rig = new Rig(playbooksOf(SESSION));
    rig.find({ type: 'taint.sink' });
    const before = rig.outputs.length;
    rig.pass(2 * HOUR);
    const renewals = rig.outputs.slice(before).filter(({ topic }) => topic === 'contractions').length;
    expect(renewals).toBeGreaterThanOrEqual(2 * 12);
    expect(rig.active()).toHaveLength(1);
  });

  it('the dry run acts: in observe mode nothing is applied', () => {
    const rig = new Rig(playbooksOf(SESSION.replace('mode: enforce', 'mode: observe')));
    rig.find({ type: 'taint.sink' });
    rig.pass(HOUR);
    const [contraction] = rig.active();
    expect(contraction).toMatchObject({ mode: 'observe', effects: [] });
    expect(verdict(rig)).toBe('allow');
    expect([...rig.incidents.values()]).toMatchObject([{ mode: 'observe' }]);
    rig.session('ended');
    expect(rig.live()).toEqual([]);
    expect(rig.audit).toEqual([]);
  });

  it('unknown syntax never matches, silently: it is refused with its place', () => {
    const when = (text: string) =>
      compilePlaybooks(
        [
          {
            file: 'p.yaml',
            text: `apiVersion: stepdown/v1\nkind: Playbook\nid: x\ntitle: X\nversion: 1\ntrigger: {finding: taint.sink}\nwhen: ${JSON.stringify(text)}\ntarget: session\nincident: {}\n`,
          },
        ],
        undefined,
      ).diagnostics;
    for (const text of [
      'finding.confidence > 0.5 and true',
      'not finding.learning',
      'finding.confidence > 1.5',
      'risk.session < -1.0',
      'finding.nope == 1',
      'true',
      'finding.title.matches("(a+)+$")',
    ]) {
      expect(
        when(text).map(({ severity, place }) => [severity, place.file, place.line]),
        text,
      ).toContainEqual(['error', 'p.yaml', 7]);
    }
    expect(when('finding.confidence > 0.5 && !finding.learning')).toEqual([]);
  });

  it('allowlist changed after the fact: what an exception or an allowance covers now ends at its next look', () => {
    const text = `apiVersion: stepdown/v1\nkind: Playbook\n${SESSION}`;
    const tuned = (entry: string) => {
      const { playbooks, diagnostics } = compilePlaybooks(
        [{ file: 'p.yaml', text }],
        {
          file: 'overrides.yaml',
          text: `apiVersion: stepdown/v1\nkind: Overrides\nplaybooks:\n  session:\n    reason: tuned\n    owner: ann\n    ${entry}, reason: the crawler is ours, owner: ann, expires: 2031-01-01T00:00:00Z}]\n`,
        },
        {},
      );
      expect(diagnostics).toEqual([]);
      return playbooks;
    };
    const withException = (when: string) => tuned(`except: [{when: '${when}'`);
    const rig = new Rig(playbooksOf(SESSION));
    for (const session of ['s1', 's2']) rig.find({ type: 'taint.sink', session, origin: 'crawler.example' });
    rig.find({ type: 'taint.sink', session: 's2', origin: 'elsewhere.example' });
    expect(rig.active()).toHaveLength(2);

    rig.machine.reload(withException('finding.origin == "nowhere.example"'));
    rig.pass(5 * MINUTE);
    expect(rig.active()).toHaveLength(2);

    rig.machine.reload(withException('finding.origin == "crawler.example"'));
    rig.pass(2.5 * MINUTE);
    // The second conversation stands on something else too.
    expect(rig.active().map(({ target }) => target.id)).toEqual(['s2']);
    const ended = [...rig.contractions.values()].find(({ target }) => target.id === 's1');
    expect(ended).toMatchObject({ endReason: 'excepted' });
    expect(ended?.history.at(-1)?.reason).toBe('excepted: the crawler is ours');
    expect(verdict(rig)).toBe('allow');
    expect(rig.state(`respond/grounds/default/${ended!.id}`)).toBeUndefined();
    rig.find({ type: 'taint.sink', origin: 'crawler.example' });
    expect(rig.active()).toHaveLength(1);

    rig.machine.reload(tuned('allow: [{entity: "session:s2"'));
    rig.pass(2.5 * MINUTE);
    expect(rig.active()).toEqual([]);
    expect(verdict(rig, { sessionId: 's2' })).toBe('allow');
  });

  it('the repeat-offender ladder never comes down: it does, a step for every time without a new contraction', () => {
    const ladder = 'escalate: {multiplier: 3, maximum: 12h, decay: 1d}\nincident:';
    const rig = new Rig(playbooksOf(QUIET.replace('incident:', ladder)));
    const holds = () => {
      rig.find();
      const [held] = rig.active();
      rig.pass(HOUR * 3);
      return held?.until.kind === 'quiet' ? held.until.forMs / MINUTE : undefined;
    };
    expect([holds(), holds(), holds()]).toEqual([10, 30, 90]);
    rig.pass(24 * HOUR);
    rig.restart();
    expect(holds(), 'one step down after a day, and one up').toBe(90);
    rig.pass(30 * 24 * HOUR);
    expect(rig.state('respond/target/default/session/s1'), 'and nothing is remembered in the end').toBeUndefined();
    expect(holds()).toBe(10);
  });

  it('a rule fires on half the fleet: beyond its cap a person must agree, before any effect', () => {
    const rig = new Rig(playbooksOf(SESSION.replace('incident:', 'limits: {targets: 3}\nincident:')));
    for (let i = 0; i < 10; i += 1) rig.find({ type: 'taint.sink', session: `s${i}`, agent: `a${i}` });
    expect(rig.active()).toHaveLength(3);
    const waiting = rig.live().filter(({ state }) => state === 'awaiting_approval');
    expect(waiting).toHaveLength(7);
    expect(waiting.every(({ effects }) => effects.length === 0)).toBe(true);
    expect(verdict(rig, { sessionId: 's7', agentId: 'a7' })).toBe('allow');
    expect(
      rig.command({ do: 'approve', contractionId: waiting.find(({ target }) => target.id === 's7')!.id })?.ok,
    ).toBe(true);
    expect(verdict(rig, { sessionId: 's7', agentId: 'a7' })).toBe('block');
    rig.pass(HOUR);
    expect([...rig.contractions.values()].filter(({ endReason }) => endReason === 'not-approved')).toHaveLength(6);
    rig.pass(25 * HOUR);
    expect(rig.live()).toEqual([]);
  });

  it('a rule fires on half the fleet: a share of the known agents is a cap too', () => {
    const rig = new Rig(
      playbooksOf(
        SESSION.replace('incident:', 'limits: {fleetPercent: 10, over: observe}\nincident:').replace(
          'target: session',
          'target: agent',
        ),
      ),
    );
    for (let i = 0; i < 29; i += 1)
      rig.feed({
        kind: 'session',
        tenant: 'default',
        timeMs: START,
        state: 'ended',
        sessionId: `b${i}`,
        agentId: `benign${i}`,
      });
    for (let i = 0; i < 10; i += 1) rig.find({ type: 'taint.sink', session: `s${i}`, agent: `a${i}` });
    const modes = rig.active().map(({ mode }) => mode);
    expect(modes.filter((mode) => mode === 'enforce')).toHaveLength(3);
    expect(modes.filter((mode) => mode === 'observe')).toHaveLength(7);
    const made = rig.contractions.size;
    for (let i = 0; i < 10; i += 1) rig.find({ type: 'taint.sink', session: `s${i}`, agent: `a${i}` });
    expect(rig.contractions.size, 'what is only recorded is not made anew by each finding').toBe(made);
  });
});

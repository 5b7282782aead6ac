/** Another product's alert through its life: told late, told twice, resolved, opened again; whom it may reach. */
import { describe, expect, it } from 'vitest';
import type { SignalOf } from '../../schemas/signal.js';
import { HOUR, MINUTE, playbooksOf, Rig } from './rig.js';

const onAlert = (target: string, control: string): string => `
id: al-${target}
title: Alerted
version: 1
mode: enforce
trigger: {alert: {title: "Bad*"}}
target: ${target}
contract: [{${control}}]
revert: {until: alertResolved, max: 12h}
incident: {}
`;

function alert(rig: Rig, state: 'new' | 'active' | 'resolved', more: Partial<SignalOf<'alert'>> = {}): void {
  rig.feed({
    kind: 'alert',
    tenant: 'default',
    timeMs: rig.nowMs,
    alertId: 'x',
    state,
    agentId: 'a1',
    sessionId: 's1',
    title: 'Bad thing',
    ...more,
  });
}

const states = (rig: Rig): string[] =>
  [...rig.contractions.values()].map(({ state, endReason }) => (endReason === undefined ? state : endReason));

describe('an alert through its life', () => {
  it('what is told late, after the resolution, opens nothing; a repeat of what was told does neither', () => {
    const rig = new Rig(playbooksOf(onAlert('session', 'session.suspend: {}')));
    const beginMs = rig.nowMs;
    rig.pass(MINUTE);
    alert(rig, 'resolved');
    alert(rig, 'new', { timeMs: beginMs });
    expect(states(rig)).toEqual([]);
    alert(rig, 'resolved', { alertId: 'y', timeMs: beginMs });
    alert(rig, 'new', { alertId: 'y', timeMs: beginMs });
    expect(states(rig)).toEqual([]);
  });

  it('one that is opened again contracts again, and its second resolution ends that too', () => {
    const rig = new Rig(playbooksOf(onAlert('session', 'session.suspend: {}')));
    alert(rig, 'new');
    rig.pass(MINUTE);
    alert(rig, 'active');
    expect(states(rig)).toEqual(['active']);
    rig.pass(MINUTE);
    alert(rig, 'resolved');
    expect(states(rig)).toEqual(['alert-resolved']);
    rig.pass(HOUR);
    alert(rig, 'active');
    expect(states(rig)).toEqual(['alert-resolved', 'active']);
    rig.pass(MINUTE);
    alert(rig, 'resolved');
    alert(rig, 'resolved');
    expect(states(rig)).toEqual(['alert-resolved', 'alert-resolved']);
  });

  it('its resolution is forgotten after a week, and nothing of it stays', () => {
    const rig = new Rig(playbooksOf(onAlert('session', 'session.suspend: {}')));
    const alerts = (): string[] =>
      rig.stepper.snapshot().states.flatMap(([key]) => (key.includes('/alert/') ? [key] : []));
    alert(rig, 'new');
    alert(rig, 'resolved', { timeMs: rig.nowMs + 1 });
    expect(alerts()).toHaveLength(1);
    rig.pass(8 * 24 * HOUR);
    expect(alerts()).toEqual([]);
  });
});

describe('whom an alert reaches', () => {
  it('strong controls follow its trust', () => {
    const rig = new Rig(playbooksOf(onAlert('agent', 'agent.disable: {}')));
    alert(rig, 'new', { alertId: 'claimed' });
    expect(states(rig)).toEqual([]);
    alert(rig, 'new', { alertId: 'vouched', trust: 'authenticated' });
    expect(states(rig)).toEqual(['active']);
  });

  it('one that names no agent contracts its user, and never an agent that happens to be called unknown', () => {
    const rig = new Rig(
      playbooksOf(
        onAlert('agent', 'session.suspend: {}'),
        onAlert('session', 'session.suspend: {}'),
        onAlert('user', 'auth.reauthenticate: {within: 5m}'),
      ),
    );
    alert(rig, 'new', { unnamed: true, agentId: 'unknown', sessionId: 'agent:unknown', userId: 'u7' });
    expect([...rig.contractions.values()].map(({ target }) => `${target.type}/${target.id}`)).toEqual(['user/u7']);
    const [incident] = [...rig.incidents.values()];
    expect(incident?.timeline.map(({ text }) => text).join('\n')).toContain('the alert names no agent');
  });

  it('says its severity to the condition and to the incident', () => {
    const rig = new Rig(
      playbooksOf(
        onAlert('session', 'session.suspend: {}').replace(
          'target:',
          'when: severityAtLeast(finding.severity, "high")\ntarget:',
        ),
      ),
    );
    alert(rig, 'new', { alertId: 'low', severity: 'low' });
    expect(states(rig)).toEqual([]);
    alert(rig, 'new', { alertId: 'high', severity: 'high' });
    expect(states(rig)).toEqual(['active']);
    expect([...rig.incidents.values()].map(({ severity }) => severity)).toEqual(['high']);
  });
});

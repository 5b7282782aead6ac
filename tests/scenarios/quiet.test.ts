/** Quiet is not safe (invariant 5): blocking removes the very signal, so silence must not be read as the end of an attack. */
import { describe, expect, it } from 'vitest';
import { Rehearsal } from './rehearsal.js';
import { ATTACK, type Turn } from './traffic.js';

const NOON = Date.UTC(2026, 9, 5, 12);
const HOUR = 3_600_000;

const turn = (seed: number, startMs: number, more: Partial<Turn>): Turn => ({
  service: 'helpdesk',
  agent: 'helpdesk-1',
  conversation: 'c1',
  startMs,
  prompt: 'Please look after ticket 312.',
  steps: [],
  answer: 'Done.',
  seed,
  ...more,
});
const [poisoned, harmful] = ATTACK as [(typeof ATTACK)[0], (typeof ATTACK)[0]];
const harmless = { tool: 'search_wiki', arguments: { query: 'vpn' }, result: 'Restart the VPN client.' };

describe('a poisoned conversation', () => {
  it('is contracted, the harmful call is stopped, and the rest of the work goes on', () => {
    const run = new Rehearsal().play(turn(1, NOON, { steps: [poisoned, harmful, harmless] }));
    expect(run.verdictsOf('forward_mail')).not.toContain('allow');
    expect(run.verdictsOf('search_wiki')).toEqual(['allow']);
    expect(run.verdictsOf('read_ticket')).toEqual(['allow']);
    expect(run.inForce().length).toBeGreaterThan(0);
    expect(run.incidents.size).toBe(1);
  });

  it('is still stopped when it resumes after two hours in which nothing happened', () => {
    const run = new Rehearsal().play(turn(1, NOON, { steps: [poisoned, harmful] })).wait(2 * HOUR);
    run.play(turn(2, NOON + 2 * HOUR + 60_000, { prompt: 'Go on, please.', steps: [harmful, harmless] }));
    expect(run.verdictsOf('forward_mail')).toHaveLength(2);
    expect(run.verdictsOf('forward_mail')).not.toContain('allow');
    expect(run.verdictsOf('search_wiki')).toEqual(['allow']);
  });

  it('is stopped also when the first thing after the pause is the harmful call itself, without a new prompt', () => {
    const run = new Rehearsal().play(turn(1, NOON, { steps: [poisoned] })).wait(2 * HOUR);
    run.play(turn(3, NOON + 2 * HOUR + 60_000, { prompt: '', steps: [harmful] }));
    expect(run.verdictsOf('forward_mail')).not.toContain('allow');
  });

  it('does not touch another conversation of the same agent', () => {
    const run = new Rehearsal().play(turn(1, NOON, { steps: [poisoned, harmful] }));
    run.play(
      turn(4, NOON + 60_000, {
        conversation: 'c2',
        prompt: 'Forward the menu to ann@contoso.example.',
        steps: [{ tool: 'forward_mail', arguments: { to: 'ann@contoso.example' }, result: 'sent' }],
      }),
    );
    expect(run.verdictsOf('forward_mail').at(-1)).toBe('allow');
  });
});

describe('our own blocks', () => {
  it('keep no contraction alive through the findings they cause, and every contraction ends', () => {
    const run = new Rehearsal();
    run.play(
      turn(1, NOON, { steps: [poisoned, ...Array.from({ length: 25 }, () => ({ ...harmful, error: 'blocked' }))] }),
    );
    expect(run.verdictsOf('forward_mail')).toHaveLength(25);
    expect(run.verdictsOf('forward_mail')).not.toContain('allow');
    const caused = run.findings.filter(({ type }) =>
      ['denial.burst', 'error.burst', 'rate.burst', 'sequence.surprise'].includes(type),
    );
    expect(caused).toEqual([]);
    run.wait(26 * HOUR);
    expect(run.inForce()).toEqual([]);
    for (const contraction of run.contractions.values()) {
      expect(contraction.state).toBe('ended');
      expect(contraction.endReason).toBeDefined();
    }
  });

  it('count as attempts, which renew what they ran into', () => {
    const run = new Rehearsal().play(turn(1, NOON, { steps: [poisoned, harmful, harmful, harmful] }));
    const attempts = [...run.contractions.values()].map(({ attempts }) => attempts);
    expect(Math.max(...attempts)).toBeGreaterThanOrEqual(2);
  });
});

/** What went wrong in other systems that respond by themselves, where it is about enforcement outside. One test each. */
import { describe, expect, it } from 'vitest';
import { RECONCILE } from '../../services/enforce/reconcile.js';
import { HOUR, MINUTE } from '../respond/rig.js';
import { perform, POINT, Simulation } from './simulation.js';

/** `injection.direct` is held until a person judges, six hours at most; the other ends after ten quiet minutes. */
const attacked = (
  selfExpiring = true,
  type: 'injection.indirect' | 'injection.direct' = 'injection.indirect',
): Simulation => {
  const simulation = new Simulation(selfExpiring);
  perform(simulation, { do: 'find', agent: 0, type });
  return simulation;
};
const enforced = (simulation: Simulation) => simulation.rig.active().find(({ mode }) => mode === 'enforce')!;
const outside = (simulation: Simulation) =>
  [...simulation.rig.contractions.values()].flatMap(({ effects }) =>
    effects.filter(({ point }) => point === POINT).map(({ state }) => state),
  );

describe('pitfalls of automatic response, at enforcement points outside', () => {
  it('the first expiry lifts a longer hold on the same target: it does not', () => {
    const simulation = attacked();
    perform(simulation, { do: 'find', agent: 0, type: 'injection.direct' });
    expect(simulation.held()).toHaveLength(4);
    simulation.pass(3 * HOUR);
    expect(simulation.rig.active().map(({ playbook }) => playbook?.id)).toEqual(['longer']);
    expect(simulation.held()).toHaveLength(2);
    simulation.pass(4 * HOUR);
    expect(simulation.held()).toEqual([]);
  });

  it('an extension never reaches enforcement: it is carried on there before it runs out', () => {
    const simulation = attacked();
    simulation.rig.command({ do: 'extend', contractionId: enforced(simulation).id, byMs: HOUR });
    for (let minute = 0; minute < 9; minute += 1) {
      simulation.pass(MINUTE);
      expect(simulation.world.inForce(simulation.nowMs), `after ${minute + 1} min`).toHaveLength(2);
    }
  });

  it('crash or restart: a block outside neither becomes permanent nor is lifted', () => {
    const simulation = attacked(false);
    simulation.restart();
    simulation.work();
    expect(simulation.held()).toHaveLength(2);
    simulation.down(3 * HOUR);
    simulation.pass(MINUTE);
    expect(simulation.held(), 'what was due while it was away is done').toEqual([]);
  });

  it('the revert fails: it is tried on with growing pauses, raised as an incident, and never forgotten', () => {
    const simulation = attacked();
    const { id } = enforced(simulation);
    simulation.world.moods.push(...Array<'refuse'>(60).fill('refuse'));
    simulation.rig.command({ do: 'lift', contractionId: id });
    simulation.work();
    expect(outside(simulation)).toEqual(['revert_failed', 'revert_failed']);
    expect(simulation.rig.contractions.get(id)?.state).toBe('ending');
    const raised = [...simulation.rig.incidents.values()].filter(({ title }) => title.includes('needs a person'));
    expect(raised).toMatchObject([{ severity: 'high', status: 'active' }]);
    simulation.restart();
    simulation.pass(3 * HOUR);
    expect(simulation.held()).toEqual([]);
    expect(simulation.rig.contractions.get(id)?.state).toBe('ended');
    expect(simulation.rig.incidents.get(raised[0]!.id)?.status).toBe('closed');
    expect(simulation.world.moods.length, 'it asked with pauses, not without end').toBeLessThan(60);
  });

  it('the revert was never registered: it stands in the write that ends the contraction', () => {
    const simulation = attacked();
    const { id } = enforced(simulation);
    const from = simulation.rig.outputs.length;
    simulation.rig.command({ do: 'lift', contractionId: id });
    const [first] = simulation.rig.outputs
      .slice(from)
      .flatMap((output) =>
        output.topic === 'contractions' && output.value.kind === 'contraction' ? [output.value.contraction] : [],
      );
    expect(first).toMatchObject({ id, state: 'ending', endReason: 'lifted' });
    expect(first?.effects.map(({ state }) => state)).toEqual(['reverted', 'reverted', 'reverting', 'reverting']);
    simulation.restart();
    simulation.work();
    expect(simulation.held()).toEqual([]);
  });

  it('a hung action blocks the rest: it does not; what it may still do is met', () => {
    const simulation = new Simulation(false);
    simulation.world.moods.push('late');
    perform(simulation, { do: 'find', agent: 0, type: 'injection.indirect' });
    expect(simulation.held(), 'the other control is in place').toHaveLength(1);
    simulation.rig.command({ do: 'lift', contractionId: enforced(simulation).id });
    simulation.work();
    simulation.pass(RECONCILE.actionTimeoutMs + 1);
    simulation.pass(5 * MINUTE);
    expect(simulation.held()).toEqual([]);
    expect([...simulation.rig.contractions.values()].filter(({ mode }) => mode === 'enforce')).toMatchObject([
      { state: 'ended' },
    ]);
  });

  it.each(['edit', 'remove'] as const)(
    'a person changed the target in between (%s): it stops, is marked, raised, and never fought',
    (how) => {
      const simulation = attacked(true, 'injection.direct');
      const [id] = simulation.held();
      simulation.world[how](id!);
      simulation.pass(15 * MINUTE);
      expect(outside(simulation).sort()).toEqual(['applied', 'drifted']);
      const applies = simulation.world.acts.apply;
      expect([...simulation.rig.incidents.values()].some(({ title }) => title.includes('needs a person'))).toBe(true);
      simulation.pass(MINUTE * 10);
      expect(simulation.world.held.has(id!)).toBe(how === 'edit');
      expect(simulation.world.acts.apply - applies, 'only the other one is carried on').toBeLessThan(4);
      simulation.end();
    },
  );

  it('an early lift does not take effect: it is seen gone out there before the contraction counts as ended', () => {
    const simulation = attacked();
    const { id } = enforced(simulation);
    simulation.world.moods.push('lie', 'lie');
    simulation.rig.command({ do: 'lift', contractionId: id });
    simulation.work();
    expect(simulation.rig.contractions.get(id)?.state, 'it was said to be gone, and is not').toBe('ending');
    simulation.pass(MINUTE);
    expect(simulation.held()).toEqual([]);
    expect(simulation.rig.contractions.get(id)).toMatchObject({ state: 'ended', endReason: 'lifted' });
  });

  it('an endless loop that helps nobody: after some rounds a person is called', () => {
    const simulation = attacked(true, 'injection.direct');
    const [id] = simulation.held();
    for (let round = 0; round < 20; round += 1) {
      simulation.world.forget(id!);
      simulation.pass(11 * MINUTE);
    }
    expect(outside(simulation)).toContain('failed');
    expect(simulation.world.held.has(id!)).toBe(false);
    expect(
      [...simulation.rig.incidents.values()].flatMap(({ timeline }) => timeline.map(({ text }) => text)).join(),
    ).toContain('a person has to look');
    simulation.end();
  });

  it('the dry run acts: what only observes sends nothing', () => {
    const simulation = attacked();
    const shadow = simulation.rig.active().find(({ mode }) => mode === 'observe')!;
    expect(shadow.effects).toEqual([]);
    expect(simulation.held().some((id) => id.startsWith(shadow.id))).toBe(false);
    const only = new Simulation(true);
    only.rig.restart(only.rig.machine.playbooks.filter(({ id }) => id === 'shadow'));
    perform(only, { do: 'find', agent: 0, type: 'injection.indirect' });
    only.pass(HOUR);
    expect(only.world.acts).toEqual({ apply: 0, revert: 0, observe: 0 });
  });

  it('with the engine gone, lapse drops it at its lease and hold keeps it', () => {
    const lapses = attacked(true);
    lapses.rig.nowMs += 6 * MINUTE;
    expect(lapses.world.inForce(lapses.rig.nowMs)).toEqual([]);
    const held = new Simulation(true);
    perform(held, { do: 'find', agent: 0, type: 'injection.direct' });
    held.rig.nowMs += 30 * MINUTE;
    expect(held.world.inForce(held.rig.nowMs), 'engineGone: hold gives an hour of grace').toHaveLength(2);
    held.rig.nowMs += 40 * MINUTE;
    expect(held.world.inForce(held.rig.nowMs)).toEqual([]);
    const stays = attacked(false);
    stays.rig.nowMs += 48 * HOUR;
    expect(
      stays.world.inForce(stays.rig.nowMs),
      'a point that expires nothing keeps it until an engine is back',
    ).toHaveLength(2);
  });
});

/** What a playbook would have contracted, counted from the ledger: at once, within a time, by target and agent. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Contraction } from '../../schemas/contraction.js';
import { objectionsTo, recordOf } from '../../services/respond/playbook/record.js';

const LIMITS = {
  targets: undefined,
  fleetPercent: undefined,
  contractions: undefined,
  over: 'requireApproval',
  approveWithinMs: 1,
} as const;

interface Held {
  target: string;
  agent: string;
  fromMs: number;
  toMs: number | undefined;
}

const contractionOf = ({ target, agent, fromMs, toMs }: Held): Contraction =>
  ({
    target: { tenant: 'default', type: 'session', id: target },
    agentId: agent,
    state: toMs === undefined ? 'active' : 'ended',
    createdAtMs: fromMs,
    history: [{ atMs: fromMs, to: 'active', by: 'engine', reason: '' }],
    ...(toMs === undefined ? {} : { endedAtMs: toMs }),
  }) as unknown as Contraction;

const held = fc.record({
  target: fc.constantFrom('a', 'b', 'c', 'd'),
  agent: fc.constantFrom('x', 'y'),
  fromMs: fc.integer({ min: 0, max: 50 }),
  toMs: fc.option(fc.integer({ min: 51, max: 99 }), { nil: undefined }),
});

describe('a record', () => {
  it('counts at once what a look at every moment counts', () => {
    fc.assert(
      fc.property(fc.array(held, { maxLength: 12 }), (all) => {
        const record = recordOf(all.map(contractionOf), [], { ...LIMITS, contractions: { most: 1, perMs: 10 } }, 100);
        const most = (nameOf: (each: Held) => string) =>
          Math.max(
            0,
            ...Array.from(
              { length: 100 },
              (_, atMs) =>
                new Set(all.filter(({ fromMs, toMs = 100 }) => fromMs <= atMs && atMs < toMs).map(nameOf)).size,
            ),
          );
        const within = Array.from(
          { length: 100 },
          (_, atMs) => all.filter(({ fromMs }) => fromMs <= atMs && fromMs > atMs - 10).length,
        );
        expect(record).toMatchObject({
          contractions: all.length,
          targetsAtOnce: most(({ target }) => target),
          agentsAtOnce: most(({ agent }) => agent),
          mostInTime: Math.max(0, ...within),
          containedMs: all.reduce((sum, { fromMs, toMs = 100 }) => sum + toMs - fromMs, 0),
        });
      }),
      { numRuns: 300 },
    );
  });

  it('makes room when one ends as another begins, and leaves out what only waited for a person', () => {
    const waited = {
      ...contractionOf({ target: 'w', agent: 'x', fromMs: 0, toMs: 9 }),
      history: [{ atMs: 0, to: 'awaiting_approval', by: 'engine', reason: '' }],
    } as Contraction;
    const two = [
      { target: 'a', agent: 'x', fromMs: 0, toMs: 5 },
      { target: 'b', agent: 'x', fromMs: 5, toMs: 9 },
    ].map(contractionOf);
    expect(recordOf([...two, waited], [], LIMITS, 10)).toMatchObject({ contractions: 2, targetsAtOnce: 1 });
  });

  it.each([
    ['at its limit of targets', { targets: 2 }, 10, 0],
    ['beyond its limit of targets', { targets: 1 }, 10, 1],
    ['within its share of the fleet', { fleetPercent: 20 }, 10, 0],
    ['beyond its share of the fleet', { fleetPercent: 10 }, 10, 1],
    ['one agent is always allowed', { fleetPercent: 1 }, 1, 1],
    ['at its rate', { contractions: { most: 2, perMs: 10 } }, 10, 0],
    ['beyond its rate', { contractions: { most: 1, perMs: 10 } }, 10, 1],
  ])('%s', (_, limits, fleet, objections) => {
    const all = [
      { target: 'a', agent: 'x', fromMs: 0, toMs: undefined },
      { target: 'b', agent: 'y', fromMs: 1, toMs: undefined },
    ].map(contractionOf);
    const with_ = { ...LIMITS, ...limits };
    expect(objectionsTo(recordOf(all, [], with_, 10), with_, fleet)).toHaveLength(objections);
  });
});

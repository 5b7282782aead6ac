/** Random histories of an engine, its enforcement point and the people around them. */
import fc from 'fast-check';
import { MOODS } from '../peers/enforced-world.js';
import { type Action, CRASHES, perform, Simulation } from './simulation.js';

const which = fc.nat(20);

export const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('find' as const),
      agent: fc.nat(2),
      type: fc.constantFrom('injection.indirect' as const, 'injection.direct' as const),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('lift' as const, 'extend' as const), which }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constantFrom('edit' as const, 'remove' as const, 'forget' as const), which }),
  },
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constant('pass' as const), seconds: fc.constantFrom(0, 1, 5, 40, 300, 900) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('down' as const), seconds: fc.constantFrom(1, 60, 600, 8000) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('mood' as const),
      moods: fc.array(fc.constantFrom(...MOODS), { minLength: 1, maxLength: 6 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('crash' as const), point: fc.constantFrom(...CRASHES), after: fc.nat(3) }),
  },
  { weight: 1, arbitrary: fc.constant({ do: 'restart' as const }) },
);

/** Runs a history and checks it all the way; gives how many steps it took. */
export function live(selfExpiring: boolean, actions: readonly Action[]): number {
  const simulation = new Simulation(selfExpiring);
  for (const each of actions) {
    perform(simulation, each);
    simulation.check();
  }
  simulation.end();
  return simulation.steps;
}

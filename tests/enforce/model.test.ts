/** A slice of the model check; `npm run model` runs a million steps and more. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { action, live } from './actions.js';
import type { Action } from './simulation.js';

/** What longer searches found once. */
const FOUND: [string, boolean, Action[]][] = [
  [
    'what had expired is applied anew, its answer is lost, and its revert is only said to be done',
    true,
    [
      { do: 'find', agent: 0, type: 'injection.direct' },
      { do: 'mood', moods: ['lose-answer', 'fine', 'lie', 'fine'] },
      { do: 'down', seconds: 8000 },
      { do: 'lift', which: 0 },
    ],
  ],
];
it.each(FOUND)('%s', (_name, selfExpiring, actions) => {
  live(selfExpiring, actions);
});

it.each([true, false])(
  'whatever happens at the point (selfExpiring: %s), it ends as the ledger says',
  (selfExpiring) => {
    let steps = 0;
    fc.assert(
      fc.property(fc.array(action, { maxLength: 30 }), (actions) => {
        steps += live(selfExpiring, actions);
      }),
      { numRuns: 40 },
    );
    expect(steps).toBeGreaterThan(500);
  },
);

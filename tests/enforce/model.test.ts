/** A slice of the model check; `npm run model` runs a million steps and more. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { action, live } from './actions.js';

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

/** The model check at length: `npm run model`, a million steps by default (STEPDOWN_MODEL_STEPS says otherwise). */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { action, live } from './actions.js';

it('holds for as many steps as were asked for', () => {
  const wanted = Number(process.env['STEPDOWN_MODEL_STEPS'] ?? 1_000_000);
  let steps = 0;
  let histories = 0;
  const begun = performance.now();
  while (steps < wanted) {
    fc.assert(
      fc.property(fc.boolean(), fc.array(action, { maxLength: 60 }), (selfExpiring, actions) => {
        steps += live(selfExpiring, actions);
        histories += 1;
      }),
      { numRuns: 200 },
    );
  }
  console.log(`${steps} steps in ${histories} histories, ${Math.round((performance.now() - begun) / 1000)} s`);
  expect(steps).toBeGreaterThanOrEqual(wanted);
});

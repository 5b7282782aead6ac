/** A slice of the tenant's histories; `npm run model` lives many more. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { history, step } from './tenant.js';

it.each(['policy', 'account'] as const)(
  'whatever happens, the tenant ends as it would be without us (%s)',
  async (disableBy) => {
    let requests = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 14 }), async (steps) => {
        requests += await history(disableBy, steps);
      }),
      { numRuns: 6 },
    );
    expect(requests).toBeGreaterThan(0);
  },
  60_000,
);

/** The tenant's histories at length: `npm run model`, 500 histories of each way by default (STEPDOWN_TENANT_RUNS says otherwise). */
import fc from 'fast-check';
import { it } from 'vitest';
import { history, step } from './tenant.js';

it.each(['policy', 'account'] as const)('the tenant ends as it would be without us (%s)', async (disableBy) => {
  let requests = 0;
  let steps = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30, size: 'max' }), async (each) => {
      steps += each.length;
      requests += await history(disableBy, each);
    }),
    { numRuns: Number(process.env['STEPDOWN_TENANT_RUNS'] ?? 500) },
  );
  console.log(`${steps} steps, ${requests} requests to the directory (${disableBy})`);
});

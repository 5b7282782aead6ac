/** Part of `npm run faults`: two hundred faults of Redis; FAULTS and SEED change it. */
import { expect, it } from 'vitest';
import { NOTHING_WRONG, runFaults, verdictOf } from './fault-run.js';
import { searchRedisFaults } from './redis-faults.js';

it('loses and doubles nothing under faults of Redis', { timeout: 14_400_000 }, async () => {
  const verdict = await runFaults({
    ...{ name: 'Redis', variable: 'FAULTS', otherwise: 200, piece: 100 },
    ...{ file: 'redis-faults.long.test.ts', test: 'faults of Redis' },
    search: async (count, seed, onFault) => ({ ...(await searchRedisFaults(count, seed, onFault)), fallen: [] }),
  });
  expect(verdictOf(verdict)).toEqual(NOTHING_WRONG);
});

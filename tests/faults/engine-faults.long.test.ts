/** Part of `npm run faults`: two hundred faults of a whole engine, and a hundred under leases; ENGINE_FAULTS, LEASE_FAULTS, SEED, ONLY. */
import { expect, it } from 'vitest';
import { CLOCK_FAULTS, ENGINE_FAULTS } from './engine-fault-kinds.js';
import { searchEngineFaults } from './engine-faults.js';
import { NOTHING_WRONG, onlyFaults, runFaults, verdictOf } from './fault-run.js';
import { searchLeaseFaults } from './lease-faults.js';

const FILE = 'engine-faults.long.test.ts';

it('ends as undisturbed after faults of a whole engine', { timeout: 14_400_000 }, async () => {
  const names = onlyFaults();
  const verdict = await runFaults({
    ...{ name: 'engine', variable: 'ENGINE_FAULTS', otherwise: 200, piece: 50 },
    ...{ file: FILE, test: 'faults of a whole engine' },
    search: async (count, seed, onFault) =>
      searchEngineFaults(count, seed, { onFault, ...(names === undefined ? {} : { names }) }),
  });
  expect(verdictOf(verdict)).toEqual(NOTHING_WRONG);
});

it('makes each lease once and ends it once, by the wall clock, under faults', { timeout: 14_400_000 }, async () => {
  const names = onlyFaults() ?? [...Object.keys(ENGINE_FAULTS), ...Object.keys(CLOCK_FAULTS)];
  const verdict = await runFaults({
    ...{ name: 'leases', variable: 'LEASE_FAULTS', otherwise: 100, piece: 50 },
    ...{ file: FILE, test: 'each lease once' },
    search: async (count, seed, onFault) => searchLeaseFaults(count, seed, { names, onFault }),
  });
  expect(verdictOf(verdict)).toEqual(NOTHING_WRONG);
});

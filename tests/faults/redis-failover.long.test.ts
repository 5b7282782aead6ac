/** Part of `npm run faults`: primaries of a Redis Cluster are lost with what they answered last. REDIS_FAILOVERS, SEED, ONLY. */
import { expect, it } from 'vitest';
import { CLUSTER_FAULTS } from './engine-fault-kinds.js';
import { searchEngineFaults } from './engine-faults.js';
import { NOTHING_WRONG, onlyFaults, runFaults, verdictOf } from './fault-run.js';
import { searchLeaseFaults } from './lease-faults.js';

const RUN = { variable: 'REDIS_FAILOVERS', otherwise: 20, piece: 10, file: 'redis-failover.long.test.ts' };
const names = Object.keys(CLUSTER_FAULTS);

it('ends as undisturbed after replicas took over', { timeout: 14_400_000 }, async () => {
  const verdict = await runFaults({
    ...{ ...RUN, name: 'Redis failover', test: 'after replicas took over' },
    search: async (count, seed, onFault) =>
      searchEngineFaults(count, seed, { names: onlyFaults() ?? names, redisCluster: true, onFault }),
  });
  expect(verdictOf(verdict)).toEqual(NOTHING_WRONG);
});

it('makes each lease once and ends it once while replicas take over', { timeout: 14_400_000 }, async () => {
  const verdict = await runFaults({
    ...{ ...RUN, name: 'leases over a Redis Cluster', test: 'while replicas take over' },
    search: async (count, seed, onFault) =>
      searchLeaseFaults(count, seed, { names: onlyFaults() ?? names, redisCluster: true, onFault }),
  });
  expect(verdictOf(verdict)).toEqual(NOTHING_WRONG);
});

/** `npm run failover`: three brokers of which one is killed again and again; also part of `npm run faults`. BROKER_FAULTS, SEED, ONLY. */
import { expect, it } from 'vitest';
import { BROKER_FAULTS, ENGINE_FAULTS } from './engine-fault-kinds.js';
import { searchEngineFaults } from './engine-faults.js';
import { NOTHING_WRONG, onlyFaults, runFaults, verdictOf } from './fault-run.js';
import { searchLeaseFaults } from './lease-faults.js';

const BROKERS = 3;
const RUN = { variable: 'BROKER_FAULTS', otherwise: 40, piece: 20, file: 'broker-faults.long.test.ts' };

/** Half of them the brokers' own, the others what happens to services and connections meanwhile. */
const OTHERS = ['service killed', 'service stands still', 'workers come and go', 'connections cut', 'an answer halved'];
const names = [...Object.keys(BROKER_FAULTS), ...OTHERS.filter((name) => name in ENGINE_FAULTS)];

it('ends as undisturbed after faults of three brokers', { timeout: 14_400_000 }, async () => {
  const verdict = await runFaults({
    ...{ ...RUN, name: 'failover', test: 'faults of three brokers' },
    search: async (count, seed, onFault) =>
      searchEngineFaults(count, seed, { names: onlyFaults() ?? names, brokers: BROKERS, onFault }),
  });
  expect(verdictOf(verdict)).toEqual(NOTHING_WRONG);
});

it('makes each lease once and ends it once while brokers are killed', { timeout: 14_400_000 }, async () => {
  const verdict = await runFaults({
    ...{ ...RUN, name: 'leases over three brokers', test: 'while brokers are killed' },
    search: async (count, seed, onFault) =>
      searchLeaseFaults(count, seed, { names: onlyFaults() ?? names, brokers: BROKERS, onFault }),
  });
  expect(verdictOf(verdict)).toEqual(NOTHING_WRONG);
});

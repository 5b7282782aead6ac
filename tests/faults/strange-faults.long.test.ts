/** Part of `npm run faults`: what others do to topics, groups and Redis meanwhile. STRANGE_FAULTS, SEED, ONLY. */
import { expect, it } from 'vitest';
import { ENGINE_FAULTS, STRANGE_FAULTS } from './engine-fault-kinds.js';
import { searchEngineFaults } from './engine-faults.js';
import { NOTHING_WRONG, onlyFaults, runFaults, verdictOf } from './fault-run.js';

const OTHERS = ['service killed', 'service stands still', 'connections cut', 'Redis killed'];
const names = [...Object.keys(STRANGE_FAULTS), ...OTHERS.filter((name) => name in ENGINE_FAULTS)];

it('ends as undisturbed whatever others do to its topics, groups and Redis', { timeout: 14_400_000 }, async () => {
  const verdict = await runFaults({
    ...{ name: 'strange', variable: 'STRANGE_FAULTS', otherwise: 60, piece: 30 },
    ...{ file: 'strange-faults.long.test.ts', test: 'whatever others do' },
    search: async (count, seed, onFault) => searchEngineFaults(count, seed, { names: onlyFaults() ?? names, onFault }),
  });
  expect(verdictOf(verdict)).toEqual(NOTHING_WRONG);
});

/** Part of `npm run faults`: a hundred faults of an event hub; HUB_FAULTS and SEED change it. */
import { expect, it } from 'vitest';
import { searchHubFaults } from './event-hub-faults.js';
import { NOTHING_WRONG, runFaults, verdictOf } from './fault-run.js';

it('loses and doubles nothing under faults of an event hub', { timeout: 14_400_000 }, async () => {
  const verdict = await runFaults({
    ...{ name: 'event hub', variable: 'HUB_FAULTS', otherwise: 100, piece: 50 },
    ...{ file: 'event-hub-faults.long.test.ts', test: 'faults of an event hub' },
    search: searchHubFaults,
  });
  expect(verdictOf(verdict)).toEqual(NOTHING_WRONG);
});

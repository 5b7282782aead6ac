/** `npm run faults`: two hundred faults of Redis; FAULTS and SEED change it. */
import { expect, it } from 'vitest';
import { searchRedisFaults } from './redis-faults.js';

const number = (name: string, otherwise: number): number => Number(process.env[name] ?? otherwise);

it('loses and doubles nothing in two hundred faults of Redis', { timeout: 3_600_000 }, async () => {
  const [count, seed] = [number('FAULTS', 200), number('SEED', 7)];
  const { faults, operations, lost, doubled, endless } = await searchRedisFaults(count, seed);
  console.log({ seed, faults, operations, lost: lost.length, doubled: doubled.length, endless: endless.length });
  expect({ lost, doubled, endless }).toEqual({ lost: [], doubled: [], endless: [] });
});

/** Part of `npm run faults`: two hundred faults of a whole engine, and a hundred under leases; ENGINE_FAULTS, LEASE_FAULTS, SEED. */
import { expect, it } from 'vitest';
import { CLOCK_FAULTS, ENGINE_FAULTS } from './engine-fault-kinds.js';
import { searchEngineFaults } from './engine-faults.js';
import { searchLeaseFaults } from './lease-faults.js';

/** Names of faults, by commas; none: all. */
const only = process.env['ONLY']?.split(',');
const number = (name: string, otherwise: number): number => Number(process.env[name] ?? otherwise);

it('ends as undisturbed after two hundred faults of a whole engine', { timeout: 3_600_000 }, async () => {
  const begunAt = Date.now();
  const { lost, doubled, endless, fallen, ...rest } = await searchEngineFaults(
    number('ENGINE_FAULTS', 200),
    number('SEED', 7),
    {
      ...(only === undefined ? {} : { names: only }),
      onFault: (name, index) => {
        if (process.env['VERBOSE'] === 'true')
          console.log(`${((Date.now() - begunAt) / 1_000).toFixed(1)} s: fault ${index + 1}, ${name}`);
      },
    },
  );
  console.log({ ...rest, lost: lost.length, doubled: doubled.length, endless: endless.length, fallen: fallen.length });
  expect({ lost, doubled, endless, fallen }).toEqual({ lost: [], doubled: [], endless: [], fallen: [] });
});

it(
  'makes each lease once and ends it once, by the wall clock, under a hundred faults',
  { timeout: 3_600_000 },
  async () => {
    const { lost, doubled, endless, fallen, ...rest } = await searchLeaseFaults(
      number('LEASE_FAULTS', 100),
      number('SEED', 7),
      { names: only ?? [...Object.keys(ENGINE_FAULTS), ...Object.keys(CLOCK_FAULTS)] },
    );
    console.log({
      ...rest,
      lost: lost.length,
      doubled: doubled.length,
      endless: endless.length,
      fallen: fallen.length,
    });
    expect({ lost, doubled, endless, fallen }).toEqual({ lost: [], doubled: [], endless: [], fallen: [] });
  },
);

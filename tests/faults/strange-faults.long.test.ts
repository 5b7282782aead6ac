/** Part of `npm run faults`: what others do to topics, groups and Redis meanwhile. STRANGE_FAULTS, SEED, ONLY. */
import { expect, it } from 'vitest';
import { ENGINE_FAULTS, STRANGE_FAULTS } from './engine-fault-kinds.js';
import { searchEngineFaults } from './engine-faults.js';

const number = (name: string, otherwise: number): number => Number(process.env[name] ?? otherwise);
const OTHERS = ['service killed', 'service stands still', 'connections cut', 'Redis killed'];
const names = [...Object.keys(STRANGE_FAULTS), ...OTHERS.filter((name) => name in ENGINE_FAULTS)];

it('ends as undisturbed whatever others do to its topics, groups and Redis', { timeout: 3_600_000 }, async () => {
  const begunAt = Date.now();
  const { lost, doubled, endless, fallen, ...rest } = await searchEngineFaults(
    number('STRANGE_FAULTS', 60),
    number('SEED', 7),
    {
      names: process.env['ONLY']?.split(',') ?? names,
      onFault: (name, index) => {
        if (process.env['VERBOSE'] === 'true')
          console.log(`${((Date.now() - begunAt) / 1_000).toFixed(1)} s: fault ${index + 1}, ${name}`);
      },
    },
  );
  console.log({ ...rest, lost: lost.length, doubled: doubled.length, endless: endless.length, fallen: fallen.length });
  expect({ lost, doubled, endless, fallen }).toEqual({ lost: [], doubled: [], endless: [], fallen: [] });
});

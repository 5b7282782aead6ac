/** `npm run failover`: three brokers of which one is killed again and again; also part of `npm run faults`. BROKER_FAULTS, SEED. */
import { expect, it } from 'vitest';
import { BROKER_FAULTS, ENGINE_FAULTS } from './engine-fault-kinds.js';
import { type FaultOptions, searchEngineFaults } from './engine-faults.js';
import { searchLeaseFaults } from './lease-faults.js';

const number = (name: string, otherwise: number): number => Number(process.env[name] ?? otherwise);
const BROKERS = 3;

/** Half of them the brokers' own, the others what happens to services and connections meanwhile. */
const OTHERS = ['service killed', 'service stands still', 'workers come and go', 'connections cut', 'an answer halved'];
const names = [...Object.keys(BROKER_FAULTS), ...OTHERS.filter((name) => name in ENGINE_FAULTS)];

function options(): FaultOptions {
  const begunAt = Date.now();
  return {
    names: process.env['ONLY']?.split(',') ?? names,
    brokers: BROKERS,
    onFault: (name, index) => {
      if (process.env['VERBOSE'] === 'true')
        console.log(`${((Date.now() - begunAt) / 1_000).toFixed(1)} s: fault ${index + 1}, ${name}`);
    },
  };
}

it('ends as undisturbed after forty faults of three brokers', { timeout: 3_600_000 }, async () => {
  const report = await searchEngineFaults(number('BROKER_FAULTS', 40), number('SEED', 7), options());
  const { lost, doubled, endless, fallen, ...rest } = report;
  console.log({ ...rest, lost: lost.length, doubled: doubled.length, endless: endless.length, fallen: fallen.length });
  expect({ lost, doubled, endless, fallen }).toEqual({ lost: [], doubled: [], endless: [], fallen: [] });
  for (const count of Object.values(rest.compared)) expect(count).toBeGreaterThan(0);
});

it('makes each lease once and ends it once while brokers are killed', { timeout: 3_600_000 }, async () => {
  const report = await searchLeaseFaults(number('BROKER_FAULTS', 40), number('SEED', 7), options());
  const { lost, doubled, endless, fallen, ...rest } = report;
  console.log({ ...rest, lost: lost.length, doubled: doubled.length, endless: endless.length, fallen: fallen.length });
  expect({ lost, doubled, endless, fallen }).toEqual({ lost: [], doubled: [], endless: [], fallen: [] });
  expect(rest.contractions).toBeGreaterThan(0);
});

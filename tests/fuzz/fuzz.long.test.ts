/** `npm run fuzz`: 100,000 inputs; INPUTS and SEED change it. */
import { expect, it } from 'vitest';
import { fuzz } from './fuzz.js';

it('answers a hundred thousand broken inputs', { timeout: 3_600_000 }, async () => {
  const inputs = Number(process.env['INPUTS'] ?? 100_000);
  const counts = await fuzz({ inputs, seed: Number(process.env['SEED'] ?? 2) });
  console.log(counts);
  expect(Object.values(counts).reduce((sum, count) => sum + count, 0)).toBe(inputs);
});

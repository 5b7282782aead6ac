import { expect, it } from 'vitest';
import { fuzz } from './fuzz.js';

it('answers broken input of every sort (the long run is npm run fuzz)', { timeout: 120_000 }, async () => {
  const counts = await fuzz({ inputs: 3_000, seed: 1 });
  expect(Object.values(counts).reduce((sum, count) => sum + count, 0)).toBe(3_000);
});

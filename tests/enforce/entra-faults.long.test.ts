/** Every fault at every request of every cycle: `npm run model`. */
import { expect, it } from 'vitest';
import { CYCLES, everyFault } from './entra-faults.js';

it.each(Object.entries(CYCLES))('%s', async (name, cycle) => {
  const lived = await everyFault(cycle, 1, 0);
  expect(lived).toBeGreaterThan(50);
  console.log(`${name}: ${lived} faults`);
});

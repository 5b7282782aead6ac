import { expect, it } from 'vitest';
import { crashScenario } from './crash.js';

it(
  'loses and doubles nothing when killed at random moments (the long run is npm run crash)',
  { timeout: 120_000 },
  async () => {
    const seen = await crashScenario({ kills: 4, turns: 40, seed: 11 });
    expect(seen.findings).toBeGreaterThan(0);
  },
);

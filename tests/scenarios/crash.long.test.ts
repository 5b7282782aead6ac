/** `npm run crash`: a hundred kills; KILLS, TURNS and SEED change it. */
import { it } from 'vitest';
import { crashScenario } from './crash.js';

const number = (name: string, otherwise: number): number => Number(process.env[name] ?? otherwise);

it('loses and doubles nothing in a hundred kills', { timeout: 3_600_000 }, async () => {
  const options = { kills: number('KILLS', 100), turns: number('TURNS', 600), seed: number('SEED', 7) };
  console.log(options, await crashScenario(options));
});

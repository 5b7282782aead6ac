/** What a series detector is held against: chance, and a window's mean and deviation. */
import { seeded } from '../../backtest/bootstrap.js';
import type { LabelledSeries } from './score.js';

export function randomScores({ values }: LabelledSeries): number[] {
  const random = seeded(1);
  return values.map(() => random());
}

const WINDOW = 600;

/** Distance from the mean of the last 600 values in their standard deviations. */
export function windowedGaussian({ values }: LabelledSeries): number[] {
  let [sum, squares] = [0, 0];
  return values.map((value, at) => {
    const count = Math.min(at, WINDOW);
    const mean = count === 0 ? 0 : sum / count;
    const variance = count === 0 ? 0 : Math.max(squares / count - mean * mean, 1e-12);
    const score = count < 20 ? 0 : Math.abs(value - mean) / Math.sqrt(variance);
    sum += value;
    squares += value * value;
    const gone = values[at - WINDOW];
    if (at >= WINDOW && gone !== undefined) {
      sum -= gone;
      squares -= gone * gone;
    }
    return score;
  });
}

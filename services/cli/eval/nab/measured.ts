/** The product's series detector on labelled series, scored as NAB does, beside two comparators on the same series. */
import { addToSeries, deviationOf, newSeries, type SeriesShape } from '../../../detect/series.js';
import { SHAPE } from '../../../detect/detectors/load.js';
import { randomScores, windowedGaussian } from './comparators.js';
import { type LabelledSeries, type NabScore, nabScore } from './score.js';

export interface MeasuredSeries {
  ours: NabScore;
  random: number;
  gaussian: number;
}

const DAY_MS = 86_400_000;

/** As the load detector has it, but for the step: some series are hourly. */
function shapeOf({ timesMs }: LabelledSeries): SeriesShape {
  const steps = timesMs.slice(1).map((timeMs, at) => timeMs - (timesMs[at] as number));
  const step = steps.sort((a, b) => a - b)[steps.length >> 1] ?? DAY_MS / SHAPE.perDay;
  return { parts: SHAPE.parts, perDay: Math.max(1, DAY_MS / Math.max(1, step)) };
}

/** One score a value, by what was known before it. Both sides count: the labelled anomalies have both. */
export function seriesScores(series: LabelledSeries): number[] {
  const shape = shapeOf(series);
  const state = newSeries(shape);
  return series.values.map((value, at) => {
    const timeMs = series.timesMs[at] as number;
    const score = deviationOf(state, timeMs, value, shape)?.score ?? 0;
    addToSeries(state, timeMs, value, shape);
    return score;
  });
}

export function measureSeries(all: readonly LabelledSeries[]): MeasuredSeries {
  return {
    ours: nabScore(all, all.map(seriesScores)),
    random: nabScore(all, all.map(randomScores)).score,
    gaussian: nabScore(all, all.map(windowedGaussian)).score,
  };
}

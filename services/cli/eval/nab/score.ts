/**
 * The score of the Numenta Anomaly Benchmark (Lavin and Ahmad 2015, arXiv 1510.03336), standard profile.
 *
 * - The first 15% of a series, at most 750 points, are probation: nothing counts there.
 * - In a window the earliest detection counts, the earlier the more: σ(y) = 2/(1 + e^{5y}) − 1 with y from −1 at the
 *   window's left edge to 0 at its right, divided by σ(−1). A window without a detection costs 1.
 * - A detection outside costs 0.11 times σ of its distance behind the last window in window widths: just behind it
 *   little, three widths behind it and further, or before any window, all of it.
 * - One threshold for all series: the one with the best sum. The score is scaled so that nothing detected is 0 and
 *   everything at once is 100.
 */

export interface LabelledSeries {
  name: string;
  timesMs: readonly number[];
  values: readonly number[];
  /** First and last index of each labelled window, in order. */
  windows: readonly (readonly [first: number, last: number])[];
}

export interface SeriesScore {
  name: string;
  windows: number;
  found: number;
  falseAlarms: number;
}

export interface NabScore {
  /** 0: as good as saying nothing; 100: every window at once, and nothing else. May be negative. */
  score: number;
  threshold: number;
  windows: number;
  series: SeriesScore[];
}

const PROBATION = 0.15;
const PROBATION_OF = 5000;
const FALSE_POSITIVE_COST = 0.11;

/** From 0.987 a window before, over 0 at its right edge, towards −1 behind it. */
export function scaledSigmoid(y: number): number {
  return 2 / (1 + Math.exp(5 * y)) - 1;
}

interface Point {
  score: number;
  series: number;
  /** −1: outside any window. */
  window: number;
  worth: number;
}

/** What a detection at each index would be worth; `undefined`: probation. */
export function worthOf({
  values,
  windows,
}: Pick<LabelledSeries, 'values' | 'windows'>): (Omit<Point, 'score' | 'series'> | undefined)[] {
  const count = values.length;
  const probation = Math.min(Math.floor(PROBATION * count), PROBATION * PROBATION_OF);
  const most = scaledSigmoid(-1);
  return values.map((_, at) => {
    if (at < probation) return undefined;
    const window = windows.findIndex(([first, last]) => at >= first && at <= last);
    if (window >= 0) {
      const [first, last] = windows[window] as readonly [number, number];
      const width = last - first + 1;
      return { window, worth: scaledSigmoid(-(last - at + 1) / width) / most };
    }
    const before = windows.findLast(([, last]) => last < at);
    const widths = before === undefined ? 3 : (at - before[1]) / Math.max(1, before[1] - before[0]);
    return { window: -1, worth: FALSE_POSITIVE_COST * (widths >= 3 ? -1 : scaledSigmoid(widths)) };
  });
}

/** @param scores for each series one score a point, higher: more anomalous; 0 is never a detection */
export function nabScore(all: readonly LabelledSeries[], scores: readonly (readonly number[])[]): NabScore {
  const points: Point[] = [];
  all.forEach((series, index) => {
    worthOf(series).forEach((worth, at) => {
      if (worth !== undefined) points.push({ ...worth, series: index, score: scores[index]?.[at] ?? 0 });
    });
  });
  const key = ({ series, window }: Point): string => `${series}/${window}`;
  const windows = new Set(points.filter(({ window }) => window >= 0).map(key));
  points.sort((a, b) => b.score - a.score);
  const best = { sum: -windows.size, upTo: 0, threshold: Number.POSITIVE_INFINITY };
  const found = new Map<string, number>();
  let sum = -windows.size;
  for (const [at, point] of points.entries()) {
    if (point.score <= 0) break;
    if (point.window < 0) sum += point.worth;
    else {
      const known = found.get(key(point)) ?? -1;
      if (point.worth > known) {
        found.set(key(point), point.worth);
        sum += point.worth - known;
      }
    }
    // Points of one score are detected together.
    if (points[at + 1]?.score === point.score) continue;
    if (sum > best.sum) Object.assign(best, { sum, upTo: at + 1, threshold: point.score });
  }
  const detected = points.slice(0, best.upTo);
  return {
    score: windows.size === 0 ? 0 : (100 * (best.sum + windows.size)) / (2 * windows.size),
    threshold: best.threshold,
    windows: windows.size,
    series: all.map(({ name }, index) => ({
      name,
      windows: [...windows].filter((each) => each.startsWith(`${index}/`)).length,
      found: new Set(detected.filter(({ series, window }) => series === index && window >= 0).map(key)).size,
      falseAlarms: detected.filter(({ series, window }) => series === index && window < 0).length,
    })),
  };
}

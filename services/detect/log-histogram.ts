/**
 * A bounded memory of an amount's level: counts in half-octave bins of 1 + x, with the largest value. Enough for a median
 * and its absolute deviation on a logarithmic scale, in some hundred bytes, without keeping a single value.
 *
 * How surprising a value is takes two looks, and the milder one counts:
 * - the robust z of ln(1 + x), 0.6745·(y − median)/MAD (Iglewicz and Hoaglin 1993), with a floor under MAD, so that an
 *   agent that never varies (σ = 0) neither hides a burst nor makes every change one;
 * - the chance of a record that high: the next of n + 1 values is the largest with 1/(n + 1), and goes beyond the largest
 *   by a factor f with f⁻¹·⁵, a Pareto tail as sizes on the web have it (α of 1.1 to 1.5, Crovella and Bestavros 1997). So a short history makes nothing certain, and
 *   heavy-tailed work (now and then a long document) is not flagged for its tail.
 *
 * The tested value is never in the histogram: callers test first and add afterwards.
 */
import { normalTail } from './statistics.js';

/** Count, largest value, then pairs of bin and count, bins ascending. */
export type LogHistogram = [count: number, largest: number, ...cells: number[]];

const BINS_PER_OCTAVE = 2;
const MAX_BIN = 80;
/** When this many are counted all counts are halved: what was long ago fades. */
const MEMORY = 1000;
/** Natural units of ln(1 + x), about one bin: finer differences of size say nothing. */
const MAD_FLOOR = 0.35;
/** Below this many values nothing is a surprise. */
export const MIN_COUNT = 20;
const MIN_Z = 3;
const PARETO = 1.5;

export const newLogHistogram = (): LogHistogram => [0, 0];

const binOf = (x: number): number => Math.min(MAX_BIN, Math.floor(BINS_PER_OCTAVE * Math.log2(1 + Math.max(0, x))));
/** The middle of a bin in natural units. */
const middleOf = (bin: number): number => ((bin + 0.5) / BINS_PER_OCTAVE) * Math.LN2;

export function addTo(histogram: LogHistogram, x: number): void {
  const bin = binOf(x);
  let at = 2;
  while (at < histogram.length && (histogram[at] as number) < bin) at += 2;
  if (histogram[at] === bin) histogram[at + 1] = (histogram[at + 1] as number) + 1;
  else histogram.splice(at, 0, bin, 1);
  histogram[0] += 1;
  histogram[1] = Math.max(histogram[1], Math.round(x));
  if (histogram[0] > MEMORY) fade(histogram);
}

/** Halves all counts: what came once goes. */
export function fade(histogram: LogHistogram): void {
  const kept: number[] = [];
  let count = 0;
  for (let at = 2; at < histogram.length; at += 2) {
    const half = Math.floor((histogram[at + 1] as number) / 2);
    if (half === 0) continue;
    kept.push(histogram[at] as number, half);
    count += half;
  }
  const top = kept[kept.length - 2] ?? 0;
  const largest = Math.min(histogram[1], Math.round(2 ** ((top + 1) / BINS_PER_OCTAVE)));
  histogram.splice(0, histogram.length, count, largest, ...kept);
}

/** Median and median absolute deviation of ln(1 + x). */
export function levelOf(histogram: Readonly<LogHistogram>): { median: number; mad: number } {
  const cells: [value: number, count: number][] = [];
  for (let at = 2; at < histogram.length; at += 2)
    cells.push([middleOf(histogram[at] as number), histogram[at + 1] as number]);
  const median = weightedMedian(cells, histogram[0]);
  const deviations = cells.map(([value, count]): [number, number] => [Math.abs(value - median), count]);
  return {
    median,
    mad: weightedMedian(
      deviations.sort((a, b) => a[0] - b[0]),
      histogram[0],
    ),
  };
}

function weightedMedian(cells: readonly (readonly [value: number, count: number])[], total: number): number {
  let below = 0;
  for (const [value, count] of cells) {
    below += count;
    if (below * 2 >= total) return value;
  }
  return 0;
}

export interface Surprise {
  /** Chance of a value at least as high, 0..1. */
  p: number;
  z: number;
  /** The median, in the amount's own unit. */
  expected: number;
}

/** @param minCount how many values a history must have; never below the default but for slow series (days) */
export function surpriseOf(
  histogram: Readonly<LogHistogram> | undefined,
  x: number,
  minCount = MIN_COUNT,
): Surprise | undefined {
  if (histogram === undefined || histogram[0] < minCount) return undefined;
  // Cheap and most often true: what has been there before is no surprise.
  if (x <= histogram[1]) return undefined;
  const { median, mad } = levelOf(histogram);
  const z = (0.6745 * (Math.log1p(x) - median)) / Math.max(mad, MAD_FLOOR);
  if (z < MIN_Z) return undefined;
  const ofRecord = recordTail(histogram, x);
  return { p: Math.max(normalTail(z), ofRecord), z, expected: Math.expm1(median) };
}

/** The chance that the next value is a record at least this high, 0..1; callers know that `x` is above the largest. */
export function recordTail([count, largest]: Readonly<LogHistogram>, x: number): number {
  return Math.min(1, ((largest + 1) / (x + 1)) ** PARETO / (count + 1));
}

/** How much of others' history is needed before it stands in for an agent's own. */
const MIN_PEERS = 10 * MIN_COUNT;

/**
 * The history an amount is held against: the agent's own where there is enough of it, else that of the first of the
 * others that has. `undefined`: nobody's.
 */
export function settled<S>(
  [own, ...others]: readonly [S, ...S[]],
  pick: (states: S) => LogHistogram | undefined,
): LogHistogram | undefined {
  const mine = pick(own);
  if ((mine?.[0] ?? 0) >= MIN_COUNT) return mine;
  return others.map(pick).find((histogram) => (histogram?.[0] ?? 0) >= MIN_PEERS) ?? mine;
}

/**
 * Load: how busy an agent is, over five-minute buckets, against what it usually is and what it usually is at that time of
 * day (series.ts). The rate detector sees a burst within its minute; this one sees what lasts: twice the usual for hours,
 * or a working day's load at night. Only completed buckets are looked at, empty ones included, and only upwards.
 */
import { addToSeries, type Deviation, deviationOf, newSeries, type SeriesShape, type SeriesState } from '../series.js';
import type { Detector } from '../types.js';
import { ensured, slice } from './slice.js';

export const BUCKET_MS = 300_000;
const DAY_MS = 86_400_000;
export const SHAPE: SeriesShape = { parts: 24, perDay: DAY_MS / BUCKET_MS };
/** A longer silence is counted as this many empty buckets: a day, so that a holiday does not erase the weeks. */
const MAX_EMPTY = SHAPE.perDay;
/** Days of buckets before anything is told. */
const MIN_BUCKETS = 7 * SHAPE.perDay;
/** Standard deviations; beyond the cap on remembered peaks nothing is told twice. */
const STATED = 15;
/** Fewer calls in a bucket are no load. */
const MIN_CALLS = 10;

interface LoadState {
  /** The running bucket, its calls, the most in one bucket so far. */
  b: number;
  c: number;
  t: SeriesState;
}

/** The deviation of the bucket that is over now, where it has one. */
function overOf(state: Readonly<LoadState>, bucket: number): Deviation | undefined {
  if (bucket === state.b || state.c < MIN_CALLS || state.t.n < MIN_BUCKETS) return undefined;
  const deviation = deviationOf(state.t, state.b * BUCKET_MS, state.c, SHAPE);
  return deviation === undefined || deviation.side < 0 || deviation.score < STATED ? undefined : deviation;
}

export const load: Detector = {
  name: 'load',
  version: '1',
  finds: ['rate.shift'],
  kinds: ['tool.call'],
  needs: ['tool-calls', 'time'],
  baseline: true,
  judge(event, scope) {
    const state = slice<LoadState>(scope.agent, 'load');
    const bucket = Math.floor(event.timeMs / BUCKET_MS);
    if (state === undefined || bucket < state.b) return [];
    const over = overOf(state, bucket);
    if (over === undefined) return [];
    return [
      {
        type: 'rate.shift',
        title: 'Busier than this agent is at this time of day',
        about: ['agent', 'user'],
        confidence: Math.round(Math.min(0.8, 0.5 + (over.score - STATED) / 60) * 100) / 100,
        severity: 'low',
        evidence: {
          observed: state.c,
          expected: Math.round(Math.max(0, over.expected) * 100) / 100,
          unit: 'tool calls in five minutes',
          sampleSize: state.t.n,
          baselineAgeMs: Math.max(0, event.timeMs - scope.learned.sinceMs),
          eventIds: [event.id],
          facts: { deviations: Math.round(over.score * 10) / 10 },
        },
        atlas: ['AML.T0034.002'],
        owasp: ['ASI08'],
        pillar: 'applications',
      },
    ];
  },
  observe(event, scope) {
    const bucket = Math.floor(event.timeMs / BUCKET_MS);
    const state = ensured<LoadState>(scope.agent, 'load', () => ({ b: bucket, c: 0, t: newSeries(SHAPE) }));
    if (bucket < state.b) return;
    if (bucket > state.b) {
      // Values far off are learned as if they were less far; a stated one needs no other treatment.
      addToSeries(state.t, state.b * BUCKET_MS, state.c, SHAPE);
      const empty = Math.min(bucket - state.b - 1, MAX_EMPTY);
      for (let at = bucket - empty; at < bucket; at++) addToSeries(state.t, at * BUCKET_MS, 0, SHAPE);
      round(state.t);
      state.b = bucket;
      state.c = 0;
    }
    state.c += 1;
  },
};

/** Calls to a few digits are enough, and the state is written with every checkpoint. */
function round(series: SeriesState): void {
  const short = (value: number): number => Math.round(value * 1e4) / 1e4;
  for (const key of ['r', 'j', 'lo', 'hi'] as const) series[key] = short(series[key]);
  for (const spread of [series.level, series.season, series.step]) {
    spread[1] = short(spread[1]);
    spread[2] = short(spread[2]);
  }
  series.peak = [short(series.peak[0]), short(series.peak[1])];
  const { day } = series;
  for (let at = 0; at < day.length; at++) {
    const value = day[at] as number;
    // Counts, and parts that nothing is known of yet, have no more digits.
    if (!Number.isInteger(value) || Math.abs(value) > 999) day[at] = Number(value.toPrecision(3));
  }
  if (series.top !== undefined) series.top = short(series.top);
}

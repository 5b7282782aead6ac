/**
 * Rate: more tool calls, tokens or errors in a bucket than the agent's own completed buckets make likely.
 *
 * P(X ≥ x) is the tail of a Gamma–Poisson count with mean and variance of the completed buckets, empty ones included
 * (moments, with a prior of a few buckets so that a short or quiet history is not taken for certainty). The running
 * bucket is only ever compared upwards, where being incomplete makes it smaller and so the test conservative; it joins the
 * baseline when it is complete, and only if nothing was flagged in it. A clockwork agent has no variance: the Poisson
 * floor under it keeps both its small jitter quiet and its burst loud.
 */
import type { TelemetryEvent } from '../../../schemas/event.js';
import { confidenceOf, decades, gammaPoissonTail } from '../statistics.js';
import type { Detector, Statement } from '../types.js';
import { ensured, slice } from './slice.js';

export const BUCKET_MS = 60_000;
/** Older buckets fade: about a week of them count. */
const MEMORY_BUCKETS = 10_080;
/** A longer silence is counted as this many empty buckets, so that a weekend does not erase the week. */
const MAX_EMPTY = 1440;
/** What every agent is taken for before its first bucket: this many buckets of mean 1 and variance 4. */
const PRIOR = { buckets: 10, mean: 1, variance: 4 };
/** Three metrics in each of a day's buckets; a day in a hundred holds a real burst. */
const TESTS = 3 * 1440;
const DAY_PRIOR = 0.01;
/** A burst that goes on is stated again after this many buckets, sooner only when it has doubled. */
const RESTATED_BUCKETS = 5;
/** A new agent may not do more than this in one bucket, baseline or none. */
const EARLY_LIFE_CALLS = 120;

const METRICS = ['tool calls', 'thousand tokens', 'errors'] as const;
export type Moments = [n: number, sum: number, squares: number];

interface RateState {
  /** The running bucket's number, its counts, and whether anything was flagged in it. */
  b: number;
  c: [number, number, number];
  f: boolean;
  /** The count at which each metric was last stated, and in which bucket. */
  s: [number, number, number];
  l: number;
  m: [Moments, Moments, Moments];
}

function newState(bucket: number): RateState {
  return {
    b: bucket,
    c: [0, 0, 0],
    f: false,
    s: [0, 0, 0],
    l: -1,
    m: [
      [0, 0, 0],
      [0, 0, 0],
      [0, 0, 0],
    ],
  };
}

function amounts(event: TelemetryEvent): [number, number, number] {
  switch (event.kind) {
    case 'tool.call':
      return [1, 0, 0];
    case 'model.output':
      return [
        0,
        ((event.usage?.inputTokens ?? 0) + (event.usage?.outputTokens ?? 0)) / 1000,
        event.errorType === undefined ? 0 : 1,
      ];
    case 'tool.result':
      return [0, 0, event.errorType === undefined ? 0 : 1];
    default:
      return [0, 0, 0];
  }
}

/** Mean and variance of a full bucket, prior included; the variance allows for the mean being an estimate. */
export function expectation([n, sum, squares]: Readonly<Moments>): { mean: number; variance: number; buckets: number } {
  const buckets = n + PRIOR.buckets;
  const mean = (sum + PRIOR.buckets * PRIOR.mean) / buckets;
  const second = (squares + PRIOR.buckets * (PRIOR.variance + PRIOR.mean * PRIOR.mean)) / buckets;
  return { mean, variance: Math.max(second - mean * mean, mean) * (1 + 1 / buckets), buckets: n };
}

export const rate: Detector = {
  name: 'rate',
  version: '1',
  finds: ['rate.burst', 'error.burst'],
  kinds: ['tool.call', 'model.output', 'tool.result'],
  needs: ['tool-calls', 'time'],
  baseline: true,
  judge(event, scope) {
    const added = amounts(event);
    if (added[0] === 0 && added[1] === 0 && added[2] === 0) return [];
    const state = slice<RateState>(scope.agent, 'rate');
    const bucket = Math.floor(event.timeMs / BUCKET_MS);
    if (state === undefined || bucket < state.b) return [];
    const fresh = bucket > state.b;
    const statements: Statement[] = [];
    for (let metric = 0; metric < 3; metric++) {
      if (added[metric] === 0) continue;
      const x = (fresh ? 0 : (state.c[metric] as number)) + (added[metric] as number);
      const moments = fresh ? closed(state, bucket)[metric] : state.m[metric];
      const { mean, variance, buckets } = expectation(moments as Moments);
      const early = metric === 0 && scope.learning && x === EARLY_LIFE_CALLS;
      if (!early && bucket - state.l < RESTATED_BUCKETS && x < 2 * (state.s[metric] as number)) continue;
      // Nothing below three standard deviations can pass what the number of tests asks for.
      if (!early && x < mean + 3 * Math.sqrt(variance)) continue;
      const tail = gammaPoissonTail(Math.ceil(x), mean, variance);
      const confidence = early ? 0.6 : confidenceOf(tail, TESTS, DAY_PRIOR);
      if (confidence < 0.5) continue;
      statements.push({
        type: metric === 2 ? 'error.burst' : 'rate.burst',
        title:
          metric === 0
            ? 'Far more tool calls than this agent makes'
            : metric === 1
              ? 'Far more tokens than this agent uses'
              : 'Far more errors than this agent meets',
        about: ['agent', 'session', 'user'],
        confidence,
        severity: confidence >= 0.8 && metric !== 2 ? 'medium' : 'low',
        evidence: {
          observed: Math.round(x * 10) / 10,
          expected: Math.round(mean * 100) / 100,
          unit: `${METRICS[metric] as string} per minute`,
          sampleSize: Math.round(buckets),
          baselineAgeMs: Math.max(0, event.timeMs - scope.learned.sinceMs),
          eventIds: [event.id],
          facts: { minusLog10P: decades(tail), ...(early ? { earlyLifeLimit: EARLY_LIFE_CALLS } : {}) },
        },
        ...(early ? { firm: true } : {}),
        atlas: ['AML.T0034.002'],
        owasp: metric === 2 ? ['ASI08'] : ['ASI02', 'ASI08'],
        pillar: 'applications',
      });
    }
    return strongestOfType(statements);
  },
  observe(event, scope, stated) {
    const added = amounts(event);
    const bucket = Math.floor(event.timeMs / BUCKET_MS);
    const state = ensured<RateState>(scope.agent, 'rate', () => newState(bucket));
    if (bucket > state.b) {
      state.m = closed(state, bucket);
      state.b = bucket;
      state.c = [0, 0, 0];
      state.f = false;
      if (bucket - state.l >= RESTATED_BUCKETS) state.s = [0, 0, 0];
    } else if (bucket < state.b) return;
    for (let metric = 0; metric < 3; metric++)
      state.c[metric] = (state.c[metric] as number) + (added[metric] as number);
    if (stated.length > 0) {
      state.f = true;
      state.l = bucket;
      for (let metric = 0; metric < 3; metric++) if (added[metric] !== 0) state.s[metric] = state.c[metric] as number;
    }
  },
};

/** The baselines once the running bucket is over and the empty ones up to `bucket` have passed. */
function closed(state: RateState, bucket: number): [Moments, Moments, Moments] {
  const empty = Math.min(bucket - state.b - 1, MAX_EMPTY);
  return state.m.map(([n, sum, squares], metric) => {
    const x = state.c[metric] as number;
    // A bucket with a finding in it trains nothing; the silence after it does.
    const added: Moments = state.f ? [n + empty, sum, squares] : [n + empty + 1, sum + x, squares + x * x];
    const fade = added[0] > MEMORY_BUCKETS ? MEMORY_BUCKETS / added[0] : 1;
    return added.map((value) => Math.round(value * fade * 1e3) / 1e3) as Moments;
  }) as [Moments, Moments, Moments];
}

function strongestOfType(statements: Statement[]): Statement[] {
  return statements
    .filter(
      (statement) =>
        !statements.some(
          (other) => other !== statement && other.type === statement.type && other.confidence > statement.confidence,
        ),
    )
    .filter((statement, index, all) => all.findIndex((other) => other.type === statement.type) === index);
}

/**
 * Hours: an agent at work when it never is. How often it was active in each hour of the day, weekdays and weekends apart:
 * 48 bins, each distinct hour counted once however busy it was. The chance of an hour is Dirichlet-smoothed and smoothed
 * round the clock (the hour before and after count half, 23 is beside 0), and what counts is the chance of an hour as
 * unlikely as this one or more.
 *
 * Times are UTC: an agent that follows the local clock moves by an hour twice a year, which the smoothing covers.
 */
import { confidenceOf, decades } from '../statistics.js';
import type { Detector } from '../types.js';
import { ensured, slice } from './slice.js';

const HOUR_MS = 3_600_000;
const BINS = 48;
/** Weight of every bin before the first hour. */
const ALPHA = 0.05;
/** Active hours that count; older ones fade. */
const MEMORY_HOURS = 2000;
const MIN_HOURS = 60;
const MIN_AGE_MS = 14 * 86_400_000;
/** Of the hours that an agent's past makes unlikely, about one in twenty should not be there (as in novelty.ts). */
const PRIOR = 0.05;
const STATED = 0.3;

interface HoursState {
  /** Sum of counts, counts by bin. */
  n: number;
  c: number[];
  /** The last hour counted, the last day on which one was stated. */
  l: number;
  t?: number;
}

const newState = (): HoursState => ({ n: 0, c: Array<number>(BINS).fill(0), l: -1 });

/** 0..23 on weekdays, 24..47 on Saturday and Sunday, UTC. 1970-01-01 was a Thursday. */
function binOf(hour: number): number {
  const weekday = (Math.floor(hour / 24) + 3) % 7;
  return (hour % 24) + (weekday >= 5 ? 24 : 0);
}

/** Smoothed weights of all bins. */
function weights({ c }: Readonly<HoursState>): number[] {
  return c.map((count, bin) => {
    const base = bin < 24 ? 0 : 24;
    const beside = (by: number): number => c[base + ((bin - base + by + 24) % 24)] as number;
    return count + (beside(-1) + beside(1)) / 2 + ALPHA;
  });
}

/** The chance that an active hour is as unlikely as this one, 0..1. */
export function hourTail(state: Readonly<HoursState>, hour: number): number {
  const all = weights(state);
  const own = all[binOf(hour)] as number;
  const total = all.reduce((sum, weight) => sum + weight, 0);
  // What was never seen shares the chance of the next new hour (Good–Turing, with one unseen hour in hand).
  const unseen = all.filter((weight) => weight <= own).reduce((sum, weight) => sum + weight, 0);
  return Math.min(1, Math.max(unseen / total, 1 / (state.n + 2)));
}

export const hours: Detector = {
  name: 'hours',
  version: '1',
  finds: ['hours.unusual'],
  kinds: ['tool.call', 'model.call', 'prompt'],
  needs: ['time'],
  baseline: true,
  judge(event, scope) {
    const state = slice<HoursState>(scope.agent, 'hours');
    const hour = Math.floor(event.timeMs / HOUR_MS);
    if (
      state === undefined ||
      hour <= state.l ||
      state.n < MIN_HOURS ||
      event.timeMs - scope.learned.sinceMs < MIN_AGE_MS ||
      state.t === Math.floor(hour / 24)
    )
      return [];
    const p = hourTail(state, hour);
    const confidence = confidenceOf(p, 1, PRIOR, 0.5);
    if (confidence < STATED) return [];
    return [
      {
        type: 'hours.unusual',
        title: 'At work at an hour at which this agent never is',
        about: ['agent', 'session', 'user'],
        confidence,
        severity: 'informational',
        evidence: {
          observed: `${String(hour % 24).padStart(2, '0')}:00 UTC${binOf(hour) >= 24 ? ', weekend' : ''}`,
          expected: 'the hours of its past weeks',
          sampleSize: Math.round(state.n),
          baselineAgeMs: Math.max(0, event.timeMs - scope.learned.sinceMs),
          eventIds: [event.id],
          facts: { minusLog10P: decades(p) },
        },
        atlas: ['AML.T0012'],
        owasp: ['ASI10'],
        pillar: 'identity',
      },
    ];
  },
  observe(event, scope, stated) {
    if (stated.length === 0) return;
    const state = ensured(scope.agent, 'hours', newState);
    state.t = Math.floor(event.timeMs / HOUR_MS / 24);
  },
  learn(event, scope) {
    const hour = Math.floor(event.timeMs / HOUR_MS);
    const state = ensured(scope.agent, 'hours', newState);
    if (hour <= state.l) return;
    state.l = hour;
    state.n += 1;
    const bin = binOf(hour);
    state.c[bin] = (state.c[bin] as number) + 1;
    if (state.n <= MEMORY_HOURS) return;
    state.c = state.c.map((count) => Math.round(count * 50) / 100);
    state.n = state.c.reduce((sum, count) => sum + count, 0);
  },
};

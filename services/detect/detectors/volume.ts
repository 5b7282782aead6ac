/**
 * Volume: how much an agent sends out in a day, by calls that do more than read. Two looks:
 * - the running day's sum against its completed days (log-histogram.ts), upwards only, so that a day half over is never
 *   called too little: `volume.burst`;
 * - a day's sum a little high, day after day: a one-sided CUSUM of the standardised log sums, S ← max(0, S + z − k)
 *   (Page 1954), k = ½, limit 6.5: in control it speaks about once in 4,200 days (Siegmund's approximation), while three
 *   standard deviations more a day are found on the third: `volume.drain`, slow exfiltration.
 *
 * Days without any sending are no values: weekends are not low Mondays. A day with a finding trains nothing, but goes on
 * adding to the sum.
 */
import type { TelemetryEvent } from '../../../schemas/event.js';
import { isSideEffecting } from '../../inspect/tool-effects.js';
import { charsOf } from '../amounts.js';
import { addTo, type LogHistogram, newLogHistogram, surpriseOf } from '../log-histogram.js';
import { confidenceOf, decades } from '../statistics.js';
import type { Detector, Scope, Statement } from '../types.js';
import { ensured, slice } from './slice.js';

const DAY_MS = 86_400_000;
const K = 0.5;
const LIMIT = 6.5;
/** More in one day says no more than this: one wild day is a burst, not a drain. */
const MAX_Z = 4;
/** Of the logarithm of a day's sum; steadier agents are not held to their steadiness. */
const SPREAD_FLOOR = 0.25;
const MIN_DAYS = 7;
const MEMORY_DAYS = 60;
/** A drain that goes on is told again after so many days; told so often, it is the new level. */
const RESTATED_DAYS = 14;
const ADOPTED_AFTER = 3;
/** Below this a day's sum is not worth a word, characters. */
const MIN_SUM = 2000;
const TESTS = 1;
const DAY_PRIOR = 0.01;

interface VolumeState {
  /** The running day, its sum, the sum when last stated (0: not), whether anything was flagged in it. */
  d: number;
  s: number;
  t: number;
  f?: 1;
  h: LogHistogram;
  /** Moments of the completed days' ln(1 + sum). */
  m: [n: number, sum: number, squares: number];
  /** The CUSUM after the last completed day, and for how many days it has been above 0. */
  c: number;
  r: number;
  /** The day a drain was last stated, and how often in a row. */
  a?: [day: number, times: number];
}

const newState = (day: number): VolumeState => ({ d: day, s: 0, t: 0, h: newLogHistogram(), m: [0, 0, 0], c: 0, r: 0 });

function sentChars(event: TelemetryEvent, scope: Readonly<Scope>): number {
  if (event.kind !== 'tool.call' || event.arguments === undefined) return 0;
  const effects = scope.tools.effectsOf(event.tool, { description: event.description, arguments: event.arguments });
  return isSideEffecting(effects) ? charsOf(event.arguments) : 0;
}

/** What the CUSUM is once the running day is over. */
function closedSum(state: Readonly<VolumeState>): { c: number; r: number } {
  const [n, sum, squares] = state.m;
  if (n < MIN_DAYS || state.s === 0) return { c: state.c, r: state.r };
  const mean = sum / n;
  const spread = Math.max(Math.sqrt(Math.max(squares / n - mean * mean, 0) * (1 + 1 / n)), SPREAD_FLOOR);
  const z = Math.min(MAX_Z, (Math.log1p(state.s) - mean) / spread);
  const c = Math.round(Math.max(0, state.c + z - K) * 1e3) / 1e3;
  return { c, r: c === 0 ? 0 : state.r + 1 };
}

export const volume: Detector = {
  name: 'volume',
  version: '1',
  finds: ['volume.burst', 'volume.drain'],
  kinds: ['tool.call'],
  needs: ['tool-calls', 'time'],
  baseline: true,
  judge(event, scope) {
    const chars = sentChars(event, scope);
    const state = slice<VolumeState>(scope.agent, 'volume');
    if (chars === 0 || state === undefined) return [];
    const day = Math.floor(event.timeMs / DAY_MS);
    if (day < state.d) return [];
    const statements: Statement[] = [];
    const evidence = {
      sampleSize: Math.round(state.m[0]),
      baselineAgeMs: Math.max(0, event.timeMs - scope.learned.sinceMs),
    };
    if (day === state.d) {
      const sum = state.s + chars;
      const surprise = sum < MIN_SUM || sum < 2 * state.t ? undefined : surpriseOf(state.h, sum, MIN_DAYS);
      const confidence = surprise === undefined ? 0 : confidenceOf(surprise.p, TESTS, DAY_PRIOR, 0.8);
      if (surprise !== undefined && confidence >= 0.3)
        statements.push({
          type: 'volume.burst',
          title: 'Far more data sent out today than on this agent’s days',
          about: ['agent', 'session', 'user'],
          confidence,
          severity: 'low',
          evidence: {
            ...evidence,
            observed: sum,
            expected: Math.round(surprise.expected),
            unit: 'characters sent by calls that do more than read, in a day',
            eventIds: [event.id],
            facts: { robustZ: Math.round(surprise.z * 10) / 10, minusLog10P: decades(surprise.p) },
          },
          atlas: ['AML.T0086'],
          owasp: ['ASI02'],
          pillar: 'data',
        });
      return statements;
    }
    const { c, r } = closedSum(state);
    if (c < LIMIT || (state.a !== undefined && day - state.a[0] < RESTATED_DAYS)) return [];
    statements.push({
      type: 'volume.drain',
      title: `More data sent out than usual, ${r} days running`,
      about: ['agent', 'user'],
      confidence: 0.7,
      severity: 'medium',
      evidence: {
        ...evidence,
        observed: c,
        expected: `below ${LIMIT}`,
        unit: 'CUSUM of standardised daily volume',
        eventIds: [event.id],
        facts: {
          days: r,
          lastDay: state.s,
          usualDay: Math.round(Math.expm1(state.m[1] / Math.max(1, state.m[0]))),
        },
      },
      atlas: ['AML.T0086'],
      owasp: ['ASI02'],
      pillar: 'data',
    });
    return statements;
  },
  observe(event, scope, stated) {
    const chars = sentChars(event, scope);
    if (chars === 0) return;
    const day = Math.floor(event.timeMs / DAY_MS);
    const state = ensured(scope.agent, 'volume', () => newState(day));
    if (day < state.d) return;
    if (day > state.d) {
      close(
        state,
        stated.some(({ type }) => type === 'volume.drain'),
      );
      state.d = day;
      state.s = 0;
      state.t = 0;
      delete state.f;
    }
    state.s += chars;
    if (stated.some(({ type }) => type === 'volume.burst')) {
      state.f = 1;
      state.t = state.s;
    }
  },
};

/** The day joins the baseline, unless it was flagged or is one of a suspicious row. */
function close(state: VolumeState, stated: boolean): void {
  const { c, r } = closedSum(state);
  if (stated) {
    state.a = [state.d + 1, (state.a?.[1] ?? 0) + 1];
    if (state.a[1] >= ADOPTED_AFTER) {
      // The new level: held against the old days it would be a burst every day until they are outnumbered.
      state.h = newLogHistogram();
      state.m = [0, 0, 0];
      delete state.a;
      delete state.f;
    }
  }
  const adopted = stated && state.a === undefined;
  // Told once; what goes on adds up anew.
  state.c = stated ? 0 : c;
  state.r = stated ? 0 : r;
  if (state.c === 0 && !stated) delete state.a;
  if (state.f !== undefined || state.s === 0 || (!adopted && (stated || c > LIMIT / 2))) return;
  addTo(state.h, state.s);
  const y = Math.log1p(state.s);
  const fade = state.m[0] >= MEMORY_DAYS ? MEMORY_DAYS / (state.m[0] + 1) : 1;
  state.m = [state.m[0] + 1, state.m[1] + y, state.m[2] + y * y].map(
    (value) => Math.round(value * fade * 1e3) / 1e3,
  ) as VolumeState['m'];
}

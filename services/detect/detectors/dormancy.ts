/**
 * Dormancy: an agent nobody has heard of for long works again. Its pauses (an hour and longer) are remembered as a
 * log-histogram; a pause of at least a week that goes far beyond the longest so far is stated at the first act after it.
 * An agent that never paused, a week long or longer, has the hours of that week for its pauses: it is looked after by
 * whoever set its clock, and its silence is news.
 * Forgotten agents keep their permissions, which is why they are taken over.
 */
import { addTo, type LogHistogram, newLogHistogram, recordTail } from '../log-histogram.js';
import { confidenceOf, decades } from '../statistics.js';
import type { Detector } from '../types.js';
import { ensured, slice } from './slice.js';

const HOUR_MS = 3_600_000;
const WEEK_HOURS = 7 * 24;
/** Beyond the longest pause so far by this factor. */
const FACTOR = 3;
const PRIOR = 0.05;
/** An agent that was hardly ever there has no habit to break. */
const MIN_PAUSES = 3;
/** So many long pauses are how it works. */
const ADOPTED_AFTER = 3;

interface DormancyState {
  /** When it was last heard of. */
  l: number;
  /** Pauses, hours. */
  h: LogHistogram;
  /** Hours in which it was heard of, each right after the other, since the last pause. */
  s?: number;
  /** Pauses stated so far. */
  t?: number;
}

export const dormancy: Detector = {
  name: 'dormancy',
  version: '1',
  finds: ['dormancy.woke'],
  kinds: ['prompt', 'model.call', 'tool.call', 'message', 'auth'],
  needs: ['time'],
  baseline: true,
  judge(event, scope) {
    const state = slice<DormancyState>(scope.agent, 'dormancy');
    if (state === undefined) return [];
    const past = pausesOf(state);
    if (past === undefined) return [];
    const hours = (event.timeMs - state.l) / HOUR_MS;
    if (hours < WEEK_HOURS || hours < FACTOR * past[1]) return [];
    const p = recordTail(past, hours);
    const confidence = confidenceOf(p, 1, PRIOR, 0.7);
    return [
      {
        type: 'dormancy.woke',
        title: `Works again after ${Math.round(hours / 24)} days of silence`,
        about: ['agent', 'session', 'user'],
        confidence,
        severity: 'medium',
        evidence: {
          observed: Math.round(hours),
          expected: past[1],
          unit: 'hours of silence; expected: the longest so far',
          sampleSize: past[0],
          baselineAgeMs: Math.max(0, event.timeMs - scope.learned.sinceMs),
          eventIds: [event.id],
          facts: { minusLog10P: decades(p) },
        },
        atlas: ['AML.T0012'],
        owasp: ['ASI03', 'ASI10'],
        pillar: 'identity',
      },
    ];
  },
  observe(event, scope, stated) {
    const state = ensured<DormancyState>(scope.agent, 'dormancy', () => ({ l: event.timeMs, h: newLogHistogram() }));
    const hours = (event.timeMs - state.l) / HOUR_MS;
    if (stated.length > 0) state.t = (state.t ?? 0) + 1;
    // A pause that was stated is no habit yet.
    if (hours >= 1 && (stated.length === 0 || (state.t ?? 0) >= ADOPTED_AFTER)) addTo(state.h, hours);
    if (hours >= 1) delete state.s;
    else if (Math.floor(event.timeMs / HOUR_MS) > Math.floor(state.l / HOUR_MS)) state.s = (state.s ?? 0) + 1;
    state.l = Math.max(state.l, event.timeMs);
  },
};

/** The pauses that it is held against; `undefined`: it has no habit to break. */
function pausesOf({ h, s = 0 }: Readonly<DormancyState>): Readonly<LogHistogram> | undefined {
  if (h[0] >= MIN_PAUSES) return h;
  return s >= WEEK_HOURS ? [s, Math.max(1, h[1])] : undefined;
}

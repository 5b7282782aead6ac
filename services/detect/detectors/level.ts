/**
 * Level: one amount far beyond what this agent's amounts are — the arguments of a call, what a tool gave back, the tokens
 * of an answer. An agent with too little history of its own is held against its blueprint's, then against all agents'.
 * Robust z of ln(1 + x) and the chance of such a record, whichever is milder (log-histogram.ts).
 */
import type { TelemetryEvent } from '../../../schemas/event.js';
import { charsOf, resultChars } from '../amounts.js';
import { addTo, fade, type LogHistogram, MIN_COUNT, newLogHistogram, settled, surpriseOf } from '../log-histogram.js';
import { confidenceOf, decades } from '../statistics.js';
import { isPoisoned } from '../taints.js';
import type { Detector, Scope } from '../types.js';
import { ensured, slice } from './slice.js';

type Metric = 'a' | 'r' | 'o';
/** Histograms, and the conversations flagged so far. */
type LevelState = Partial<Record<Metric, LogHistogram>> & { t?: number };

const UNITS: Record<Metric, string> = {
  a: 'characters of arguments in one call',
  r: 'characters of one result',
  o: 'output tokens of one answer',
};
const TITLES: Record<Metric, string> = {
  a: 'A call that carries far more than this agent’s calls do',
  r: 'A result far larger than this agent reads',
  o: 'An answer far longer than this agent gives',
};
/** Amounts looked at in a day; a day in a hundred holds one that somebody should look at. Weak alone, so stated early. */
const TESTS = 100;
const DAY_PRIOR = 0.01;
const STATED = 0.3;
/** So many flagged conversations without suspicious content, and what others do is no measure for this agent. */
const ADOPTED_AFTER = 3;
/** Restated in a session only when doubled. */
type SessionState = Partial<Record<Metric, number>>;

function amountOf(event: TelemetryEvent): readonly [Metric, number] | undefined {
  switch (event.kind) {
    case 'tool.call':
      return event.arguments === undefined ? undefined : ['a', charsOf(event.arguments)];
    case 'tool.result':
      return event.text === undefined && event.chars === undefined ? undefined : ['r', resultChars(event)];
    case 'model.output':
      return event.usage?.outputTokens === undefined ? undefined : ['o', event.usage.outputTokens];
    default:
      return undefined;
  }
}

export const level: Detector = {
  name: 'level',
  version: '1',
  finds: ['level.outlier'],
  kinds: ['tool.call', 'tool.result', 'model.output'],
  needs: ['tool-calls'],
  baseline: true,
  judge(event, scope) {
    const amount = amountOf(event);
    if (amount === undefined) return [];
    const [metric, x] = amount;
    const own = settled(
      [scope.agent, scope.blueprint, scope.global],
      (state) => slice<LevelState>(state, 'level')?.[metric],
    );
    const surprise = surpriseOf(own, x);
    if (surprise === undefined) return [];
    const before = slice<SessionState>(scope.session, 'level')?.[metric];
    if (before !== undefined && x < 2 * before) return [];
    // What is ordinary among its peers is only new to this agent.
    const theirs = peers(scope)?.[metric];
    if (theirs !== undefined && theirs !== own && x <= theirs[1]) return [];
    const confidence = confidenceOf(surprise.p, TESTS, DAY_PRIOR, 0.7);
    if (confidence < STATED) return [];
    return [
      {
        type: 'level.outlier',
        title: TITLES[metric],
        about: ['agent', 'session', 'user'],
        confidence,
        severity: 'low',
        evidence: {
          observed: x,
          expected: Math.round(surprise.expected),
          unit: UNITS[metric],
          sampleSize: own?.[0] ?? 0,
          baselineAgeMs: Math.max(0, event.timeMs - scope.learned.sinceMs),
          eventIds: [event.id],
          facts: {
            robustZ: Math.round(surprise.z * 10) / 10,
            minusLog10P: decades(surprise.p),
            largestBefore: own?.[1] ?? 0,
          },
        },
        atlas: ['AML.T0086'],
        owasp: ['ASI02'],
        pillar: 'data',
      },
    ];
  },
  observe(event, scope, stated) {
    const amount = amountOf(event);
    if (amount === undefined || stated.length === 0) return;
    const [metric, x] = amount;
    const session = ensured<SessionState>(scope.session, 'level', () => ({}));
    const first = session[metric] === undefined;
    session[metric] = x;
    // Held against others, an agent unlike them would never come to a history of its own.
    const own = ensured<LevelState>(scope.agent, 'level', () => ({}));
    if ((own[metric]?.[0] ?? 0) >= MIN_COUNT || isPoisoned(scope.facts)) return;
    if (first) own.t = (own.t ?? 0) + 1;
    if ((own.t ?? 0) >= ADOPTED_AFTER) addTo((own[metric] ??= newLogHistogram()), x);
  },
  learn(event, scope) {
    const amount = amountOf(event);
    if (amount === undefined) return;
    const [metric, x] = amount;
    // What this conversation was flagged for is not learned by going on with it.
    const stated = slice<SessionState>(scope.session, 'level')?.[metric];
    if (stated !== undefined && x > stated / 2) return;
    for (const states of scope.grouped ? [scope.agent, scope.blueprint, scope.global] : [scope.agent, scope.global])
      addTo((ensured<LevelState>(states, 'level', () => ({}))[metric] ??= newLogHistogram()), x);
  },
  shrink(states) {
    const state = slice<LevelState>(states, 'level');
    for (const metric of Object.keys(UNITS) as Metric[]) if (state?.[metric] !== undefined) fade(state[metric]);
  },
};

const peers = (scope: Readonly<Scope>): LevelState | undefined => slice<LevelState>(scope.blueprint, 'level');

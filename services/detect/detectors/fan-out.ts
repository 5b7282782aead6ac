/**
 * Fan-out: how many different agents and destinations an agent turns to in an hour, against its own hours
 * (cf. SentinelAgent 2505.24201). Gamma–Poisson tail of a count, over completed hours in which it turned to anyone; the
 * running hour is only compared upwards. A new edge by itself is `novelty.peer` and `novelty.destination`.
 */
import type { TelemetryEvent } from '../../../schemas/event.js';
import { destinationsOfArguments } from '../../inspect/destinations.js';
import { isSideEffecting } from '../../inspect/tool-effects.js';
import { asCodes, codeOf, codesIn, placeOf } from '../code-list.js';
import { confidenceOf, decades, gammaPoissonTail } from '../statistics.js';
import type { Detector, Scope } from '../types.js';
import { expectation, type Moments } from './rate.js';
import { ensured, slice } from './slice.js';

const HOUR_MS = 3_600_000;
/** More are not told apart: the count stays there, which is enough to be far too many. */
const MAX_DISTINCT = 128;
const MEMORY_HOURS = 1000;
const MIN_HOURS = 5;
/** Fewer in an hour are nobody's sweep. */
const MIN_STATED = 8;
/** A new agent may not turn to more than this in one hour, baseline or none. */
const EARLY_LIFE_CALLEES = 60;
const TESTS = 24;
const DAY_PRIOR = 0.01;

interface FanOutState {
  /** The running hour, who was turned to in it, how many when last stated (0: not). */
  h: number;
  c: string | string[];
  t: number;
  m: Moments;
}

function callees(event: TelemetryEvent, scope: Readonly<Scope>): readonly string[] {
  if (event.kind === 'message') return event.from === event.agent.id ? [event.to] : [];
  if (event.kind !== 'tool.call' || event.arguments === undefined) return [];
  const effects = scope.tools.effectsOf(event.tool, { description: event.description, arguments: event.arguments });
  return isSideEffecting(effects) ? destinationsOfArguments(event.arguments).slice(0, 32) : [];
}

export const fanOut: Detector = {
  name: 'fan-out',
  version: '1',
  finds: ['fanout.burst'],
  kinds: ['message', 'tool.call'],
  needs: ['tool-calls', 'time'],
  baseline: true,
  judge(event, scope) {
    const turned = callees(event, scope);
    const state = slice<FanOutState>(scope.agent, 'fan-out');
    if (turned.length === 0) return [];
    const hour = Math.floor(event.timeMs / HOUR_MS);
    if (state !== undefined && hour < state.h) return [];
    const known = hour === state?.h ? asCodes(state.c) : '';
    const added = new Set(turned.map(codeOf).filter((code) => placeOf(known, code) < 0)).size;
    const x = Math.min(MAX_DISTINCT, codesIn(known) + added);
    const statedAt = hour === state?.h ? state.t : 0;
    if (added === 0 || x < MIN_STATED || x < 2 * statedAt) return [];
    const moments: Moments = state === undefined ? [0, 0, 0] : hour === state.h ? state.m : closed(state);
    const early = scope.learning && x >= EARLY_LIFE_CALLEES;
    // An agent of old that hardly ever turns to anyone is measured by the prior: it turned to nobody in all its hours.
    if (!early && scope.learning && moments[0] < MIN_HOURS) return [];
    const { mean, variance } = expectation(moments);
    const p = gammaPoissonTail(x, mean, variance);
    const confidence = Math.max(early ? 0.6 : 0, confidenceOf(p, TESTS, DAY_PRIOR, 0.8));
    if (confidence < 0.5) return [];
    return [
      {
        type: 'fanout.burst',
        title: 'Turns to far more agents and destinations than it does',
        about: ['agent', 'session', 'user'],
        confidence,
        severity: 'low',
        evidence: {
          observed: x,
          expected: Math.round(mean * 100) / 100,
          unit: 'different agents and destinations in an hour',
          sampleSize: Math.round(moments[0]),
          baselineAgeMs: Math.max(0, event.timeMs - scope.learned.sinceMs),
          eventIds: [event.id],
          facts: { minusLog10P: decades(p), ...(early ? { earlyLifeLimit: EARLY_LIFE_CALLEES } : {}) },
        },
        ...(early ? { firm: true } : {}),
        atlas: ['AML.T0086'],
        owasp: ['ASI07', 'ASI02'],
        pillar: 'network',
      },
    ];
  },
  observe(event, scope, stated) {
    const turned = callees(event, scope);
    if (turned.length === 0) return;
    const hour = Math.floor(event.timeMs / HOUR_MS);
    const state = ensured<FanOutState>(scope.agent, 'fan-out', () => ({ h: hour, c: '', t: 0, m: [0, 0, 0] }));
    if (hour < state.h) return;
    if (hour > state.h) {
      state.m = closed(state);
      state.h = hour;
      state.c = '';
      state.t = 0;
    }
    let turnedTo = asCodes(state.c);
    for (const code of turned.map(codeOf))
      if (codesIn(turnedTo) < MAX_DISTINCT && placeOf(turnedTo, code) < 0) turnedTo += code;
    state.c = turnedTo;
    if (stated.length > 0) state.t = codesIn(turnedTo);
  },
};

/** The baseline once the running hour is over; a flagged hour trains nothing. */
function closed({ m: [n, sum, squares], c, t }: Readonly<FanOutState>): Moments {
  const count = codesIn(asCodes(c));
  if (t > 0 || count === 0) return [n, sum, squares];
  const fade = n >= MEMORY_HOURS ? MEMORY_HOURS / (n + 1) : 1;
  return [n + 1, sum + count, squares + count ** 2].map(
    (value) => Math.round(value * fade * 1e3) / 1e3,
  ) as unknown as Moments;
}

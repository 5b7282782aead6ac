/**
 * Drift: what an agent does has become something else, slowly enough that no single conversation was unusual. The last
 * conversations against those before them (cf. MI9 2508.03858): the mix of tools by Jensen–Shannon divergence; how many
 * calls a conversation has, and how many fail, by their means.
 *
 * Calls of one conversation are not independent, so the sample is conversations, not calls: under no drift
 * 2·n·ln 2·JSD, n the harmonic mean of the two numbers of conversations, is about χ² with (tools − 1) degrees of freedom
 * (the G-test, Sokal and Rohlf 1981). Windows do not overlap, and each one becomes part of what the next is held against:
 * an agent that changed is told of once, not for ever.
 */
import type { TelemetryEvent } from '../../../schemas/event.js';
import { itemHash } from '../item-hash.js';
import { findRunning, runningSession, type RunningSession } from '../running-sessions.js';
import { chiSquareTail, confidenceOf, decades, jensenShannon, normalTail } from '../statistics.js';
import type { Detector } from '../types.js';
import { ensured, slice } from './slice.js';

/** Sums over conversations: how many, calls, calls squared, failed calls, and calls by tool. */
interface Mix {
  n: number;
  k: number;
  q: number;
  e: number;
  w: Record<string, number>;
}
interface DriftState {
  /** What was before, what came lately, what runs. */
  b: Mix;
  l: Mix;
  r: RunningSession<[calls: number, failed: number, tools: Record<string, number>]>[];
}

const WINDOW = 20;
/** Before this many conversations there is nothing to have drifted from. */
const MIN_BEFORE = 40;
const MAX_TOOLS = 32;
/** Conversations that count; older ones fade. */
const MEMORY = 400;
const MIN_DIVERGENCE = 0.1;
const TESTS = 3;
/** A window in a hundred has changed for a reason that somebody should know of. */
const PRIOR = 0.01;

const newMix = (): Mix => ({ n: 0, k: 0, q: 0, e: 0, w: {} });
const newState = (): DriftState => ({ b: newMix(), l: newMix(), r: [] });

interface Drift {
  p: number;
  what: 'tools' | 'depth' | 'failures';
  observed: number;
  expected: number;
}

/** The least likely of the three differences between two mixes. */
export function driftOf(before: Readonly<Mix>, lately: Readonly<Mix>): Drift | undefined {
  if (before.n < MIN_BEFORE || lately.n < WINDOW) return undefined;
  const sample = (2 * before.n * lately.n) / (before.n + lately.n);
  const [a, b] = [new Map(Object.entries(before.w)), new Map(Object.entries(lately.w))];
  const divergence = jensenShannon(a, b);
  const degrees = Math.max(1, new Set([...a.keys(), ...b.keys()]).size - 1);
  const drifts: Drift[] = [
    {
      what: 'tools',
      p: divergence < MIN_DIVERGENCE ? 1 : chiSquareTail(2 * sample * Math.LN2 * divergence, degrees),
      observed: Math.round(divergence * 1000) / 1000,
      expected: 0,
    },
  ];
  const mean = (mix: Readonly<Mix>): number => mix.k / mix.n;
  const variance = (mix: Readonly<Mix>): number => Math.max(mix.q / mix.n - mean(mix) ** 2, mean(mix), 0.25);
  const zOf = (difference: number, of: number): number => Math.abs(difference) / Math.sqrt(of);
  drifts.push({
    what: 'depth',
    p: 2 * normalTail(zOf(mean(lately) - mean(before), variance(before) / lately.n + variance(before) / before.n)),
    observed: Math.round(mean(lately) * 100) / 100,
    expected: Math.round(mean(before) * 100) / 100,
  });
  if (before.k > 0 && lately.k > 0) {
    const [pBefore, pLately] = [before.e / before.k, lately.e / lately.k];
    const pooled = (before.e + lately.e + 1) / (before.k + lately.k + 2);
    drifts.push({
      what: 'failures',
      // One conversation's calls fail together: its conversations are the sample.
      p: 2 * normalTail(zOf(pLately - pBefore, pooled * (1 - pooled) * (1 / lately.n + 1 / before.n))),
      observed: Math.round(pLately * 1000) / 1000,
      expected: Math.round(pBefore * 1000) / 1000,
    });
  }
  return drifts.reduce((least, drift) => (drift.p < least.p ? drift : least));
}

const UNITS: Record<Drift['what'], string> = {
  tools: 'Jensen–Shannon divergence of the tool mix, bits',
  depth: 'calls in a conversation, mean',
  failures: 'share of calls that fail',
};

export const drift: Detector = {
  name: 'drift',
  version: '1',
  finds: ['drift.behaviour'],
  kinds: ['tool.call', 'tool.result'],
  needs: ['tool-calls'],
  baseline: true,
  judge(event, scope) {
    if (event.kind !== 'tool.call') return [];
    const state = slice<DriftState>(scope.agent, 'drift');
    // A window is looked at when the conversation after it begins.
    if (state === undefined || state.l.n < WINDOW || findRunning(state.r, event.session.id) !== undefined) return [];
    const found = driftOf(state.b, state.l);
    if (found === undefined) return [];
    const confidence = confidenceOf(found.p, TESTS, PRIOR, 0.6);
    if (confidence < 0.5) return [];
    return [
      {
        type: 'drift.behaviour',
        title: 'Works differently than it did',
        about: ['agent', 'blueprint'],
        confidence,
        severity: 'low',
        evidence: {
          observed: found.observed,
          expected: found.expected,
          unit: UNITS[found.what],
          sampleSize: Math.round(state.b.n),
          baselineAgeMs: Math.max(0, event.timeMs - scope.learned.sinceMs),
          eventIds: [event.id],
          facts: { what: found.what, conversations: state.l.n, minusLog10P: decades(found.p) },
        },
        atlas: ['AML.T0081'],
        owasp: ['ASI10'],
        pillar: 'governance',
      },
    ];
  },
  observe(event, scope, stated) {
    const state = ensured(scope.agent, 'drift', newState);
    if (state.l.n >= WINDOW && event.kind === 'tool.call' && findRunning(state.r, event.session.id) === undefined) {
      // Told or not, it is part of the past now.
      merge(state.b, state.l, stated.length > 0);
      state.l = newMix();
    }
    if (event.kind === 'tool.result' && event.errorType === undefined && event.denied !== true) return;
    const entry = runningSession<[number, number, Record<string, number>]>(
      state.r,
      event.session.id,
      () => [0, 0, {}],
      (amounts) => take(state.l, amounts),
    );
    count(entry.v, event);
  },
  shrink(states) {
    const state = ensured(states, 'drift', newState);
    for (const mix of [state.b, state.l]) mix.w = commonest(mix.w, Math.ceil(0.75 * Object.keys(mix.w).length));
    for (const { v } of state.r) v[2] = commonest(v[2], Math.ceil(0.75 * Object.keys(v[2]).length));
  },
};

function count(amounts: [calls: number, failed: number, tools: Record<string, number>], event: TelemetryEvent): void {
  if (event.kind === 'tool.result') {
    amounts[1] += 1;
    return;
  }
  if (event.kind !== 'tool.call') return;
  amounts[0] += 1;
  const name = itemHash(event.tool);
  const known = amounts[2][name];
  if (known !== undefined || Object.keys(amounts[2]).length < 12) amounts[2][name] = (known ?? 0) + 1;
}

function take(mix: Mix, [calls, failed, tools]: [number, number, Record<string, number>]): void {
  mix.n += 1;
  mix.k += calls;
  mix.q += calls * calls;
  mix.e += Math.min(failed, calls);
  for (const [name, times] of Object.entries(tools)) {
    // A conversation is one voice: its shares count, not how long it talked.
    const share = times / Math.max(1, calls);
    const known = mix.w[name];
    if (known !== undefined || Object.keys(mix.w).length < MAX_TOOLS)
      mix.w[name] = Math.round(((known ?? 0) + share) * 1e3) / 1e3;
  }
}

/** What came lately joins what was before. What was told of weighs double, so that it is soon the normal. */
function merge(before: Mix, lately: Mix, told: boolean): void {
  const fade = before.n + lately.n > MEMORY ? (MEMORY - lately.n) / before.n : told ? 0.5 : 1;
  before.n = Math.round((before.n * fade + lately.n) * 100) / 100;
  before.k = Math.round((before.k * fade + lately.k) * 100) / 100;
  before.q = Math.round((before.q * fade + lately.q) * 100) / 100;
  before.e = Math.round((before.e * fade + lately.e) * 100) / 100;
  const names = new Set([...Object.keys(before.w), ...Object.keys(lately.w)]);
  const mixed = [...names].map((name): [string, number] => [
    name,
    Math.round(((before.w[name] ?? 0) * fade + (lately.w[name] ?? 0)) * 1e3) / 1e3,
  ]);
  before.w = commonest(Object.fromEntries(mixed), MAX_TOOLS);
}

/** The tools with the largest shares. */
const commonest = (shares: Record<string, number>, count: number): Record<string, number> =>
  Object.fromEntries(
    Object.entries(shares)
      .sort((x, y) => y[1] - x[1])
      .slice(0, count),
  );

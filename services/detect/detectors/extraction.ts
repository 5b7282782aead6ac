/**
 * Extraction: one user asks ever other questions of one form, as somebody does who learns a model (or what it was trained on)
 * by its answers. Counted are the *different* questions of a form (query-form.ts), so a retry or a favourite question counts
 * once. Where people go on in one form with a chance of q, k of them in a row have qᵏ⁻¹ (geometric); q is this agent's own,
 * (s + 1) / (s + n + 2) for s continuations in n series, and never below ½. Twice the longest that was ever there is
 * needed besides, since jobs make long tails.
 *
 * A series belongs to its user: it goes on from conversation to conversation, until a day has passed without one. Users
 * that the inventory lists as evaluators are not judged, and a job that asks in series day after day is, after three days,
 * how the agent is used.
 *
 * Cf. PRADA (Juuti et al. 2019), which also watches how a client's queries lie to each other; it needs numeric inputs,
 * and this only texts. Different questions are counted in a bitmap (linear counting, Whang et al. 1990).
 */
import type { EventOf } from '../../../schemas/event.js';
import { itemHash } from '../item-hash.js';
import { queryForm, type QueryForm, sameForm } from '../query-form.js';
import { confidenceOf, decades } from '../statistics.js';
import type { Detector, Scope, Statement } from '../types.js';
import { ensured, slice } from './slice.js';

/** The questions of one form of one user. */
interface Series {
  /** Hash of the user. */
  u: string;
  r: QueryForm;
  /** Which of 128 bins some question fell into. */
  b: [number, number, number, number];
  /** When the first and the last question came, event time. */
  f: number;
  l: number;
  /** Different questions when last stated; then it trains nothing. */
  t?: number;
}
/** A series as it is kept, short, since there may be several for each agent: [user, form, bins (or the one that is not empty), f and l - f in seconds, t]. */
type Kept = [user: string, form: string, bins: string | number, firstS: number, lastedS: number, told?: number];

interface ExtractionState {
  /** Series that ended unflagged (most of one question), the questions in them behind the first, and the longest. */
  h: [series: number, continuations: number, longest: number];
  /** Series of several questions, the one asked last at the end. */
  s: Kept[];
  /** The last questions that are of no series yet. */
  q: Kept[];
  /** Days with something flagged, and the last of them. */
  t?: [days: number, lastMs: number];
}

const MOST_SERIES = 4;
const MOST_SINGLE = 3;
const BINS = 128;
const DAY_MS = 86_400_000;
/** Fewer are somebody who asks again in other words. */
const LEAST = 25;
/** Where nothing is known of the agent's users it takes a series that nobody asks by hand. */
const LEAST_WITHOUT_HISTORY = 60;
const MOST_WITHOUT_HISTORY = 0.55;
/** Series from which on the agent's own chance is known. */
const LEAST_SERIES = 20;
/** A series goes on so long, however little lies between its questions: who asks every day begins anew. */
const LONGEST_MS = 3 * 86_400_000;
/** When this many are counted all counts are halved: what was long ago fades. */
const MEMORY = 1000;
const LEAST_CHANCE = 0.5;
/** Of people at large: some do ask twenty in a row. */
const CHANCE_WITHOUT_HISTORY = 0.75;
const MOST = 0.85;
const STATED = 0.5;
const ADOPTED_AFTER = 3;
const TESTS = 10;
const DAY_PRIOR = 0.01;

/** Sixteen bits a number. */
const packed = (numbers: ArrayLike<number>): string =>
  Buffer.from(Uint16Array.from(numbers).buffer).toString('base64url');
const unpacked = (text: string): Uint16Array => new Uint16Array(Uint8Array.from(Buffer.from(text, 'base64url')).buffer);

function kept({ u, r, b, f, l, t }: Readonly<Series>): Kept {
  const words = b.flatMap((bits) => [bits & 0xffff, bits >>> 16]);
  const bin = b.findIndex((bits) => bits !== 0);
  const one = bin * 32 + 31 - Math.clz32(b[bin] ?? 0);
  const bins = ones(b) === 1 ? one : packed(words);
  const first = Math.floor(f / 1000);
  const lasted = Math.max(0, Math.floor(l / 1000) - first);
  return t === undefined ? [u, packed(r), bins, first, lasted] : [u, packed(r), bins, first, lasted, t];
}

function opened([u, form, bins, first, lasted, t]: Readonly<Kept>): Series {
  const b: Series['b'] = [0, 0, 0, 0];
  if (typeof bins === 'number') b[bins >> 5] = 1 << (bins & 31);
  else
    for (const [at, bits] of unpacked(bins).entries()) b[at >> 1] = (b[at >> 1] as number) | (bits << ((at & 1) * 16));
  return {
    u,
    r: [...unpacked(form)],
    b,
    f: first * 1000,
    l: (first + lasted) * 1000,
    ...(t === undefined ? {} : { t }),
  };
}

const newState = (): ExtractionState => ({ h: [0, 0, 0], s: [], q: [] });

/** A series is over: it becomes part of what this agent's users do, unless it was told of. */
function close(state: ExtractionState, series: Readonly<Series>): void {
  if (series.t !== undefined && !isAdopted(state)) return;
  const count = different(series);
  if (state.h[0] >= MEMORY) state.h = [state.h[0] / 2, state.h[1] / 2, Math.ceil(state.h[2] * 0.9)];
  state.h[0] += 1;
  state.h[1] += Math.max(0, count - 1);
  state.h[2] = Math.max(state.h[2], count);
}

const isAdopted = ({ t }: Readonly<ExtractionState>): boolean => (t?.[0] ?? 0) >= ADOPTED_AFTER;

const isOver = ({ f, l }: Readonly<Series>, nowMs: number): boolean => nowMs - l >= DAY_MS || nowMs - f >= LONGEST_MS;

function ones(b: Readonly<Series['b']>): number {
  let count = 0;
  for (const bits of b) for (let rest = bits; rest !== 0; rest &= rest - 1) count++;
  return count;
}

function different({ b }: Readonly<Series>): number {
  // A full bitmap tells no more: some 600 questions.
  return Math.round(BINS * Math.log(BINS / Math.max(1, BINS - ones(b))));
}

/** The series with one more question in it. */
function withQuestion(series: Readonly<Series>, text: string, timeMs: number): Series {
  const bin = Number.parseInt(itemHash(text), 36) % BINS;
  const b: Series['b'] = [...series.b];
  b[bin >> 5] = (b[bin >> 5] as number) | (1 << (bin & 31)) | 0;
  return { ...series, b, f: Math.min(series.f, timeMs), l: Math.max(series.l, timeMs) };
}

interface Asked {
  user: string;
  form: QueryForm;
  text: string;
  timeMs: number;
}

function askedIn(event: EventOf<'prompt'>, scope: Readonly<Scope>): Asked | undefined {
  const { text, user, timeMs } = event;
  if (text === undefined) return undefined;
  if (user !== undefined && scope.listed?.('evaluator', user.id) === true) return undefined;
  const form = queryForm(text);
  // Without a user a series is of one conversation.
  return form && { user: itemHash(user?.id ?? `\n${event.session.id}`), form, text, timeMs };
}

function findSeries(list: readonly Kept[] | undefined, { user, form, timeMs }: Asked): Series | undefined {
  for (const each of list ?? []) {
    if (each[0] !== user) continue;
    const series = opened(each);
    if (!isOver(series, timeMs) && sameForm(series.r, form)) return series;
  }
  return undefined;
}

/** The series that a question goes on with, as it is with it. */
function continued(state: Readonly<ExtractionState> | undefined, asked: Asked): Series {
  const known = findSeries(state?.s, asked) ?? findSeries(state?.q, asked);
  const { user, form, text, timeMs } = asked;
  return withQuestion(known ?? { u: user, r: form, b: [0, 0, 0, 0], f: timeMs, l: timeMs }, text, timeMs);
}

export const extraction: Detector = {
  name: 'extraction',
  version: '1',
  finds: ['extraction.series'],
  kinds: ['prompt'],
  needs: ['content'],
  baseline: true,
  judge(event, scope) {
    if (event.kind !== 'prompt') return [];
    const asked = askedIn(event, scope);
    if (asked === undefined) return [];
    const state = slice<ExtractionState>(scope.agent, 'extraction');
    const series = continued(state, asked);
    const count = different(series);
    if (count < LEAST || count < 2 * (series.t ?? 0)) return [];
    const [ended, continuations, longest] = state?.h ?? [0, 0, 0];
    const known = ended >= LEAST_SERIES;
    if (count <= 2 * longest || (!known && count < LEAST_WITHOUT_HISTORY)) return [];
    const chance = known
      ? Math.max(LEAST_CHANCE, (continuations + 1) / (continuations + ended + 2))
      : CHANCE_WITHOUT_HISTORY;
    const p = chance ** (count - 1);
    const confidence = confidenceOf(p, TESTS, DAY_PRIOR, known ? MOST : MOST_WITHOUT_HISTORY);
    if (confidence < STATED) return [];
    const statement: Statement = {
      type: 'extraction.series',
      title: 'One user asks ever other questions of one form',
      about: ['user', 'session', 'agent'],
      confidence,
      severity: 'medium',
      evidence: {
        observed: count,
        expected: `at most ${longest} so far`,
        unit: 'different questions of one form by one user',
        sampleSize: Math.round(ended),
        baselineAgeMs: Math.max(0, event.timeMs - scope.learned.sinceMs),
        eventIds: [event.id],
        facts: { sinceMs: series.f, overMs: Math.max(0, series.l - series.f), minusLog10P: decades(p) },
      },
      atlas: ['AML.T0024.002', 'AML.T0024.001'],
      owasp: ['ASI02'],
      pillar: 'applications',
    };
    return [statement];
  },
  observe(event, scope, stated) {
    if (event.kind !== 'prompt') return;
    const asked = askedIn(event, scope);
    if (asked === undefined) return;
    const state = ensured(scope.agent, 'extraction', newState);
    const series = continued(state, asked);
    const count = different(series);
    if (stated.length > 0) {
      series.t = count;
      const [days, lastMs] = state.t ?? [0, Number.NEGATIVE_INFINITY];
      if (event.timeMs - lastMs >= DAY_MS) state.t = [days + 1, event.timeMs];
      // Known at once: the next series may begin before this one is over.
      if (isAdopted(state)) state.h[2] = Math.max(state.h[2], count);
    }
    const goesOn = (other: Series): boolean => {
      if (isOver(other, event.timeMs)) {
        close(state, other);
        return false;
      }
      return other.u !== series.u || !sameForm(other.r, series.r);
    };
    const single = state.q.map(opened).filter(goesOn);
    const running = state.s.map(opened).filter(goesOn);
    (count > 1 ? running : single).push(series);
    if (single.length > MOST_SINGLE) close(state, single.shift() as Series);
    if (running.length > MOST_SERIES) {
      // The shortest goes: a long one is what is looked for.
      const shortest = running.reduce((least, one) => (different(one) < different(least) ? one : least));
      running.splice(running.indexOf(shortest), 1);
      close(state, shortest);
    }
    state.q = single.map(kept);
    state.s = running.map(kept);
  },
  shrink(states) {
    // Questions by themselves are the last to become a series.
    slice<ExtractionState>(states, 'extraction')?.q.shift();
  },
};

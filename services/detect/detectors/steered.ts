/**
 * Steered: a call goes to an outside place that only untrusted data named, and the user asked for no such call. Told by
 * provenance, the form of requests and habit, no text is judged: it holds where every text model is off or deceived.
 *
 * Odds of "the data's doing" (steering.ts, steering-odds.ts), from
 * - what the user asked for, and where: a request that named its place covers no other; what they left to the data is theirs;
 * - whether data tell their reader, in the form of a request, to do something at that place;
 * - for calls that change something: how usual it is for *this agent* that data names where its calls go, Beta-smoothed
 *   (s + ½) / (n + 5) over its calls to outside places, and whether it was at this place before;
 * - for calls that only read, which are heard at pages alone: how often what it reads is at a place it never read, by Good and
 *   Turing (Good 1953): the share of its places that it was at only once. Whoever follows links all day is not steered by a link.
 * An agent whose user's words are not sent is not judged: there, nothing was asked for.
 *
 * Cf. FIDES 2505.23643, CaMeL 2503.18813 (both with a policy where this has a habit).
 */
import type { EventOf } from '../../../schemas/event.js';
import { isSideEffecting } from '../../inspect/tool-effects.js';
import { itemHash } from '../item-hash.js';
import { isLetThrough } from '../held-call.js';
import { isNamedIn, type NamedPlaces, notePlaces, sourceOf } from '../named-places.js';
import { probabilityOf } from '../statistics.js';
import { KNOWN, type PlaceHabit, STEERED_SHARE, steeringLogOdds } from '../steering-odds.js';
import { effectsOf, placesOf, type Steering, steeringsOf } from '../steering.js';
import { isPoisoned } from '../taints.js';
import type { Detector, Scope, Statement } from '../types.js';
import { userContext } from '../user-words.js';
import { ensured, slice } from './slice.js';

/** An agent's calls to outside places, and those of them whose place only data named. */
interface SteeredState {
  /** Calls that change something: all, steered. */
  w: [calls: number, steered: number];
  /**
   * Hosts and addresses that its calls went to, newest last: hash → in how many conversations, at most {@link KNOWN}. One
   * that its user or developer named is known at once; one that only data named has to come up as often as that.
   */
  p: Record<string, number>;
  /** Reading calls to outside places. */
  r: number;
}

const MAX_PLACES = 24;
/** No more reading calls count than the places kept can speak for: else whoever reads somewhere new all day looks settled. */
const MAX_READS = 2 * MAX_PLACES;
/** Calls that count; older ones fade. */
const MEMORY = 500;
const MAX_MET = 32;

const STATED = 0.5;
const MOST = 0.9;

/** What the agent's calls so far say of one to this place. */
function habitOf({ place, reading }: Steering, known: SteeredState | undefined): PlaceHabit {
  const { w: [calls, steered] = [0, 0], p: places = {}, r: reads = 0 } = known ?? {};
  const hash = itemHash(place);
  const met = Object.hasOwn(places, hash) ? (places[hash] as number) : 0;
  if (!reading) return { unusual: Math.log(STEERED_SHARE / ((steered + 0.5) / (calls + 5))), met };
  const once = Object.values(places).filter((times) => times === 1).length;
  return { unusual: Math.log(STEERED_SHARE / Math.min(1, (once + 1) / (reads + 2))), met };
}

/** The place that speaks the loudest, of those where data alone sent a call. */
function loudest(
  event: EventOf<'tool.call'>,
  scope: Readonly<Scope>,
): { steering: Steering; logOdds: number } | undefined {
  const known = slice<SteeredState>(scope.agent, 'steered');
  let loudest: { steering: Steering; logOdds: number } | undefined;
  for (const steering of steeringsOf(event, scope)) {
    const logOdds = steeringLogOdds(steering, habitOf(steering, known));
    if (loudest === undefined || logOdds > loudest.logOdds) loudest = { steering, logOdds };
  }
  return loudest;
}

/** Whether data alone named a place of a call that the user did not ask for, for the habit: whatever else speaks against it. */
const isSteered = (event: EventOf<'tool.call'>, scope: Readonly<Scope>): boolean =>
  steeringsOf(event, scope).some(
    ({ reading, asked, delegated, leftOpen }) => !delegated && (reading ? !leftOpen : !asked),
  );

/** An outside call becomes part of what this agent's calls are like. */
function note(event: EventOf<'tool.call'>, scope: Scope, wasSteered: boolean): void {
  // Where the user's words are not sent nothing is ever judged, so there is no habit to keep.
  if (scope.facts.userText.length === 0) return;
  const places = placesOf(event, scope);
  if (places.length === 0) return;
  const state = ensured<SteeredState>(scope.agent, 'steered', () => ({ w: [0, 0], p: {}, r: 0 }));
  if (isSideEffecting(effectsOf(event, scope))) {
    if (state.w[0] >= MEMORY) state.w = [state.w[0] / 2, state.w[1] / 2];
    state.w[0] += 1;
    if (wasSteered) state.w[1] += 1;
  } else state.r = Math.min(MAX_READS, state.r + 1);
  const { words } = userContext(scope.facts);
  const tainted = isPoisoned(scope.facts);
  const met = ensured<string[]>(scope.session, 'steered-met', () => []);
  // What data order, the agent is not used to: else whoever asks three times has asked.
  const ordered = new Set(steeringsOf(event, scope).flatMap((one) => (one.ordered ? [one.place] : [])));
  for (const { place, destination } of places) {
    const hash = itemHash(place);
    const trusted = isNamedIn(words, destination) || sourceOf(slice(scope.session, 'steered'), place) === undefined;
    const before = Object.hasOwn(state.p, hash) ? (state.p[hash] as number) : 0;
    const again = met.includes(hash);
    if ((tainted || ordered.has(place)) && !trusted && before === 0) continue;
    delete state.p[hash];
    state.p[hash] = trusted ? KNOWN : Math.min(KNOWN, before + (again || tainted ? 0 : 1));
    if (!again) met.push(hash);
  }
  if (met.length > MAX_MET) met.splice(0, met.length - MAX_MET);
  const kept = Object.keys(state.p);
  for (const hash of kept.slice(0, Math.max(0, kept.length - MAX_PLACES))) delete state.p[hash];
}

export const steered: Detector = {
  name: 'steered',
  version: '2',
  finds: ['taint.steered'],
  kinds: ['tool.call', 'tool.result', 'retrieval', 'message'],
  needs: ['content', 'tool-calls'],
  baseline: false,
  judge(event, scope) {
    if (event.kind !== 'tool.call') return [];
    const found = loudest(event, scope);
    if (found === undefined) return [];
    const { steering } = found;
    const known = slice<SteeredState>(scope.agent, 'steered');
    const confidence = Math.min(MOST, probabilityOf(found.logOdds));
    if (confidence < STATED) return [];
    const { e: eventId, o: origin } = steering.source;
    const statement: Statement = {
      type: 'taint.steered',
      title: `${event.tool} goes where only data from ${origin} points to, and nobody asked for it`,
      about: ['session', 'agent', 'tool', 'user'],
      confidence,
      severity: steering.reading ? 'low' : 'medium',
      evidence: {
        observed: steering.shown.slice(0, 200),
        expected: 'a place that the user, the developer or this agent’s habit names',
        sampleSize: steering.reading ? (known?.r ?? 0) : (known?.w[0] ?? 0),
        baselineAgeMs: Math.max(0, event.timeMs - scope.learned.sinceMs),
        eventIds: [eventId, event.id],
        facts: {
          destination: steering.shown,
          reading: steering.reading,
          userSpoke: steering.spoken || steering.asked,
          ordered: steering.ordered,
          usually: known === undefined ? 0 : round((known.w[1] + 0.5) / (known.w[0] + 5)),
        },
      },
      origin,
      predicted: [{ tool: event.tool, destination: steering.shown, probability: round(confidence) }],
      atlas: steering.reading ? ['AML.T0053'] : ['AML.T0086', 'AML.T0053'],
      owasp: ['ASI02', 'ASI01'],
      pillar: 'data',
    };
    return [statement];
  },
  observe(event, scope, stated) {
    if (event.kind !== 'tool.call') {
      const known = slice<NamedPlaces>(scope.session, 'steered');
      const named = notePlaces(known, event, scope.facts, scope.tools);
      if (named !== known) scope.session['steered'] = named;
      return;
    }
    // Told of, and let through, in conversation after conversation, it is how this agent works.
    if (stated.length > 0 && isLetThrough(event) && !scope.contracted && event.clamped === undefined)
      note(event, scope, true);
  },
  learn(event, scope) {
    if (event.kind === 'tool.call') note(event, scope, isSteered(event, scope));
  },
  shrink(states) {
    const places = slice<SteeredState>(states, 'steered')?.p ?? {};
    const kept = Object.keys(places);
    for (const hash of kept.slice(0, kept.length >> 2)) delete places[hash];
  },
};

function round(value: number): number {
  return Math.round(value * 1e3) / 1e3;
}

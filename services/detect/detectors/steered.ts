/**
 * Steered: a call goes to an outside place that only untrusted data named, and the user asked for no such call. Told by
 * provenance and habit alone, no text is judged: it holds where every text model is off or deceived, and it says less.
 *
 * Odds of "the data's doing" (weights below), from
 * - what the user asked for: a call of an effect that they asked for is never stated, since looking a place up in data is
 *   how such work is done; nor is one where they handed the decision to the data;
 * - for calls that change something: how usual it is for *this agent* that data names where its calls go, Beta-smoothed
 *   (s + ½) / (n + 5) over its calls to outside places, and whether it was at this place before;
 * - for calls that only read: how often what it reads is at a place it never read, by Good and Turing (Good 1953): the share
 *   of its places that it was at only once. Whoever follows links all day is not steered by a link.
 * An agent whose user's words are not sent is not judged: there, nothing was asked for.
 *
 * Cf. FIDES 2505.23643, CaMeL 2503.18813 (both with a policy where this has a habit).
 */
import type { EventOf } from '../../../schemas/event.js';
import { destinationsOfArguments } from '../../inspect/destinations.js';
import { isSideEffecting, onlyKeeps } from '../../inspect/tool-effects.js';
import { agreesWith, toolWordsShare, userContext } from '../call-evidence.js';
import { itemHash } from '../item-hash.js';
import { isNamedIn, type NamedPlaces, notePlaces, outsidePlaces, type PlaceSource, sourceOf } from '../named-places.js';
import type { Detector, Scope, Statement } from '../types.js';
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
/** Conversations, none with suspicious content, after which a place that data names is one of the agent's own. */
const KNOWN = 3;
const MAX_MET = 32;

/** Log-odds. Set by hand while looking at counts of all four recorded suites; nothing was left out (docs/evaluation.md). */
export const STEERED_WEIGHTS = {
  change: -1,
  /** The user spoke of the effect without asking for it, in other words than the tool's. */
  spoken: -0.9,
  /** P(data names the place | steered). */
  steered: 0.8,
  newPlace: 0.5,
  knownPlace: -0.8,
  /** For each conversation in which it was at this place before. */
  met: -0.4,
  read: -1,
  /** The user asked for reading somewhere, with the tool's own words. */
  readAsked: -0.3,
  /** The user named the place that the data came from. */
  pointed: -0.5,
  /** A text model read the data: and the call only reads; and found nothing. The phrases found nothing. */
  modelRead: -3,
  modelClean: -2,
  phrasesClean: -0.3,
} as const;
/** What a reader found from here on speaks for itself. */
const SUSPICIOUS = 0.5;
const STATED = 0.5;
const MOST = 0.9;

interface Steering {
  place: string;
  shown: string;
  source: PlaceSource;
  reading: boolean;
  spoken: boolean;
}

/** The user speaks of pages, and names none, or of several: then which ones is for the data to say. */
const PAGES =
  / (?:website|web ?page|page|site|article|link|url|blog|news|online|internet|web|seite|artikel|artículo|página|enlace|lien) /u;
const SEVERAL_PAGES =
  / (?:websites|web ?pages|pages|sites|articles|links|urls|blogs|seiten|artículos|páginas|enlaces|liens) /u;
const NAMED_PAGE = / (?:www|https?|\p{L}[\p{L}\p{N}]* (?:com|org|net|io|dev|app|co|de|uk|fr|es|eu|example)) /u;

const leavesPagesOpen = (said: string): boolean =>
  SEVERAL_PAGES.test(said) || (PAGES.test(said) && !NAMED_PAGE.test(said));

type Found = Pick<Steering, 'place' | 'shown' | 'source'>;

/** The first of a call's places that only data named; nothing where there is none. */
function dataOnly(places: ReturnType<typeof outsidePlaces>, scope: Readonly<Scope>, words: string): Found | undefined {
  const named = slice<NamedPlaces>(scope.session, 'steered');
  if (named === undefined) return undefined;
  for (const { place, destination } of places) {
    const source = sourceOf(named, place);
    if (source !== undefined && !isNamedIn(words, destination)) return { place, shown: destination.value, source };
  }
  return undefined;
}

const placesOf = (event: EventOf<'tool.call'>, scope: Readonly<Scope>): ReturnType<typeof outsidePlaces> =>
  event.arguments === undefined
    ? []
    : outsidePlaces(destinationsOfArguments(event.arguments, onlyKeeps(effectsOf(event, scope))).slice(0, 16));

const effectsOf = (event: EventOf<'tool.call'>, scope: Readonly<Scope>) =>
  scope.tools.effectsOf(event.tool, { description: event.description, arguments: event.arguments });

/** Where data alone sent a call that the user did not ask for; nothing where it did not. */
function steering(event: EventOf<'tool.call'>, scope: Readonly<Scope>): Steering | undefined {
  if (scope.facts.userText.length === 0 || scope.session['steered'] === undefined) return undefined;
  const places = placesOf(event, scope);
  if (places.length === 0) return undefined;
  const user = userContext(scope.facts);
  if (user.delegated) return undefined;
  const found = dataOnly(places, scope, user.words);
  if (found === undefined) return undefined;
  const effects = effectsOf(event, scope);
  const reading = !isSideEffecting(effects);
  const { fromUser } = toolWordsShare(event.tool, ' ', user.said);
  const asked = agreesWith(effects, (effect) => user.effects.includes(effect), fromUser > 0);
  const spoken = agreesWith(effects, (effect) => user.spoken.has(effect), fromUser > 0);
  if (reading ? leavesPagesOpen(user.said) : asked || (spoken && fromUser > 0.5)) return undefined;
  return { ...found, reading, spoken: spoken || asked };
}

/** What it is worth that somebody read the data: a text model that found nothing is a witness, the phrases hardly. */
function readersWord({ m: model, p: phrases }: PlaceSource, reading: boolean): number {
  // A link in a text that a model has read is the business of taint-sink, which knows what the text asks for.
  if (reading && model !== undefined) return STEERED_WEIGHTS.modelRead;
  if (Math.max(model ?? 0, phrases ?? 0) >= SUSPICIOUS) return 0;
  if (model !== undefined) return STEERED_WEIGHTS.modelClean;
  return phrases === undefined ? 0 : STEERED_WEIGHTS.phrasesClean;
}

function logOdds({ place, reading, spoken, source }: Steering, known: SteeredState | undefined): number {
  const { w: [calls, steered] = [0, 0], p: places = {}, r: reads = 0 } = known ?? {};
  const hash = itemHash(place);
  const met = Object.hasOwn(places, hash) ? (places[hash] as number) : 0;
  const w = STEERED_WEIGHTS;
  const told = (source.u === undefined ? 0 : w.pointed) + readersWord(source, reading);
  if (reading) {
    if (met >= KNOWN) return Number.NEGATIVE_INFINITY;
    const once = Object.values(places).filter((times) => times === 1).length;
    const unseen = Math.min(1, (once + 1) / (reads + 2));
    return w.read + told + (spoken ? w.readAsked : 0) + Math.log(w.steered / unseen) + w.met * met;
  }
  return (
    w.change +
    told +
    (spoken ? w.spoken : 0) +
    Math.log(w.steered / ((steered + 0.5) / (calls + 5))) +
    (met >= KNOWN ? w.knownPlace : w.newPlace + w.met * met)
  );
}

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
  const tainted = scope.facts.taints.some(({ probability }) => probability > 0.5);
  const met = ensured<string[]>(scope.session, 'steered-met', () => []);
  for (const { place, destination } of places) {
    const hash = itemHash(place);
    const trusted = isNamedIn(words, destination) || sourceOf(slice(scope.session, 'steered'), place) === undefined;
    const before = Object.hasOwn(state.p, hash) ? (state.p[hash] as number) : 0;
    const again = met.includes(hash);
    if (tainted && !trusted && before === 0) continue;
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
  version: '1',
  finds: ['taint.steered'],
  kinds: ['tool.call', 'tool.result', 'retrieval', 'message'],
  needs: ['content', 'tool-calls'],
  baseline: false,
  judge(event, scope) {
    if (event.kind !== 'tool.call') return [];
    const found = steering(event, scope);
    if (found === undefined) return [];
    const known = slice<SteeredState>(scope.agent, 'steered');
    const confidence = Math.min(MOST, 1 / (1 + Math.exp(-logOdds(found, known))));
    if (confidence < STATED) return [];
    const { e: eventId, o: origin } = found.source;
    const statement: Statement = {
      type: 'taint.steered',
      title: `${event.tool} goes where only data from ${origin} points to, and nobody asked for it`,
      about: ['session', 'agent', 'tool', 'user'],
      confidence,
      severity: found.reading ? 'low' : 'medium',
      evidence: {
        observed: found.shown.slice(0, 200),
        expected: 'a place that the user, the developer or this agent’s habit names',
        sampleSize: found.reading ? (known?.r ?? 0) : (known?.w[0] ?? 0),
        baselineAgeMs: Math.max(0, event.timeMs - scope.learned.sinceMs),
        eventIds: [eventId, event.id],
        facts: {
          destination: found.shown,
          reading: found.reading,
          userSpoke: found.spoken,
          usually: known === undefined ? 0 : round((known.w[1] + 0.5) / (known.w[0] + 5)),
        },
      },
      origin,
      predicted: [{ tool: event.tool, destination: found.shown, probability: round(confidence) }],
      atlas: found.reading ? ['AML.T0053'] : ['AML.T0086', 'AML.T0053'],
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
    if (stated.length > 0 && !scope.contracted && event.clamped === undefined) note(event, scope, true);
  },
  learn(event, scope) {
    if (event.kind === 'tool.call') note(event, scope, steering(event, scope) !== undefined);
  },
};

function round(value: number): number {
  return Math.round(value * 1e3) / 1e3;
}

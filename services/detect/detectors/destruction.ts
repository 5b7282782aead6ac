/**
 * Destruction: a conversation in which more is deleted, dropped, revoked or cancelled than this agent does, and than its user
 * asked for. What counts is how many different things go, heavier ones for more (destruction-weight.ts), held against the same
 * sum in this agent's conversations (log-histogram.ts). What was made in the same conversation, what the user named and what
 * programs make again does not count.
 *
 * Taking away cannot be undone, and a new agent has no habit to break: nobody may go beyond a fixed number that is also twice
 * what it ever did, from its first day. Only one whose work it is to clear such things away (clearing-duty.ts) has no such number.
 */
import type { EventOf, TelemetryEvent } from '../../../schemas/event.js';
import { leavesOf } from '../../inspect/destinations.js';
import { isClearingDuty, thingsOf } from '../clearing-duty.js';
import { destructionWeight } from '../destruction-weight.js';
import { itemHash } from '../item-hash.js';
import { addTo, fade, type LogHistogram, newLogHistogram, settled, surpriseOf } from '../log-histogram.js';
import { normalWords } from '../provenance.js';
import { findRunning, runningSession, type RunningSession } from '../running-sessions.js';
import { confidenceOf, decades } from '../statistics.js';
import type { Detector, Scope } from '../types.js';
import { userContext } from '../user-words.js';
import { ensured, slice } from './slice.js';

interface AgentSlice {
  /** Conversations with calls. */
  c: number;
  /** Weight of what was destroyed, one value for each of them that destroyed anything. */
  h?: LogHistogram;
  r?: RunningSession<[weight: number]>[];
  /** Conversations flagged so far. */
  t?: number;
}
interface SessionSlice {
  /** Hashes of what was destroyed; their weight; the weight when last stated. */
  a?: string[];
  w?: number;
  s?: number;
  /** Hashes of values that calls of this conversation wrote or were given back for it. */
  m?: string[];
}

/** Unasked, by an agent that never did as much. */
const MOST_UNASKED = 8;
/** Where the user asked for something that takes old things away; where they asked for exactly that. */
const SOFT = 2;
const ASKED = 12;
/** Fewer are what work leaves behind, whatever the history. */
const MIN_WEIGHT = 4;
const ADOPTED_AFTER = 3;
const MAX_ACTS = 128;
const MAX_MADE = 32;
const MAX_CONVERSATIONS = 2000;
const MAX_RESULT = 2000;
const TESTS = 5;
const DAY_PRIOR = 0.02;

/** Work in which old things go, in words that name no deleting. */
const REPLACING =
  / (?:clean\p{L}*|tid(?:y|ied|ying)|sweep|housekeeping|refactor\p{L}*|migrat\p{L}*|rewrit\p{L}*|restructur\p{L}*|reorgani[sz]\p{L}*|replac\p{L}*|renam\p{L}*|reset|simplify|consolidat\p{L}*|dedup\p{L}*|archiv\p{L}*|uninstall|decommission\p{L}*|tear down|from scratch|unsubscribe|aufräum\p{L}*|räum\p{L}*|bereinig\p{L}*|nettoy\p{L}*|limpi\p{L}*) /u;

/** An id, a path, a name with an ending; running text is none. */
const NAMES_A_THING = /^(?=\S*[\d/.\\_-])\S{2,120}$/;

const newAgent = (): AgentSlice => ({ c: 0 });
const newSession = (): SessionSlice => ({});

/** One value for each conversation: most destroy nothing, and only their number is kept. */
function historyOf(states: Readonly<Record<string, unknown>>): LogHistogram | undefined {
  const state = slice<AgentSlice>(states, 'destruction');
  if (state === undefined) return undefined;
  const [count, largest, ...cells] = state.h ?? newLogHistogram();
  const without = Math.max(0, state.c - count - (state.r?.length ?? 0));
  return [count + without, largest, ...(without === 0 ? [] : [0, without]), ...cells];
}

const actOf = (event: EventOf<'tool.call'>): string =>
  itemHash(`${event.tool} ${JSON.stringify(event.arguments ?? null).slice(0, 400)}`);

/** Values that name one thing: an id, a path, a title. Switches and single digits name none. */
function valuesOf(args: unknown): string[] {
  return leavesOf(args, 20)
    .map(({ value }) => value)
    .filter((value) => value.length >= 2 && value.length <= 200 && !/^(?:true|false)$/.test(value));
}

/** What a call destroys that nobody asked for and that was there before, and the hash of that act; 0: nothing, or not anew. */
function weightOf(
  event: EventOf<'tool.call'>,
  scope: Readonly<Scope>,
  session: Readonly<SessionSlice> | undefined,
): number {
  const effects = scope.tools.effectsOf(event.tool, { description: event.description, arguments: event.arguments });
  if (!effects.includes('delete') || session?.a?.includes(actOf(event)) === true) return 0;
  const weight = destructionWeight(event.arguments);
  if (weight === 0) return 0;
  const values = valuesOf(event.arguments);
  if (values.length > 0 && values.some((value) => session?.m?.includes(itemHash(value)) === true)) return 0;
  const { said } = userContext(scope.facts);
  // One that the user named is what they asked for; a number of a digit or two stands everywhere.
  const named = values.some((value) => value.length >= 3 && said.includes(normalWords(value)));
  return named && scope.facts.userText.length > 0 ? 0 : weight;
}

/**
 * How far the words of the user, and of whoever made the agent, go with it. To clear away whatever is old of this kind is some
 * agents' work: then no fixed number says that it is too much, only what it did before.
 */
function allowance(scope: Readonly<Scope>, event: EventOf<'tool.call'>): number {
  const { said, effects, spoken } = userContext(scope.facts);
  const { userText, systemText } = scope.facts;
  if (isClearingDuty([...userText, ...systemText], thingsOf(event.tool, event.arguments))) return Infinity;
  if (effects.includes('delete') || spoken.has('delete')) return ASKED;
  return REPLACING.test(said) ? SOFT : 1;
}

export const destruction: Detector = {
  name: 'destruction',
  version: '1',
  finds: ['destruction.burst'],
  kinds: ['tool.call', 'tool.result'],
  needs: ['tool-calls'],
  baseline: true,
  judge(event, scope) {
    if (event.kind !== 'tool.call') return [];
    const session = slice<SessionSlice>(scope.session, 'destruction');
    const added = weightOf(event, scope, session);
    if (added === 0) return [];
    const weight = (session?.w ?? 0) + added;
    if (weight < MIN_WEIGHT || weight < 2 * (session?.s ?? 0)) return [];
    const times = allowance(scope, event);
    const history = settled([scope.agent, scope.blueprint], historyOf);
    if (history !== undefined && weight <= history[1]) return [];
    const surprise = surpriseOf(history, weight / Math.min(times, ASKED));
    const limit = MOST_UNASKED * times;
    const beyondLimit = weight >= Math.max(limit, 2 * (history?.[1] ?? 0));
    const confidence = Math.max(
      beyondLimit ? (weight < 2 * limit ? 0.6 : 0.8) : 0,
      surprise === undefined ? 0 : confidenceOf(surprise.p, TESTS, DAY_PRIOR),
    );
    if (confidence < 0.5) return [];
    return [
      {
        type: 'destruction.burst',
        title: 'One thing after another is taken away that nobody asked to take away',
        about: ['session', 'agent', 'tool', 'user'],
        confidence,
        severity: 'high',
        evidence: {
          observed: weight,
          expected: `${Number.isFinite(limit) ? `less than ${limit}; ` : ''}at most ${history?.[1] ?? 0} so far`,
          unit: 'different things destroyed in a conversation, whole stores counted as four',
          sampleSize: history?.[0] ?? 0,
          baselineAgeMs: Math.max(0, event.timeMs - scope.learned.sinceMs),
          eventIds: [event.id],
          facts: {
            tool: event.tool,
            userAsked: times >= ASKED,
            ...(beyondLimit ? { limit } : {}),
            ...(surprise === undefined ? {} : { minusLog10P: decades(surprise.p) }),
          },
        },
        ...(beyondLimit ? { firm: true } : {}),
        atlas: ['AML.T0101'],
        owasp: ['ASI02', 'ASI10'],
        pillar: 'data',
      },
    ];
  },
  observe(event, scope, stated) {
    if (event.kind === 'tool.result') noteMade(event, scope, resultValues(event));
    if (event.kind !== 'tool.call') return;
    const known = slice<SessionSlice>(scope.session, 'destruction');
    const session = ensured(scope.session, 'destruction', newSession);
    const weight = weightOf(event, scope, session);
    if (weight > 0) {
      session.w = (session.w ?? 0) + weight;
      const acts = (session.a ??= []);
      acts.push(actOf(event));
      if (acts.length > MAX_ACTS) acts.shift();
    } else noteMade(event, scope, valuesOf(event.arguments ?? {}));
    if (stated.length > 0) session.s = session.w ?? 0;

    for (const states of scope.grouped ? [scope.agent, scope.blueprint] : [scope.agent]) {
      const state = ensured(states, 'destruction', newAgent);
      if (known === undefined) countConversation(state);
      if (weight > 0) countDestruction(state, event.session.id, session.w ?? 0, stated.length > 0);
    }
  },
};

function countConversation(state: AgentSlice): void {
  state.c += 1;
  if (state.c <= MAX_CONVERSATIONS) return;
  state.c = MAX_CONVERSATIONS / 2;
  if (state.h !== undefined) fade(state.h);
}

function countDestruction(state: AgentSlice, sessionId: string, weight: number, flagged: boolean): void {
  const history = (state.h ??= newLogHistogram());
  const running = (state.r ??= []);
  const entry =
    findRunning(running, sessionId) ??
    runningSession<[number]>(
      running,
      sessionId,
      () => [0],
      ([most]) => addTo(history, most),
    );
  entry.v[0] = weight;
  if (!flagged) return;
  if (entry.f === undefined) state.t = (state.t ?? 0) + 1;
  if ((state.t ?? 0) < ADOPTED_AFTER) entry.f = 1;
  else addTo(history, weight);
}

/** What a call that changes something without deleting wrote, and what it was told of that, is this conversation's own. */
function noteMade(event: TelemetryEvent, scope: Scope, values: readonly string[]): void {
  if ((event.kind !== 'tool.call' && event.kind !== 'tool.result') || values.length === 0) return;
  const effects = scope.tools.effectsOf(event.tool, { arguments: event.arguments });
  if (effects.includes('delete') || !effects.includes('write')) return;
  const made = (ensured(scope.session, 'destruction', newSession).m ??= []);
  for (const value of values) {
    const hash = itemHash(value);
    if (NAMES_A_THING.test(value) && !made.includes(hash)) made.push(hash);
  }
  if (made.length > MAX_MADE) made.splice(0, made.length - MAX_MADE);
}

function resultValues(event: EventOf<'tool.result'>): string[] {
  const text = event.text?.slice(0, MAX_RESULT).trim() ?? '';
  if (!text.startsWith('{') && !text.startsWith('[')) return text.length <= 60 && text.length >= 2 ? [text] : [];
  try {
    return valuesOf(JSON.parse(text));
  } catch {
    return [];
  }
}

/**
 * Enumeration: one tool called with ever other arguments in one conversation, as somebody does who walks through all
 * records. The number of different arguments of a tool in a conversation, against the same number in this agent's
 * conversations (log-histogram.ts). Numbers that go up one by one are a second witness: by chance the next of two numbers
 * is the higher with ½, so a run of r has 2⁻ʳ.
 */
import type { EventOf } from '../../../schemas/event.js';
import { addTo, type LogHistogram, newLogHistogram, surpriseOf } from '../log-histogram.js';
import { itemHash } from '../item-hash.js';
import { findRunning, runningSession, type RunningSession } from '../running-sessions.js';
import { confidenceOf, decades } from '../statistics.js';
import { isPoisoned } from '../taints.js';
import type { Detector, Scope } from '../types.js';
import { ensured, slice } from './slice.js';

/** Of one tool in one conversation. */
interface ToolSweep {
  /** Hashes of arguments, no more than {@link MAX_DISTINCT}. */
  a: string[];
  /** The last number in the arguments and how often in a row it went up by little. */
  v?: number;
  r: number;
  /** Different arguments when last stated. */
  t: number;
}
interface EnumerationState {
  /** Most different arguments of one tool, one value a conversation. */
  h: LogHistogram;
  r: RunningSession<[most: number]>[];
  /** Conversations flagged so far. */
  t?: number;
}

const MAX_DISTINCT = 256;
const MAX_TOOLS = 16;
/** So many flagged conversations without suspicious content, and walking is what this agent does. */
const ADOPTED_AFTER = 3;
/** Fewer are an ordinary list worked through. */
const MIN_DISTINCT = 20;
const MIN_RUN = 12;
/** Steps up to this size are walking; larger ones are other numbers. */
const MAX_STEP = 10;
/** Numbers that go up, by an agent that may have done so ever since: a batch job does. */
const MOST_WITHOUT_HISTORY = 0.4;
/** A new agent may not read so many records in a row, number after number, where its user asked for one of them. */
const EARLY_LIFE_RUN = 30;
/** The user speaks of many things: then going through them is what they asked for. */
const ASKS_FOR_MANY =
  / (?:all|every|each|any|both|list|lists|batch|bulk|range|first|last|next|top|between|whole|entire|everything|everyone|many|several|report|overview|export|sync|import|migrate|index|crawl|scan|alle|jede[rns]?|sämtliche|liste|tous|toutes|chaque|todos|todas|cada|tutti|\d+ (?:to|through|until|bis) \d+|job|batch|nightly|daily|weekly|monthly|hourly|scheduled|schedule|cron|backfill|reconcile|refresh|recalculate|nächtlich\p{L}*|täglich\p{L}*) /u;
/** Words that name nothing: "please take care of this", "go ahead", "start". What is wanted stands elsewhere then. */
const FILLERS =
  /^(?:please|pls|take|care|of|this|that|it|them|these|those|the|a|an|do|did|does|go|ahead|on|start|begin|run|proceed|continue|execute|carry|out|handle|process|perform|your|my|our|you|i|we|work|task|tasks|thing|things|now|today|tonight|again|thanks|thank|hi|hello|hey|ok|okay|yes|to|for|me|us|and|with|get|going|can|could|would|will|bitte|mach|los|weiter|das|es|danke|hallo)$/u;
const TESTS = 10;
const DAY_PRIOR = 0.01;

const newState = (): EnumerationState => ({ h: newLogHistogram(), r: [] });
const newSweep = (): ToolSweep => ({ a: [], r: 0, t: 0 });

/** The one number in the arguments, also at the end of a text (`cust-0042`); `undefined` where there is none or several. */
export function walkedNumber(args: unknown): number | undefined {
  if (args === null || typeof args !== 'object') return undefined;
  const numbers: number[] = [];
  for (const value of Object.values(args as Record<string, unknown>)) {
    if (typeof value === 'number') numbers.push(value);
    else if (typeof value === 'string' && value.length <= 64) {
      const digits = /(\d{1,12})\D{0,4}$/.exec(value)?.[1];
      if (digits !== undefined) numbers.push(Number(digits));
    }
  }
  return numbers.length === 1 ? numbers[0] : undefined;
}

function advanced(sweep: Readonly<ToolSweep>, event: EventOf<'tool.call'>): { distinct: number; run: number } {
  const hash = itemHash(JSON.stringify(event.arguments ?? null).slice(0, 400));
  const isNew = sweep.a.length < MAX_DISTINCT && !sweep.a.includes(hash);
  const value = walkedNumber(event.arguments);
  const up = value !== undefined && sweep.v !== undefined && value > sweep.v && value - sweep.v <= MAX_STEP;
  return { distinct: sweep.a.length + (isNew ? 1 : 0), run: up ? sweep.r + 1 : 0 };
}

/** What an agent is that its developer made to go through things, whatever the words are that start it. */
const JOB =
  / (?:batch|nightly|cron|housekeeping|sync|syncs|synchroni[sz]\p{L}*|backfill\p{L}*|crawl\p{L}*|etl|migrat\p{L}*|indexer|archiver) /u;

/** The user's words ask for no more than one; nothing is known where there are none, or none that name anything. */
function asksForOne(scope: Readonly<Scope>): boolean {
  const { userText, systemText } = scope.facts;
  if (systemText.some((words) => JOB.test(words))) return false;
  const names = (words: string) =>
    words
      .trim()
      .split(' ')
      .some((word) => !FILLERS.test(word));
  return userText.some(names) && !userText.some((words) => ASKS_FOR_MANY.test(words));
}

export const enumeration: Detector = {
  name: 'enumeration',
  version: '1',
  finds: ['enumeration.sweep'],
  kinds: ['tool.call'],
  needs: ['tool-calls'],
  baseline: true,
  judge(event, scope) {
    if (event.kind !== 'tool.call' || event.arguments === undefined) return [];
    const sweep = slice<Record<string, ToolSweep>>(scope.session, 'enumeration')?.[itemHash(event.tool)] ?? newSweep();
    const { distinct, run } = advanced(sweep, event);
    if (distinct < MIN_DISTINCT || distinct < 2 * sweep.t) return [];
    const state = slice<EnumerationState>(scope.agent, 'enumeration');
    const surprise = surpriseOf(state?.h, distinct);
    // A walk through numbers needs no history; without one it is a witness that a batch job has too.
    const ofRun = run >= MIN_RUN ? 2 ** -run : 1;
    const ordinary = state !== undefined && state.h[0] > 0 && distinct <= state.h[1];
    if (ordinary || (surprise === undefined && ofRun === 1)) return [];
    const p = Math.min(surprise?.p ?? 1, ofRun);
    const early = scope.learning && surprise === undefined && run >= EARLY_LIFE_RUN && asksForOne(scope);
    const confidence = early
      ? 0.6
      : confidenceOf(p, TESTS, DAY_PRIOR, surprise === undefined ? MOST_WITHOUT_HISTORY : 0.8);
    if (confidence < Math.min(0.5, MOST_WITHOUT_HISTORY)) return [];
    return [
      {
        type: 'enumeration.sweep',
        title: `Walks through ${event.tool} with ever other arguments`,
        about: ['session', 'agent', 'tool', 'user'],
        confidence,
        severity: 'medium',
        evidence: {
          observed: distinct,
          expected: surprise === undefined ? `at most ${state?.h[1] ?? 0} so far` : Math.round(surprise.expected),
          unit: 'different arguments of one tool in a conversation',
          sampleSize: state?.h[0] ?? 0,
          baselineAgeMs: Math.max(0, event.timeMs - scope.learned.sinceMs),
          eventIds: [event.id],
          facts: {
            tool: event.tool,
            inARow: run,
            minusLog10P: decades(p),
            ...(early ? { earlyLifeLimit: EARLY_LIFE_RUN } : {}),
          },
        },
        ...(early ? { firm: true } : {}),
        atlas: ['AML.T0085'],
        owasp: ['ASI02', 'ASI03'],
        pillar: 'data',
      },
    ];
  },
  observe(event, scope, stated) {
    if (event.kind !== 'tool.call' || event.arguments === undefined) return;
    const sweeps = ensured<Record<string, ToolSweep>>(scope.session, 'enumeration', () => ({}));
    const key = itemHash(event.tool);
    let sweep = sweeps[key];
    if (sweep === undefined) {
      const keys = Object.keys(sweeps);
      if (keys.length >= MAX_TOOLS) delete sweeps[keys[0] as string];
      sweeps[key] = sweep = newSweep();
    }
    const { run } = advanced(sweep, event);
    const hash = itemHash(JSON.stringify(event.arguments).slice(0, 400));
    if (sweep.a.length < MAX_DISTINCT && !sweep.a.includes(hash)) sweep.a.push(hash);
    sweep.r = run;
    const value = walkedNumber(event.arguments);
    if (value === undefined) delete sweep.v;
    else sweep.v = value;
    if (stated.length > 0) sweep.t = sweep.a.length;

    const state = ensured(scope.agent, 'enumeration', newState);
    const entry =
      findRunning(state.r, event.session.id) ??
      runningSession<[number]>(
        state.r,
        event.session.id,
        () => [0],
        ([most]) => addTo(state.h, most),
      );
    entry.v[0] = Math.max(entry.v[0], sweep.a.length);
    if (stated.length === 0 || isPoisoned(scope.facts)) return;
    if (entry.f === undefined) state.t = (state.t ?? 0) + 1;
    if ((state.t ?? 0) < ADOPTED_AFTER) entry.f = 1;
    // Known at once: the next walk may begin before this conversation is closed.
    else addTo(state.h, sweep.a.length);
  },
};

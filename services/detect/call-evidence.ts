/**
 * What speaks for and against a call's being an untrusted text's doing: one call, one suspicious span, the user's words.
 * No single witness decides. A text alone is weak (mail asks for things all day), a value that comes from data alone is
 * weak (that is what data is for); that a call takes from *the request in the data* what it does and where, and the user
 * asked for neither, is strong. Cf. FIDES 2505.23643, CaMeL 2503.18813, AgentArmor 2508.01249.
 */
import type { EffectClass } from '../../schemas/common.js';
import type { Dangers } from '../inspect/dangers.js';
import { isForeign } from '../inspect/foreign-verbs.js';
import { isSideEffecting, onlyKeeps } from '../inspect/tool-effects.js';
import { wordsOf } from '../inspect/tool-name.js';
import { isHandedTo } from './handed-over.js';
import type { RequestUse } from './request-habit.js';
import { speaksToMachine } from './spoken-to.js';
import { sharedWords } from './telling-words.js';
import { normalWords, provenanceOf, type Provenance, type TracedArguments } from './provenance.js';
import type { Taint } from './types.js';
import { placeKindOf, type UserContext } from './user-words.js';

export interface CallEvidence {
  spanProbability: number;
  /** What was said of the span without the deep text model. */
  spanFastProbability: number;
  /** The span names this very tool. */
  toolNamed: boolean;
  /** The span asks for one of the call's effects; `false`: it asks for others only. `undefined`: for none that is known. */
  effectAsked: boolean | undefined;
  provenance: Provenance;
  /** Share of the tool's own words (`unlock_front_door`) that the span holds and the user's words do not. */
  toolFromSpan: number;
  /** Share of them that the user's words hold. */
  toolFromUser: number;
  /** The user asked for this effect, in an order. */
  userAsked: boolean;
  /** The user spoke of this effect in any form. */
  userSpoke: boolean;
  /** The user handed the decision to the data. */
  delegated: boolean;
  /** And named the kind of source that it came from. */
  handedHere: boolean;
  /** The user told what they want, and not how to come by it, and the call neither pays nor gives rights nor goes to a place of the span's. */
  lent: boolean;
  /** The user named the place that the data came from. */
  pointed: boolean;
  /** A phrase that speaks to the machine stands around the request, or the request speaks of "the user" to somebody else. */
  addressed: boolean;
  /** The span names destinations, and nothing of the call comes from it. */
  aimedElsewhere: boolean;
  /** The call only reads. */
  reading: boolean;
  /** The user asked for an effect of this broad class (something written, something run), if not for this call by name. */
  userAskedBroadly: boolean;
  /** The call operates a page, and pages say how they are operated. */
  operates: boolean;
  /** The call goes to the very file or page that the span stands in. */
  samePlace: boolean;
  /** The user asked for a reply, and it goes to who wrote the record that the span stands in. */
  replying: boolean;
  /** An agent with a settled habit never called this tool. */
  unusual: boolean;
  /** How usual it is that data drive this agent's calls of the tool, 0 to 1 (sink-habit.ts). */
  habit: number;
  /** What conversations with requests like the user's tell: shares of them that had such a call, and none (request-habit.ts). */
  request: RequestUse;
  /** And of those that ran the programs it runs; 0 where it runs none. */
  programsUsed: number;
  /** What is dangerous in it whoever wants it. */
  dangers: Dangers;
  /** The user asked for this effect and left it to the data how; and named this source for it, or none. */
  guided: boolean;
  /** It goes to a place that the user named, and to none that the span alone names. */
  ownPlace: boolean;
  /** The user named a place of the kind that the call goes to, and the call goes to another one, which the span names. */
  elsewhere: boolean;
  /** The user wants an invoice paid, and the call pays the one account that it names. */
  settled: boolean;
  /** No reader took the span for a request: it is a sentence of untrusted data, and no more. */
  heard: boolean;
  /** How many of the words that tell the call from others, and are not the user's, the span holds. */
  shared: number;
  /** The span is in another language than the user's words: what it asks for may share no word with the call. */
  foreign: boolean;
  /** A clause of the span begins with a word of the tool's own name: "Unblind subject 014", of `ixrs_unblind`. */
  opensWithTool: boolean;
  /** It pays, deletes, shares or signs in. */
  grave: boolean;
  /** It only keeps what it is given, and the user asked for something to be kept: what is written is taken from data by nature. */
  keptAsAsked: boolean;
  /** It builds, tests or looks at what is there: every day's work of whoever may run commands at all. */
  routine: boolean;
}

/** Normalised spans of the taints in memory; a memo, since the same taints are met by every call of a conversation. */
const spanWords = new WeakMap<Taint, string>();

function wordsOfSpan(taint: Taint): string {
  let words = spanWords.get(taint);
  if (words === undefined) {
    words = normalWords(`${taint.spanText ?? ''} ${taint.near ?? ''}`);
    spanWords.set(taint, words);
  }
  return words;
}

/** The user wants an answer to be given. */
const REPLY =
  / (?:repl(?:y|ies|ying)|respond|answer|write back|get back to|antworte?n?|beantworten?|répon\p{L}*|respond\p{L}*|contest\p{L}*|rispond\p{L}*) /u;

/** Below this nothing but its form says that a text asks for something. */
const DOUBTED = 0.25;

/** What nobody leaves to an agent to think of by itself. */
const RISKY: ReadonlySet<EffectClass> = new Set(['send', 'pay', 'share', 'authenticate']);
const GRAVE: ReadonlySet<EffectClass> = new Set(['pay', 'delete', 'share', 'authenticate']);

/** What may stand before the first word of a clause. */
const CLAUSE = /(?:^|[.!?:;,>"'“([{*/-]\s*|\b(?:and|then|please|now|also|must|should|to)\s+)(\p{L}{3,})/giu;

function opensWith(text: string, toolWords: readonly string[]): boolean {
  for (const [, first = ''] of text.matchAll(CLAUSE)) if (toolWords.includes(first.toLowerCase())) return true;
  return false;
}

/** Effects that half of all work has: two requests to write something agree only where the tool's own words do, too. */
const COARSE: ReadonlySet<EffectClass> = new Set(['read', 'write', 'execute', 'unknown']);

/** From this share of its words on, a tool of which nothing else is known was asked for. */
const NAMED_BY_USER = 1;

/** Words of tool names that say nothing of what the tool does to what. */
const EMPTY_WORDS = new Set(
  'the and for with from api tool call use using manager service handler client action function get set run do new by id v1 v2 bash shell terminal cmd delegate handoff agent assistant browser page click tap press type fill form invoke request operation perform http computer'.split(
    ' ',
  ),
);

/** The words of a tool's name that say what it does to what. */
export const tellingToolWords = (words: readonly string[]): string[] =>
  words.filter((word) => word.length > 2 && !EMPTY_WORDS.has(word));

/**
 * Shares of the words a tool's name is made of: those a span holds, those it holds and the user does not, those the user
 * holds. Words compare by their beginning, so that `unlock` is found in "unlocked". 0 where a name says nothing.
 *
 * @param span {@link normalWords} of the span
 * @param said {@link normalWords} of the user's own texts
 */
export function toolWordsShare(
  tool: string,
  span: string,
  said: string,
): { toolName: string; inSpan: number; fromSpan: number; fromUser: number } {
  const words = wordsOf(tool);
  const stems = tellingToolWords(words).map((word) => ` ${word.slice(0, Math.max(4, word.length - 2))}`);
  const share = (holds: (stem: string) => boolean): number =>
    stems.length === 0 ? 0 : stems.filter(holds).length / stems.length;
  return {
    toolName: words.join(' '),
    inSpan: share((stem) => span.includes(stem)),
    fromSpan: share((stem) => span.includes(stem) && !said.includes(stem)),
    fromUser: share((stem) => said.includes(stem)),
  };
}

/**
 * Whether what was asked for covers a call: one of its effects, and for the coarse ones the tool's own words, too.
 *
 * @param named the words of the tool's name were used as well
 */
export function agreesWith(
  effects: readonly EffectClass[],
  asked: (effect: EffectClass) => boolean,
  named: boolean,
): boolean {
  return effects.some((effect) => (COARSE.has(effect) ? named : true) && asked(effect));
}

/** A call, with what does not depend on the span that it may obey. */
export interface JudgedCall {
  tool: string;
  effects: readonly EffectClass[];
  traced: TracedArguments;
  /** It operates a page. */
  operates: boolean;
  /** An agent with a settled habit never called this tool. */
  unusual: boolean;
  /** {@link tellingToolWords} of the tool's name and its operation's. */
  toolWords: readonly string[];
  /** Of a general tool: which operation it is told to do. */
  operation?: string | undefined;
  /** How usual it is that data drive this agent's calls of the tool, 0 to 1. */
  habit: number;
  request: RequestUse;
  programsUsed: number;
  dangers: Dangers;
  /** It writes or runs something, and the agent did so before anything suspicious came. */
  goesOn: boolean;
  /** What tells it from others and is not the user's: {@link tellingWords}. */
  telling: readonly string[];
}

/** Of the accounts that a call goes to this one is the only one. */
function goesTo({ values }: TracedArguments, account: string): boolean {
  const accounts = values.flatMap(({ destinations }) => destinations.filter((each) => placeKindOf(each) === 'account'));
  return accounts.length > 0 && accounts.every((each) => each === account);
}

export function callEvidence(call: JudgedCall, taint: Taint, user: UserContext): CallEvidence {
  const { tool, effects, traced, operates, unusual, habit, goesOn, toolWords, operation, telling } = call;
  const asks = taint.asksFor ?? { tools: [], effects: [], destinations: [] };
  const span = wordsOfSpan(taint);
  const whole = operation === undefined ? tool : `${tool} ${operation}`;
  const { toolName, inSpan, fromSpan: toolFromSpan, fromUser: toolFromUser } = toolWordsShare(whole, span, user.said);
  const named = [toolName, wordsOf(tool).join(' '), wordsOf(operation ?? '').join(' ')];
  const provenance = provenanceOf(traced, span, asks.destinations, taint.own);
  const { spanDestinations } = provenance;
  const agrees = (asked: (effect: EffectClass) => boolean, named: boolean): boolean =>
    agreesWith(effects, asked, named);
  // Which source it was handed to counts for what reads as a request: whoever works by a list looks things up elsewhere, too.
  const delegated = isHandedTo(taint.probability < DOUBTED ? undefined : taint.kinds, user.handed);
  const settled =
    user.settles && taint.account !== undefined && effects.includes('pay') && goesTo(traced, taint.account);
  const userAsked =
    settled ||
    (user.settles && effects.includes('pay') && spanDestinations.length === 0) ||
    agrees((effect) => user.effects.includes(effect), toolFromUser > 0) ||
    // Nothing is known of what it does, and the user called it by its name: "ask the coder to …".
    (effects.includes('unknown') && toolFromUser >= NAMED_BY_USER);
  const userSpoke = agrees((effect) => user.spoken.has(effect), toolFromUser > 0);
  // A tool of which only some is known may do more than was asked for.
  const askedBroadly =
    (goesOn && user.effects.some((effect) => effect !== 'read')) ||
    (!effects.includes('unknown') &&
      effects.some((effect) => COARSE.has(effect) && effect !== 'read' && user.effects.includes(effect)));
  const reading = !isSideEffecting(effects);
  const matched = agrees((effect) => asks.effects.includes(effect), inSpan > 0);
  return {
    spanProbability: taint.probability,
    spanFastProbability: taint.fastProbability ?? taint.probability,
    toolNamed: asks.tools.some((name) => named.includes(wordsOf(name).join(' '))),
    effectAsked: matched
      ? true
      : asks.effects.length === 0 ||
          effects.includes('unknown') ||
          effects.some((effect) => asks.effects.includes(effect))
        ? undefined
        : false,
    provenance,
    toolFromSpan,
    toolFromUser,
    userAsked,
    userSpoke,
    delegated,
    handedHere: delegated && user.handed.kinds !== 0 && ((taint.kinds ?? 0) & user.handed.kinds) !== 0,
    lent:
      user.handed.open &&
      !spanDestinations.some((destination) => placeKindOf(destination) !== undefined) &&
      !effects.some((effect) => RISKY.has(effect)),
    pointed: taint.pointed === true,
    addressed: taint.wrapped === true || speaksToMachine(span),
    aimedElsewhere: asks.destinations.length > 0 && spanDestinations.length === 0 && provenance.fromSpan < 0.2,
    reading,
    guided:
      (user.guided && (userAsked || userSpoke || askedBroadly) && (taint.pointed === true || user.places.size === 0)) ||
      // Whom it goes to, they left to data.
      (user.handed.place && (userAsked || userSpoke) && spanDestinations.length > 0),
    elsewhere: spanDestinations.some((destination) => {
      const kind = placeKindOf(destination);
      return kind !== undefined && user.places.has(kind);
    }),
    userAskedBroadly: askedBroadly,
    ownPlace: traced.ownPlace && spanDestinations.length === 0,
    samePlace:
      taint.places !== undefined && traced.values.some(({ value }) => taint.places?.includes(value.trim()) === true),
    replying:
      taint.authors !== undefined &&
      spanDestinations.length > 0 &&
      spanDestinations.every((destination) => taint.authors?.includes(destination) === true) &&
      REPLY.test(user.said),
    unusual,
    habit,
    request: call.request,
    programsUsed: call.programsUsed,
    dangers: call.dangers,
    operates,
    settled,
    heard: taint.probability === 0,
    shared: sharedWords(telling, span, taint.own),
    foreign: !user.foreign && isForeign(taint.spanText ?? ''),
    opensWithTool: toolFromSpan > 0 && opensWith(taint.spanText ?? '', toolWords),
    grave: effects.some((effect) => GRAVE.has(effect)),
    keptAsAsked: askedBroadly && onlyKeeps(effects),
    routine: traced.routine,
  };
}

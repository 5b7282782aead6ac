/**
 * Taint → sink: suspicious content entered the conversation, and now comes a call that does what it asks for. The evidence
 * stands in call-evidence.ts, its weights in call-odds.ts: that the call does what the span asks for, that its values come
 * from the span and not from the user's words, that its destination stands in the span alone; and against it, that the
 * user asked for such a call and that its values are the user's own. No single weak witness decides.
 */
import type { EffectClass, Severity } from '../../../schemas/common.js';
import type { EventOf } from '../../../schemas/event.js';
import { asksFor } from '../../inspect/asks-for.js';
import { dangersOf } from '../../inspect/dangers.js';
import { destinationsIn, destinationsOfArguments } from '../../inspect/destinations.js';
import { operationOf } from '../../inspect/operations.js';
import { programsOf } from '../../inspect/programs.js';
import { isSideEffecting, onlyKeeps, operatesPage } from '../../inspect/tool-effects.js';
import { wordsOf } from '../../inspect/tool-name.js';
import { callEvidence, tellingToolWords, type CallEvidence, type JudgedCall } from '../call-evidence.js';
import { callLogOdds, habitLogOdds, LEAST_SHARED } from '../call-odds.js';
import { taintOf } from '../heard-sentences.js';
import { traceArguments } from '../provenance.js';
import {
  newRequestHabit,
  newRequestMet,
  noteRequestCalls,
  requestUses,
  requestWordsOf,
  type RequestMet,
} from '../request-habit.js';
import { probabilityOf } from '../statistics.js';
import { evidenceOf } from '../taints.js';
import { tellingWords } from '../telling-words.js';
import type { Detector, HeardSentence, Scope, Statement, Taint } from '../types.js';
import { userContext } from '../user-words.js';
import { isLetThrough } from '../held-call.js';
import {
  drivenShare,
  FIRST_CONVERSATIONS,
  newSinkHabit,
  noteConversation,
  noteSink,
  SINK_HABIT,
  shrinkSinkHabit,
  type SinkHabit,
  type SinkMet,
} from '../sink-habit.js';
import { STATED_PROBABILITY } from './injection.js';
import { ensured, slice } from './slice.js';
import { isUnusualTool } from './novelty.js';

/** What such a call would be called in ATLAS and OWASP, by what it does. */
function vocabulary(effects: readonly EffectClass[]): { atlas: string[]; owasp: string[]; severity: Severity } {
  if (effects.includes('delete'))
    return { atlas: ['AML.T0101', 'AML.T0053'], owasp: ['ASI02', 'ASI01'], severity: 'high' };
  if (effects.includes('execute')) return { atlas: ['AML.T0053'], owasp: ['ASI05', 'ASI01'], severity: 'high' };
  if (effects.includes('send') || effects.includes('share'))
    return { atlas: ['AML.T0086', 'AML.T0053'], owasp: ['ASI02', 'ASI01'], severity: 'high' };
  if (effects.includes('pay') || effects.includes('authenticate'))
    return { atlas: ['AML.T0053'], owasp: ['ASI02', 'ASI03', 'ASI01'], severity: 'high' };
  return { atlas: ['AML.T0053'], owasp: ['ASI02', 'ASI01'], severity: 'medium' };
}

const effectsOf = (event: EventOf<'tool.call'>, scope: Readonly<Scope>) =>
  scope.tools.effectsOf(event.tool, { description: event.description, arguments: event.arguments });

const NAME = SINK_HABIT;
/** What a conversation has of its request. */
const REQUEST = 'taint-sink-request';
/** A general tool is as many as it has operations. */
const nameOf = (tool: string, operation: string | undefined): string =>
  operation === undefined ? tool : `${tool} ${operation}`;

const programsRun = (event: EventOf<'tool.call'>, effects: readonly EffectClass[]): readonly string[] =>
  effects.includes('execute') ? programsOf(event.arguments) : [];

/** The evidence of a call against each suspicious text of its conversation that it may obey. */
export function sinkEvidence(
  event: EventOf<'tool.call'>,
  scope: Readonly<Scope>,
): { taint: Taint; features: CallEvidence }[] {
  // A task is to be done, unless it tries to steer its reader as no task does.
  const suspicious = scope.facts.taints.filter(
    ({ probability, task }) => probability > 0 && (task !== true || probability >= STATED_PROBABILITY),
  );
  const { heard = [], userText, did = [] } = scope.facts;
  if (suspicious.length === 0 && heard.length === 0) return [];
  const effects = effectsOf(event, scope);
  const user = userContext(scope.facts);
  const operates = operatesPage(event.tool, event.arguments);
  const operation = operationOf(event.arguments)?.name;
  const toolWords = tellingToolWords(wordsOf(`${event.tool} ${operation ?? ''}`));
  const habits = slice<SinkHabit>(scope.agent, NAME);
  const useOf = requestUses(habits?.r, requestWordsOf(userText));
  const call: JudgedCall = {
    tool: event.tool,
    effects,
    traced: traceArguments(event.arguments ?? {}, user.words, { keeps: onlyKeeps(effects), operates }),
    operates,
    unusual: isUnusualTool(scope, event.tool),
    toolWords,
    operation,
    goesOn: effects.every((effect) => (effect === 'write' || effect === 'execute') && did.includes(effect)),
    habit: drivenShare(habits, nameOf(event.tool, operation)),
    request: useOf([nameOf(event.tool, operation)]),
    programsUsed: useOf(programsRun(event, effects)).used,
    dangers: dangersOf(event.arguments),
    telling: tellingWords(
      toolWords,
      event.arguments,
      user.words,
      // A button that does something is named for it; one that only leads on is the page's to name.
      operates && !isSideEffecting(effects),
    ),
  };
  const reading = !isSideEffecting(effects);
  // Where the user's words are not sent nothing is known not to have been asked for.
  if (!reading && userText.length > 0)
    suspicious.push(...heardTaints(heard).filter(({ describes }) => describes !== event.tool));
  return suspicious.flatMap((taint) => {
    const features = callEvidence(call, taint, user);
    if (features.heard && !hasOf(features)) return [];
    // A call that only reads is a sink where an order in the data sends it somewhere: to a place that the span alone names.
    const sunk =
      !reading ||
      (taint.probability >= STATED_PROBABILITY &&
        (features.provenance.spanDestinations.some(isRemote) || features.toolNamed));
    return sunk ? [{ taint, features }] : [];
  });
}

/** Whether a call has anything of the span. */
const hasOf = ({ provenance, shared, toolFromSpan }: CallEvidence): boolean =>
  provenance.fromSpan > 0 || provenance.spanDestinations.length > 0 || shared >= LEAST_SHARED || toolFromSpan > 0;

/** A memo: each sentence is met by every call of its conversation. */
const asTaints = new WeakMap<Readonly<HeardSentence>, Taint>();

function heardTaints(heard: readonly Readonly<HeardSentence>[]): Taint[] {
  return heard.map((sentence) => {
    let taint = asTaints.get(sentence);
    if (taint === undefined) {
      taint = taintOf(sentence, asksFor(sentence.text));
      asTaints.set(sentence, taint);
    }
    return taint;
  });
}

/** Log-odds, without habit, from which on data drive a call. */
const DRIVEN = -1;
/** Whether data drive a call, as judging it found; a memo for what observes the same event. */
const drivenCalls = new WeakMap<EventOf<'tool.call'>, boolean>();

export const taintSink: Detector = {
  name: NAME,
  version: '6',
  finds: ['taint.sink'],
  kinds: ['tool.call'],
  needs: ['content', 'tool-calls'],
  baseline: false,
  judge(event, scope) {
    if (event.kind !== 'tool.call') return [];
    let best: { taint: Taint; features: CallEvidence; probability: number } | undefined;
    let driven = false;
    for (const { taint, features } of sinkEvidence(event, scope)) {
      const logOdds = callLogOdds(features);
      const probability = probabilityOf(logOdds);
      driven ||= logOdds - habitLogOdds(features) > DRIVEN;
      if (best === undefined || probability > best.probability) best = { taint, features, probability };
    }
    drivenCalls.set(event, driven);
    if (best === undefined || best.probability < 0.5) return [];
    const { taint, features, probability } = best;
    const effects = effectsOf(event, scope);
    const reading = !isSideEffecting(effects);
    const { atlas, owasp, severity } = vocabulary(effects);
    const destinations = destinationsOfArguments(event.arguments);
    const aimed = features.provenance.spanDestinations.length > 0 ? features.provenance.spanDestinations : destinations;
    const statement: Statement = {
      type: 'taint.sink',
      title: `${event.tool} does what a text from ${taint.origin} asks for`,
      about: ['session', 'agent', 'tool', 'user'],
      confidence: probability,
      severity: reading ? 'medium' : severity,
      evidence: {
        observed: features.provenance.spanValues[0]?.slice(0, 200) ?? event.tool,
        expected: "values from the user's own words",
        eventIds: [taint.eventId, event.id],
        ...evidenceOf(taint),
        facts: {
          effects: effects.join(', '),
          spanProbability: taint.probability,
          fromSpan: round(features.provenance.fromSpan),
          fromUser: round(features.provenance.fromUser),
          toolNamed: features.toolNamed,
          effectAsked: features.effectAsked === true,
          userAsked: features.userAsked,
          ...(features.delegated ? { delegated: true } : {}),
          ...(features.habit === 0 ? {} : { usuallyDriven: round(features.habit) }),
          ...(features.request.unused === 0 ? {} : { notForSuchRequests: round(features.request.unused) }),
          ...(features.unusual ? { neverUsedBefore: true } : {}),
          ...(features.replying ? { repliesToTheAuthor: true } : {}),
          ...(features.heard ? { saidInPassing: true } : {}),
          ...(features.shared === 0 ? {} : { wordsShared: features.shared }),
          ...(features.pointed ? { pointedAt: true } : {}),
          ...(features.addressed ? { speaksToTheMachine: true } : {}),
          ...(features.provenance.spanDestinations.length === 0
            ? {}
            : { destinations: features.provenance.spanDestinations.join(', ') }),
        },
      },
      origin: taint.origin,
      predicted:
        aimed.length === 0
          ? [{ tool: event.tool, probability: round(probability) }]
          : aimed
              .slice(0, 6)
              .map((destination) => ({ tool: event.tool, destination, probability: round(probability) })),
      atlas,
      owasp,
      pillar: 'applications',
    };
    return [statement];
  },
  observe(event, scope, stated) {
    if (event.kind !== 'tool.call' || event.clamped !== undefined || scope.facts.userText.length === 0) return;
    // Where something speaks to the machine nothing is usual.
    if (scope.facts.taints.some(({ wrapped }) => wrapped === true)) return;
    const habit = ensured(scope.agent, NAME, newSinkHabit);
    const met = ensured<SinkMet>(scope.session, NAME, () => {
      noteConversation(habit);
      return {};
    });
    const held = scope.contracted || !isLetThrough(event);
    const name = nameOf(event.tool, operationOf(event.arguments)?.name);
    const { userText } = scope.facts;
    noteRequestCalls(
      (habit.r ??= newRequestHabit()),
      ensured<RequestMet>(scope.session, REQUEST, newRequestMet),
      { words: requestWordsOf(userText), texts: userText.length },
      [name, ...programsRun(event, effectsOf(event, scope))],
      habit.n <= FIRST_CONVERSATIONS || (!held && stated.length === 0),
    );
    if (held && habit.n > FIRST_CONVERSATIONS) return;
    noteSink(habit, met, name, drivenCalls.get(event) === true);
  },
  shrink(states) {
    const habit = slice<SinkHabit>(states, NAME);
    if (habit !== undefined) shrinkSinkHabit(habit);
  },
};

/** A place that reading from can be heard at. */
function isRemote(destination: string): boolean {
  return destinationsIn(destination).some(({ kind }) => kind === 'url' || kind === 'domain');
}

function round(value: number): number {
  return Math.round(value * 1e3) / 1e3;
}

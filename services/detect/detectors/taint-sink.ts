/**
 * Taint → sink: suspicious content entered the conversation, and now comes a call that does what it asks for
 * (cf. FIDES 2505.23643, CaMeL 2503.18813, AgentArmor 2508.01249).
 *
 * Evidence is added as log-odds to those of the span: that the call does what the span asks for, that its values come from
 * the span and not from the user's words, that its destination stands in the span alone; and against it, that the user asked
 * for such a call and that its values are the user's own. The signs and
 * the order of the weights come from logistic regression on recorded runs; their size was then set so that no single weak
 * witness decides (two suites of runs are too few to fit nine numbers).
 */
import type { EffectClass, Severity } from '../../../schemas/common.js';
import { asksFor } from '../../inspect/asks-for.js';
import { destinationsIn, destinationsOfArguments } from '../../inspect/destinations.js';
import { isSideEffecting, wordsOf } from '../../inspect/tool-effects.js';
import { normalWords, provenanceOf, traceArguments, type Provenance, type TracedArguments } from '../provenance.js';
import type { Detector, SessionFacts, Statement, Taint } from '../types.js';
import { STATED_PROBABILITY } from './injection.js';
import type { EventOf } from '../../../schemas/event.js';

export const WEIGHTS = {
  bias: -1.9,
  /** The span names this very tool. */
  toolNamed: 1.6,
  /** The span asks for one of the call's effects. */
  effectAsked: 1.2,
  /** The span asks for none of the call's effects. */
  effectOther: -1.4,
  /** Share of the call's values that come from the span and not from the user. */
  fromSpan: 2.6,
  /** A destination that stands in the span and nowhere in the user's words. */
  destination: 2.2,
  /** The span names destinations and the call has none of its values. */
  destinationOther: -1.5,
  /** Share of the call's values that the user's own words hold. */
  fromUser: -1.8,
  /** The user asked for this effect. */
  userAsked: -1.2,
  /** The user handed the decision to the data: outweighs a weak span that is obeyed to the letter, not a strong one. */
  delegated: -3.4,
} as const;

/** However sure the span is, what it does not ask for is not its doing: beyond this only the call's own evidence counts. */
const MOST_OF_SPAN = 0.9;

const logit = (p: number): number => Math.log(p / (1 - p));

export interface SinkFeatures {
  spanProbability: number;
  toolNamed: boolean;
  effectAsked: boolean;
  provenance: Provenance;
  userAsked: boolean;
  delegated: boolean;
  /** The span names destinations, and nothing of the call comes from it. */
  aimedElsewhere: boolean;
}

/**
 * The user handed the decision to the data: "do what the mail says", "complete the tasks on my list". Then a request in
 * data is what they asked for, and only a call that leaves it is suspicious.
 */
const DELEGATION =
  / (?:do|follow|complete|perform|execute|carry out|take care of|handle|work through|act on|address|implement) (?:\S{1,20} ){0,6}(?:instructions?|actions?|tasks?|steps?|to ?dos?|items?|requests?|list|asks?|says?|assignments?|anweisungen|aufgaben|tareas|tâches) /u;

/** What the user's words say, worked out once for all taints of a conversation. */
export interface UserContext {
  /** Of the user and the system: values found here are nobody else's. */
  words: string;
  effects: readonly EffectClass[];
  delegated: boolean;
}

/** A memo: the same words are met by every call of a conversation. */
const userContexts = new WeakMap<readonly string[], UserContext>();

export function userContext(facts: Readonly<Pick<SessionFacts, 'userText' | 'systemText'>>): UserContext {
  const said = facts.userText.join('');
  const words = said + facts.systemText.join('');
  const known = userContexts.get(facts.userText);
  if (known?.words === words) return known;
  const context = { words, effects: asksFor(said).effects, delegated: DELEGATION.test(said) };
  userContexts.set(facts.userText, context);
  return context;
}

/** Normalised spans of the taints in memory; a memo, since the same taints are met by every call of a conversation. */
const spanWords = new WeakMap<Taint, string>();

function wordsOfSpan(taint: Taint): string {
  let words = spanWords.get(taint);
  if (words === undefined) {
    words = normalWords(taint.spanText ?? '');
    spanWords.set(taint, words);
  }
  return words;
}

/** The features of one call against one taint; exported so that weights can be fitted on them. */
export function sinkFeatures(
  event: EventOf<'tool.call'>,
  effects: readonly EffectClass[],
  taint: Taint,
  traced: TracedArguments,
  user: UserContext,
): SinkFeatures {
  const asks = taint.asksFor ?? { tools: [], effects: [], destinations: [] };
  const toolWords = wordsOf(event.tool).join(' ');
  const provenance = provenanceOf(traced, wordsOfSpan(taint), asks.destinations);
  return {
    spanProbability: taint.probability,
    toolNamed: asks.tools.some((name) => wordsOf(name).join(' ') === toolWords),
    effectAsked: effects.some((effect) => asks.effects.includes(effect)),
    provenance,
    aimedElsewhere:
      asks.destinations.length > 0 && provenance.spanDestinations.length === 0 && provenance.fromSpan < 0.2,
    userAsked: effects.some((effect) => effect !== 'unknown' && user.effects.includes(effect)),
    delegated: user.delegated,
  };
}

export function sinkProbability(features: SinkFeatures): number {
  const { provenance } = features;
  const sum =
    logit(Math.min(MOST_OF_SPAN, Math.max(0.02, features.spanProbability))) +
    WEIGHTS.bias +
    (features.toolNamed ? WEIGHTS.toolNamed : 0) +
    (features.effectAsked ? WEIGHTS.effectAsked : WEIGHTS.effectOther) +
    WEIGHTS.fromSpan * provenance.fromSpan +
    (provenance.spanDestinations.length > 0
      ? WEIGHTS.destination
      : features.aimedElsewhere
        ? WEIGHTS.destinationOther
        : 0) +
    WEIGHTS.fromUser * provenance.fromUser +
    (features.userAsked ? WEIGHTS.userAsked : 0) +
    (features.delegated ? WEIGHTS.delegated : 0);
  return 1 / (1 + Math.exp(-sum));
}

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

export const taintSink: Detector = {
  name: 'taint-sink',
  version: '1',
  finds: ['taint.sink'],
  kinds: ['tool.call'],
  needs: ['content', 'tool-calls'],
  baseline: false,
  judge(event, scope) {
    if (event.kind !== 'tool.call') return [];
    const suspicious = scope.facts.taints.filter((taint) => taint.probability > 0);
    if (suspicious.length === 0) return [];
    const effects = scope.tools.effectsOf(event.tool, { description: event.description, arguments: event.arguments });
    const reading = !isSideEffecting(effects);
    const user = userContext(scope.facts);
    const traced = traceArguments(event.arguments ?? {}, user.words);
    let best: { taint: Taint; features: SinkFeatures; probability: number } | undefined;
    for (const taint of suspicious) {
      const features = sinkFeatures(event, effects, taint, traced, user);
      // A call that only reads is a sink where an order in the data sends it somewhere: to a place that the span alone names.
      if (
        reading &&
        (taint.probability < STATED_PROBABILITY ||
          (!features.provenance.spanDestinations.some(isRemote) && !features.toolNamed))
      )
        continue;
      const probability = sinkProbability(features);
      if (best === undefined || probability > best.probability) best = { taint, features, probability };
    }
    if (best === undefined || best.probability < 0.5) return [];
    const { taint, features, probability } = best;
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
        ...(taint.contentHash === undefined ? {} : { contentHash: taint.contentHash }),
        ...(taint.span === undefined
          ? {}
          : { span: { ...taint.span, ...(taint.spanText === undefined ? {} : { text: taint.spanText }) } }),
        facts: {
          effects: effects.join(', '),
          spanProbability: taint.probability,
          fromSpan: round(features.provenance.fromSpan),
          fromUser: round(features.provenance.fromUser),
          toolNamed: features.toolNamed,
          effectAsked: features.effectAsked,
          userAsked: features.userAsked,
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
};

/** A place outside, as against a file's name. */
function isRemote(destination: string): boolean {
  return destinationsIn(destination).some(({ kind }) => kind !== 'path' && kind !== 'handle');
}

function round(value: number): number {
  return Math.round(value * 1e3) / 1e3;
}

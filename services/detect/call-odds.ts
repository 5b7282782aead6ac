/**
 * From evidence to a probability that a call is an untrusted text's doing: log-odds, one weight a witness.
 *
 * Where the numbers come from: logistic regression (ridge, signs fixed beforehand) on recorded runs of three suites, as
 * recorded and with their wrapper replaced and removed, and on fifty goals of our own planted in clean runs; then rounded,
 * and those for delegation, for an effect asked by name and for a call without any link set by hand after looking at
 * errors. No weight was fitted on the fourth suite, but which witnesses there are was decided while looking at it. `ownPlace`
 * and `clean` were set by hand. `npm run weigh` fits all of them anew, from priors, and says what leaving out does
 * (docs/evaluation.md).
 */
import type { CallEvidence } from './call-evidence.js';
import { probabilityOf } from './statistics.js';

export const WEIGHTS = {
  bias: 0.1,
  /** Of the span's own log-odds: a text alone is the weaker half. */
  span: 0.45,
  toolNamed: 1.6,
  effectAsked: 0.3,
  effectOther: -1.5,
  /** Share of the call's values that the span holds and the user's words do not, and all of them. */
  fromSpan: 3.5,
  allFromSpan: 0.4,
  /** A destination that the span names and the user does not. */
  destination: 2.7,
  aimedElsewhere: -1.5,
  /** Share of the call's values that are the user's own. */
  fromUser: -3,
  /** The tool's own words: the span's, the user's. */
  toolFromSpan: 2,
  toolFromUser: -0.7,
  userAsked: -2.2,
  userSpoke: -0.8,
  /** The user asked for the effect in the tool's own words. */
  askedByName: -1.6,
  unasked: 1.2,
  /** What they asked for has its place, which they named: it is no reason for a call to another. */
  askedElsewhere: 1,
  /** They asked for the effect and left it to this source how. */
  guided: -1.6,
  /** The user wants an invoice paid, and it is. */
  settled: -6,
  /** The user handed the decision to the data: then a request in it is what they want, unless its text is suspicious in itself. */
  delegated: -7,
  delegatedSpan: 1,
  /** As much of it as stays where the text speaks to the machine. */
  delegatedAddressed: -1.5,
  /** The user handed the decision to this very source, and the request does not speak over the user's head. */
  delegatedHere: -8,
  /** The user told what they want, and left it open how. */
  lent: -2.5,
  /** The user named the source and asked for the effect. */
  pointedAndAsked: -0.6,
  /** And nothing but its form says that the text is one: an invoice that the user wants paid says whom to pay. */
  plainThere: -2,
  /** The user asked for something of this broad class. */
  askedBroadly: -1.6,
  /** The agent never called such a tool; what the user handed over is work of its usual kind. */
  unusual: 0.8,
  delegatedUnusual: 2.5,
  /** This agent's calls of the tool have what they do from data in every other conversation. */
  habit: -5,
  /** Conversations with requests like this one are known: what speaks of the call is found there as well as in words. */
  familiar: -1.5,
  /** They had no such call; and the decision was the data's. */
  notForSuch: 3.5,
  delegatedNotForSuch: 2,
  /** They had such calls: asked for in words that were not understood. */
  forSuch: -2.5,
  /** They ran these programs. */
  programsForSuch: -1.1,
  /** Attackers go after it, whatever they write it in: keys and passwords; code that is fetched and run, ways out and in. */
  secret: 1.8,
  foreignCode: 1.6,
  /** A page says how it is operated. */
  operates: -2.5,
  /** An edit quotes what it changes. */
  samePlace: -3,
  /** An answer goes to whoever asked. */
  replying: -4,
  addressed: 0.7,
  /** A call without values: nothing to trace, so its absence is no witness. */
  noValues: 1.6,
  reading: -0.3,
  /** Nothing of the call is in the span. */
  unlinked: -6,
  /** It has values, and has nothing of the span but what it does. */
  effectOnly: -1.5,
  /** It goes where the user said. */
  ownPlace: -1.5,
  /** Whoever read the text took it for clean, and nothing around it speaks to a machine: what data ask is then mostly the work. */
  clean: -1,
  /** Nobody took the sentence for a request: only what of the call stands in it alone can say so. */
  heard: -0.5,
  /** And the user asked for such a call, or left it to the data. */
  heardAsked: -1.5,
  /** Words that tell the call from others and are not the user's: up to three of them. */
  shared: 2.2,
  /** It asks in another language than the user does, and the call may share no word with it: then a link is nowhere to be seen. */
  untold: 5.5,
  /** What is done is the span's word, and only what it is done to is the user's. */
  onTheirs: 1,
  /** A clause of it begins with what the tool is called. */
  opensWithTool: 2,
  /** It asks for what cannot be taken back, and nobody else asked for anything. */
  graveUnasked: 1,
} as const;

/** What a text model says is held between these. */
const MOST_OF_SPAN = 0.98;
const LEAST_OF_SPAN = 0.03;
/** Below this a text is more likely clean than not, by itself. */
const PLAIN = 0.5;
/** Below this only the form of a request says that it may be one. */
const CLEAN = 0.25;
/** More words that a call and a text share say no more. */
const MOST_SHARED = 2;
/** Fewer are in common by chance. */
export const LEAST_SHARED = 2;

export type CallWitness = keyof typeof WEIGHTS;
export type CallWeights = Readonly<Record<CallWitness, number>>;

export const CALL_WITNESSES = Object.keys(WEIGHTS) as readonly CallWitness[];

/** Each witness's part of the evidence, before its weight: what `npm run weigh` fits, and the detector sums up. */
export function callWitnesses(evidence: CallEvidence): Record<CallWitness, number> {
  const { provenance } = evidence;
  const spanLogOdds = heldLogOdds(evidence.spanProbability);
  const destination = provenance.spanDestinations.length > 0;
  const own = evidence.pointed && !evidence.addressed;
  const told =
    provenance.fromSpan > 0 || destination || evidence.toolFromSpan > 0 || evidence.shared > 0 || evidence.toolNamed;
  const linked =
    provenance.fromSpan >= 0.2 ||
    destination ||
    evidence.effectAsked === true ||
    evidence.toolFromSpan > 0 ||
    evidence.shared >= LEAST_SHARED ||
    evidence.toolNamed;
  const unasked =
    !evidence.userAsked &&
    !evidence.userSpoke &&
    !evidence.userAskedBroadly &&
    !evidence.delegated &&
    !evidence.lent &&
    evidence.toolFromUser === 0;
  const wanted = evidence.userAsked || evidence.userSpoke || evidence.delegated || evidence.guided || evidence.lent;
  const handedOver = evidence.delegated && !evidence.addressed;
  return {
    bias: 1,
    span: spanLogOdds,
    toolNamed: on(evidence.toolNamed),
    effectAsked: on(evidence.effectAsked === true),
    // What a sentence that nobody took for a request asks for, nobody read.
    effectOther: on(evidence.effectAsked === false && !evidence.heard),
    fromSpan: provenance.fromSpan,
    allFromSpan: on(provenance.traced > 0 && provenance.fromSpan >= 0.99),
    destination: on(destination),
    aimedElsewhere: on(evidence.aimedElsewhere && evidence.shared < LEAST_SHARED),
    // What nobody asked for is no less suspicious for being done to what the user works at.
    fromUser: unasked ? provenance.fromUser / 3 : provenance.fromUser,
    toolFromSpan: evidence.toolFromSpan,
    toolFromUser: evidence.toolFromUser,
    userAsked: on(evidence.userAsked),
    userSpoke: on(evidence.userSpoke),
    askedByName: on(evidence.userAsked && evidence.toolFromUser >= 0.5),
    unasked: on(unasked),
    askedElsewhere: on(evidence.elsewhere && (evidence.userAsked || evidence.userSpoke)),
    guided: on(evidence.guided),
    settled: on(evidence.settled && !evidence.addressed),
    delegated: on(handedOver),
    // That it reads as a request, which the deep model knows better, is what whoever handed it over expects.
    delegatedSpan: handedOver ? Math.min(spanLogOdds, heldLogOdds(evidence.spanFastProbability)) : 0,
    delegatedAddressed: on(evidence.delegated && evidence.addressed),
    delegatedHere: on(handedOver && (evidence.pointed || evidence.handedHere)),
    lent: on(evidence.lent && !evidence.delegated && !evidence.addressed),
    pointedAndAsked: on(own && evidence.userAsked),
    plainThere: on(own && evidence.userAsked && evidence.spanProbability < PLAIN),
    askedBroadly: on(evidence.userAskedBroadly && !evidence.userAsked),
    unusual: on(evidence.unusual),
    delegatedUnusual: on(evidence.unusual && evidence.delegated),
    habit: habitOf(evidence),
    // Of pages that only data name no request tells anything.
    familiar: destination && evidence.reading ? 0 : evidence.request.known,
    // Asked for in so many words, it is new, and no more.
    notForSuch: evidence.userAsked ? evidence.request.unused / 2 : evidence.request.unused,
    delegatedNotForSuch: evidence.delegated ? evidence.request.unused : 0,
    forSuch: unasked ? evidence.request.used : 0,
    programsForSuch: evidence.programsUsed,
    secret: on(evidence.dangers.secret),
    foreignCode: on(evidence.dangers.foreign),
    operates: on(evidence.operates),
    samePlace: on(evidence.samePlace && !evidence.addressed),
    replying: on(evidence.replying && !evidence.addressed),
    addressed: on(evidence.addressed),
    noValues: on(provenance.traced === 0 && !evidence.operates && !evidence.routine),
    reading: on(evidence.reading),
    unlinked: on(!linked),
    effectOnly: on(linked && provenance.traced > 0 && !told && (wanted || !evidence.grave)),
    ownPlace: on(evidence.ownPlace),
    clean: on(!evidence.addressed && evidence.spanProbability < CLEAN),
    heard: on(evidence.heard),
    heardAsked: on(evidence.heard && wanted),
    shared: wanted || evidence.keptAsAsked ? 0 : Math.min(MOST_SHARED, Math.max(0, evidence.shared - 1)) / MOST_SHARED,
    untold: on(!linked && unasked && !evidence.routine && evidence.foreign && evidence.spanProbability >= CLEAN),
    opensWithTool: on(unasked && evidence.opensWithTool),
    graveUnasked: on(unasked && evidence.effectAsked === true && evidence.grave),
    onTheirs: unasked && evidence.toolFromSpan >= 0.5 ? provenance.fromUser : 0,
  };
}

export const callProbability = (evidence: CallEvidence): number => probabilityOf(callLogOdds(evidence));

/** What of a call's log-odds is its agent's habit. */
export const habitLogOdds = (evidence: CallEvidence): number => WEIGHTS.habit * habitOf(evidence);

const habitOf = ({ addressed, habit }: CallEvidence): number => (addressed ? 0 : habit);

export function callLogOdds(evidence: CallEvidence, weights: CallWeights = WEIGHTS): number {
  const witnesses = callWitnesses(evidence);
  let sum = 0;
  for (const name of CALL_WITNESSES) sum += weights[name] * witnesses[name];
  return sum;
}

/** However sure or unsure a text model is, it is one witness. */
function heldLogOdds(probability: number): number {
  const held = Math.min(MOST_OF_SPAN, Math.max(LEAST_OF_SPAN, probability));
  return Math.log(held / (1 - held));
}

function on(holds: boolean): number {
  return holds ? 1 : 0;
}

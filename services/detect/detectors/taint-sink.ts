/**
 * Taint → sink: suspicious content entered the conversation, and now comes a call that does what it asks for. The evidence
 * stands in call-evidence.ts, its weights in call-odds.ts: that the call does what the span asks for, that its values come
 * from the span and not from the user's words, that its destination stands in the span alone; and against it, that the
 * user asked for such a call and that its values are the user's own. No single weak witness decides.
 */
import type { EffectClass, Severity } from '../../../schemas/common.js';
import type { EventOf } from '../../../schemas/event.js';
import { destinationsIn, destinationsOfArguments } from '../../inspect/destinations.js';
import { isSideEffecting, onlyKeeps, operatesPage } from '../../inspect/tool-effects.js';
import { callEvidence, type CallEvidence, type JudgedCall } from '../call-evidence.js';
import { callProbability } from '../call-odds.js';
import { traceArguments } from '../provenance.js';
import { evidenceOf } from '../taints.js';
import type { Detector, Scope, Statement, Taint } from '../types.js';
import { userContext } from '../user-words.js';
import { STATED_PROBABILITY } from './injection.js';
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

/** The evidence of a call against each suspicious text of its conversation that it may obey. */
export function sinkEvidence(
  event: EventOf<'tool.call'>,
  scope: Readonly<Scope>,
): { taint: Taint; features: CallEvidence }[] {
  const suspicious = scope.facts.taints.filter((taint) => taint.probability > 0);
  if (suspicious.length === 0) return [];
  const effects = effectsOf(event, scope);
  const user = userContext(scope.facts);
  const operates = operatesPage(event.tool);
  const call: JudgedCall = {
    tool: event.tool,
    effects,
    traced: traceArguments(event.arguments ?? {}, user.words, { keeps: onlyKeeps(effects), operates }),
    operates,
    unusual: isUnusualTool(scope, event.tool),
  };
  const reading = !isSideEffecting(effects);
  return suspicious.flatMap((taint) => {
    const features = callEvidence(call, taint, user);
    // A call that only reads is a sink where an order in the data sends it somewhere: to a place that the span alone names.
    const sunk =
      !reading ||
      (taint.probability >= STATED_PROBABILITY &&
        (features.provenance.spanDestinations.some(isRemote) || features.toolNamed));
    return sunk ? [{ taint, features }] : [];
  });
}

export const taintSink: Detector = {
  name: 'taint-sink',
  version: '3',
  finds: ['taint.sink'],
  kinds: ['tool.call'],
  needs: ['content', 'tool-calls'],
  baseline: false,
  judge(event, scope) {
    if (event.kind !== 'tool.call') return [];
    let best: { taint: Taint; features: CallEvidence; probability: number } | undefined;
    for (const { taint, features } of sinkEvidence(event, scope)) {
      const probability = callProbability(features);
      if (best === undefined || probability > best.probability) best = { taint, features, probability };
    }
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
          ...(features.unusual ? { neverUsedBefore: true } : {}),
          ...(features.replying ? { repliesToTheAuthor: true } : {}),
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
};

/** A place that reading from can be heard at. */
function isRemote(destination: string): boolean {
  return destinationsIn(destination).some(({ kind }) => kind === 'url' || kind === 'domain');
}

function round(value: number): number {
  return Math.round(value * 1e3) / 1e3;
}

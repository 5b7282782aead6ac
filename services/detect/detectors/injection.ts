/**
 * An instruction where it has no business: in a tool's result, a document, memory, another agent's message
 * (`injection.indirect`), or an attack in a prompt (`injection.direct`).
 *
 * The finding names the span, what it asks for, and which calls it predicts: what the span asks for, matched with the
 * tools this agent has. When a conversation comes back after it had ended, the strongest span that is still in its
 * context is raised again for the event it comes back with: quiet is not safe.
 */
import type { PredictedCall } from '../../../schemas/finding.js';
import { EVENT_KINDS, type EventKind, type TelemetryEvent } from '../../../schemas/event.js';
import type { Inspection, Span } from '../../../schemas/inspection.js';
import { isSideEffecting, wordsOf } from '../../inspect/tool-effects.js';
import { normalWords } from '../provenance.js';
import { originOfEvent, untrustedInspections, worstSpan, worstTaint } from '../taints.js';
import type { Detector, Scope, Statement, Taint } from '../types.js';

/** A span is stated from here on: more likely an attack than not. Weaker ones only wait for a call that obeys them. */
export const STATED_PROBABILITY = 0.5;
const MAX_PREDICTED = 12;
const LEAST_PREDICTED = 0.25;

type AsksFor = NonNullable<Span['asksFor']>;

/**
 * The calls a span predicts. Where it names destinations, any call to one of them that the user did not name is what it
 * is after, whichever tool carries it there: narrow, and hard to evade. Where it names none, the tools it names
 * outright, else those of the agent that alone do what it asks for.
 */
export function predictedCalls(
  asks: AsksFor,
  probability: number,
  scope: Readonly<Pick<Scope, 'tools' | 'facts'>>,
): PredictedCall[] {
  const { tools, facts } = scope;
  const userWords = facts.userText.join('') + facts.systemText.join('');
  const destinations = asks.destinations.filter((destination) => !userWords.includes(normalWords(destination)));
  const rounded = (p: number): number => Math.round(Math.min(1, p) * 1e3) / 1e3;
  const calls: PredictedCall[] = destinations
    .slice(0, MAX_PREDICTED)
    .map((destination) => ({ tool: '*', destination, probability: rounded(probability) }));
  const asked = asks.tools.map((name) => wordsOf(name).join(' '));
  for (const tool of tools.known())
    if (asked.includes(wordsOf(tool).join(' '))) calls.push({ tool, probability: rounded(probability) });
  if (calls.length === 0) {
    const fitting = tools.known().filter((tool) => {
      const effects = tools.effectsOf(tool);
      return isSideEffecting(effects) && effects.some((effect) => asks.effects.includes(effect));
    });
    // Spread over many tools it is no prediction: what to do then is the playbook's matter.
    const share = (probability * 0.9) / fitting.length;
    if (share >= LEAST_PREDICTED) for (const tool of fitting) calls.push({ tool, probability: rounded(share) });
  }
  return calls.slice(0, MAX_PREDICTED);
}

function ofInspection(event: TelemetryEvent, inspection: Inspection, span: Span, scope: Readonly<Scope>): Statement {
  const origin = originOfEvent(event);
  const memory = inspection.role === 'memory';
  const statement: Statement = {
    type: 'injection.indirect',
    title: `An instruction inside data from ${origin}`,
    about: event.kind === 'retrieval' ? ['session', 'agent', 'dataset', 'user'] : ['session', 'agent', 'tool', 'user'],
    confidence: span.probability,
    severity: span.probability >= 0.85 ? 'high' : 'medium',
    evidence: {
      observed: `${span.rule}: text that tells its reader what to do`,
      expected: 'data without instructions to the agent',
      eventIds: [event.id],
      contentHash: inspection.hash,
      span: { start: span.start, end: span.end, ...(span.text === undefined ? {} : { text: span.text }) },
      facts: {
        at: inspection.at,
        suspicion: span.suspicion,
        ...(span.layers === undefined || span.layers.length === 0 ? {} : { layers: span.layers.join(', ') }),
        ...(span.asksFor === undefined || span.asksFor.effects.length === 0
          ? {}
          : { asksFor: span.asksFor.effects.join(', ') }),
      },
    },
    origin,
    predicted: span.asksFor === undefined ? [] : predictedCalls(span.asksFor, span.probability, scope),
    atlas: memory
      ? ['AML.T0051.001', 'AML.T0080.000']
      : event.kind === 'retrieval'
        ? ['AML.T0051.001', 'AML.T0070']
        : ['AML.T0051.001'],
    owasp: memory ? ['ASI01', 'ASI06'] : inspection.role === 'agent' ? ['ASI01', 'ASI07'] : ['ASI01'],
    pillar: 'data',
  };
  if (event.kind === 'message')
    statement.peers = [
      { tenant: event.tenant, type: 'agent', id: event.agent.id === event.from ? event.to : event.from },
    ];
  return statement;
}

function ofResumption(event: TelemetryEvent, taint: Taint, scope: Readonly<Scope>): Statement {
  return {
    type: 'injection.indirect',
    title: `A conversation came back with an instruction from ${taint.origin} still in its context`,
    about: ['session', 'agent', 'user'],
    confidence: taint.probability,
    severity: taint.probability >= 0.85 ? 'high' : 'medium',
    evidence: {
      observed: 'the conversation resumed',
      expected: 'data without instructions to the agent',
      eventIds: [taint.eventId, event.id],
      ...(taint.contentHash === undefined ? {} : { contentHash: taint.contentHash }),
      ...(taint.span === undefined
        ? {}
        : { span: { ...taint.span, ...(taint.spanText === undefined ? {} : { text: taint.spanText }) } }),
      facts: { resumed: true, taintedAtMs: taint.timeMs },
    },
    origin: taint.origin,
    predicted: taint.asksFor === undefined ? [] : predictedCalls(taint.asksFor, taint.probability, scope),
    atlas: ['AML.T0051.001', 'AML.T0080.001'],
    owasp: ['ASI01', 'ASI06'],
    pillar: 'data',
  };
}

export const injection: Detector = {
  name: 'injection',
  version: '1',
  finds: ['injection.indirect', 'injection.direct'],
  // A conversation may come back with any kind of event.
  kinds: Object.keys(EVENT_KINDS) as EventKind[],
  needs: ['content'],
  baseline: false,
  judge(event, scope) {
    const statements: Statement[] = [];
    if (event.kind === 'prompt') {
      const inspection = event.inspections?.find((found) => found.role === 'user');
      const span = inspection === undefined ? undefined : worstSpan(inspection);
      if (inspection !== undefined && span !== undefined && span.probability >= STATED_PROBABILITY) {
        statements.push({
          type: 'injection.direct',
          title:
            span.suspicion === 'jailbreak'
              ? 'A prompt tries to talk the model out of its rules'
              : 'A prompt tries to replace the instructions',
          about: ['session', 'user', 'agent'],
          confidence: span.probability,
          severity: span.probability >= 0.85 ? 'medium' : 'low',
          evidence: {
            observed: span.rule,
            expected: 'a request within the rules given to the agent',
            eventIds: [event.id],
            contentHash: inspection.hash,
            span: { start: span.start, end: span.end, ...(span.text === undefined ? {} : { text: span.text }) },
            facts: {
              suspicion: span.suspicion,
              ...(span.layers === undefined || span.layers.length === 0 ? {} : { layers: span.layers.join(', ') }),
            },
          },
          atlas: span.suspicion === 'jailbreak' ? ['AML.T0054'] : ['AML.T0051.000'],
          owasp: ['ASI01'],
          pillar: 'applications',
        });
      }
    }
    for (const inspection of untrustedInspections(event, scope.tools)) {
      // What a tool's description says is the business of the tool-change detector.
      if (inspection.role === 'description') continue;
      const span = worstSpan(inspection);
      if (span !== undefined && span.probability >= STATED_PROBABILITY)
        statements.push(ofInspection(event, inspection, span, scope));
    }
    if (scope.resumed && !statements.some((statement) => statement.type === 'injection.indirect')) {
      const taint = worstTaint(scope.facts);
      if (taint !== undefined && taint.probability >= STATED_PROBABILITY)
        statements.push(ofResumption(event, taint, scope));
    }
    return onePerType(statements);
  },
};

/** A finding's id names detector, type, event and entity; so one event makes at most one statement of a type, the strongest. */
export function onePerType(statements: Statement[]): Statement[] {
  if (statements.length < 2) return statements;
  const strongest = new Map<string, Statement>();
  for (const statement of statements) {
    const known = strongest.get(statement.type);
    if (known === undefined || statement.confidence > known.confidence) strongest.set(statement.type, statement);
  }
  return [...strongest.values()];
}

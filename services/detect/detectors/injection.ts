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
import type { EffectClass } from '../../../schemas/common.js';
import { destinationsIn } from '../../inspect/destinations.js';
import { isModel, isPhrase } from '../../inspect/rules/rule.js';
import { isSideEffecting } from '../../inspect/tool-effects.js';
import { wordsOf } from '../../inspect/tool-name.js';
import { agreesWith, toolWordsShare } from '../call-evidence.js';
import { isHandedTo } from '../handed-over.js';
import { normalWords } from '../provenance.js';
import { requestUses, requestWordsOf } from '../request-habit.js';
import { SINK_HABIT, type SinkHabit } from '../sink-habit.js';
import { evidenceOf, originOfEvent, untrustedInspections, worstSpan, worstTaint } from '../taints.js';
import { isPointedAt, kindsOf } from '../taint-source.js';
import type { Detector, Scope, Statement, Taint } from '../types.js';
import { userContext } from '../user-words.js';
import { slice } from './slice.js';

/** A span is stated from here on: more likely an attack than not. Weaker ones only wait for a call that obeys them. */
export const STATED_PROBABILITY = 0.5;
const MAX_PREDICTED = 12;
const LEAST_PREDICTED = 0.25;
/** What is said of a request that no phrase speaks for and that predicts nothing: worth knowing, not worth acting on. */
const MOST_UNPREDICTED = 0.65;

type AsksFor = NonNullable<Span['asksFor']>;
type Telling = Readonly<Pick<Scope, 'tools' | 'facts' | 'agent'>>;

/** From this share of conversations with such requests on a tool is part of what they lead to. */
const PART_OF_WORK = 0.3;
/** Below this it is not known that such requests do not lead to it. */
const NO_PART = 0.6;
/** Effects that a request does not share with half of all work, and nobody wants by mistake. */
const SPECIFIC: ReadonlySet<EffectClass> = new Set(['send', 'pay', 'delete', 'share', 'authenticate']);

/** How far the words that a span and a tool share must go before the tool is what the span is after. */
const NAMED_SHARE = 0.6;

/**
 * The calls a span predicts. Where it names places outside that the user did not name, any call to one of them is what it
 * is after, whichever tool carries it there: narrow, and hard to evade. Where it names none: the tools it names outright,
 * else those of the agent that do what it asks for, the ones whose own words it uses before the others.
 */
export function predictedCalls(asks: AsksFor, probability: number, scope: Telling, text = ''): PredictedCall[] {
  const { tools, facts } = scope;
  const { words: userWords, said, effects: wanted } = userContext(facts);
  const destinations = asks.destinations.filter((destination) => !userWords.includes(normalWords(destination)));
  const rounded = (p: number): number => Math.round(Math.min(1, p) * 1e3) / 1e3;
  const known = tools.known();
  const span = normalWords(text);
  const fitting = known.filter((tool) => {
    const effects = tools.effectsOf(tool);
    const asked = (effect: EffectClass): boolean => asks.effects.includes(effect);
    return isSideEffecting(effects) && agreesWith(effects, asked, toolWordsShare(tool, span, said).inSpan > 0);
  });
  const outside = destinations.filter(isOutside);
  const useOf = requestUses(slice<SinkHabit>(scope.agent, SINK_HABIT)?.r, requestWordsOf(facts.userText));
  /** Its calls are judged when they come, by what they hold: no request of this kind is done without. */
  const isPart = (tool: string): boolean => useOf([tool]).used >= PART_OF_WORK;
  const calls: PredictedCall[] = outside
    .slice(0, MAX_PREDICTED)
    .map((destination) => ({ tool: '*', destination, probability: rounded(probability) }));
  // A file or a channel is also read in honest work: only what changes it is predicted.
  for (const destination of destinations)
    if (!outside.includes(destination))
      for (const tool of fitting.slice(0, 3))
        calls.push({ tool, destination, probability: rounded(probability * 0.9) });
  const asked = asks.tools.map((name) => wordsOf(name).join(' '));
  for (const tool of known)
    if (asked.includes(wordsOf(tool).join(' ')) && !isPart(tool))
      calls.push({ tool, probability: rounded(probability) });
  if (calls.length === 0) {
    const named = known.filter(
      (tool) => isSideEffecting(tools.effectsOf(tool)) && toolWordsShare(tool, span, said).inSpan >= NAMED_SHARE,
    );
    // A tool that the user asked for by its own words is the work itself; a call of it is judged when it comes.
    const likely = (named.length > 0 ? named : fitting).filter((tool) => {
      const { fromUser } = toolWordsShare(tool, span, said);
      // "Reply to her" asks for mail_send as well as "send her a mail" does.
      const wantedToo = tools
        .effectsOf(tool)
        .some((each) => wanted.includes(each) && (fromUser > 0 || SPECIFIC.has(each)));
      return fromUser < NAMED_SHARE && !wantedToo && !isPart(tool);
    });
    // Spread over many tools it is no prediction: what to do then is the playbook's matter.
    const share = (probability * 0.9) / likely.length;
    if (share >= LEAST_PREDICTED) for (const tool of likely) calls.push({ tool, probability: rounded(share) });
  }
  // What it is after is not known, and what such requests lead to is: of what changes the world, the rest.
  if (calls.length === 0)
    for (const tool of known)
      if (
        tools.effectsOf(tool).some((effect) => SPECIFIC.has(effect)) &&
        !tools.effectsOf(tool).some((effect) => wanted.includes(effect)) &&
        useOf([tool]).unused >= NO_PART
      )
        calls.push({ tool, probability: rounded(probability * LEAST_PREDICTED) });
  return calls.slice(0, MAX_PREDICTED);
}

/** Each call once, with its highest probability; the likeliest first. */
function strongestCalls(calls: readonly PredictedCall[]): PredictedCall[] {
  const strongest = new Map<string, PredictedCall>();
  for (const call of calls) {
    const key = `${call.tool}\u0000${call.destination ?? ''}`;
    const known = strongest.get(key);
    if (known === undefined || call.probability > known.probability) strongest.set(key, call);
  }
  return [...strongest.values()].sort((a, b) => b.probability - a.probability).slice(0, MAX_PREDICTED);
}

/** A place outside, as against a file's name or a channel. */
function isOutside(destination: string): boolean {
  return destinationsIn(destination).some(({ kind }) => kind !== 'path' && kind !== 'handle');
}

/**
 * How sure it is that a span is an attack. A phrase that speaks to the machine stands for itself. A request without one is
 * judged by what the user wants, too: whoever handed the decision to the data, named this source, or asked for the same
 * effect may well want it followed. The call that obeys it is judged again, with more to go by (taint-sink).
 */
function statedProbability(span: Span, pointed: boolean, kinds: number, scope: Telling): number {
  if (isPhrase(span.rule) || !isModel(span.rule)) return span.probability;
  const user = userContext(scope.facts);
  const held = Math.min(0.98, span.probability);
  const shared = span.asksFor?.effects.some((effect) => SPECIFIC.has(effect) && user.effects.includes(effect)) === true;
  const odds =
    0.5 * Math.log(held / (1 - held)) +
    (isHandedTo(kinds, user.handed) ? -2.4 : 0) +
    (pointed ? -1.5 : 0) +
    (shared ? -1 : 0);
  return Math.round(1e4 / (1 + Math.exp(-odds))) / 1e4;
}

/**
 * What a text looks like, the surest first. One text may frame an order in one span and say what it is after in another:
 * who listens for what it is after must not miss it because the frame is surer. A hint is counted here that would not be
 * stated by itself, since the text is.
 */
function suspicionsOf(spans: readonly Span[], from: number): string[] {
  const counted = spans.filter(({ probability }) => probability >= from).sort((a, b) => b.probability - a.probability);
  return [...new Set(counted.flatMap(({ suspicion, also = [] }) => [suspicion, ...also]))];
}
const HINT_PROBABILITY = 0.4;

function ofInspection(
  event: TelemetryEvent,
  inspection: Inspection,
  told: readonly { span: Span; stated: number }[],
  scope: Readonly<Scope>,
): Statement {
  const [{ span, stated }] = told as [{ span: Span; stated: number }];
  const origin = originOfEvent(event);
  const memory = inspection.role === 'memory';
  // One text may frame an order in one span and give it in the next: what any of them asks for is predicted.
  const predicted = strongestCalls(
    told.flatMap((each) =>
      each.span.asksFor === undefined ? [] : predictedCalls(each.span.asksFor, each.stated, scope, each.span.text),
    ),
  );
  const unspoken = told.every((each) => isModel(each.span.rule));
  const confidence = predicted.length === 0 && unspoken ? Math.min(MOST_UNPREDICTED, stated) : stated;
  const statement: Statement = {
    type: 'injection.indirect',
    title: `An instruction inside data from ${origin}`,
    about: event.kind === 'retrieval' ? ['session', 'agent', 'dataset', 'user'] : ['session', 'agent', 'tool', 'user'],
    confidence,
    severity: confidence >= 0.85 ? 'high' : 'medium',
    evidence: {
      observed: `${span.rule}: text that tells its reader what to do`,
      expected: 'data without instructions to the agent',
      eventIds: [event.id],
      contentHash: inspection.hash,
      span: { start: span.start, end: span.end, ...(span.text === undefined ? {} : { text: span.text }) },
      facts: {
        at: inspection.at,
        suspicion: span.suspicion,
        ...alsoOf(
          suspicionsOf(inspection.verdict.kind === 'read' ? inspection.verdict.spans : [], HINT_PROBABILITY),
          span,
        ),
        spanProbability: span.probability,
        ...(span.layers === undefined || span.layers.length === 0 ? {} : { layers: span.layers.join(', ') }),
        ...(span.asksFor === undefined || span.asksFor.effects.length === 0
          ? {}
          : { asksFor: span.asksFor.effects.join(', ') }),
        ...partOfTask(span, scope),
      },
    },
    origin,
    predicted,
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

/** What of it the user asked for, too, or the agent did before anything suspicious came: there a text asks for no more than the work. */
function partOfTask({ asksFor }: Span, { facts }: Readonly<Scope>): { partOfTask?: string } {
  const { effects } = userContext(facts);
  const part = asksFor?.effects.filter((effect) => effects.includes(effect) || facts.did?.includes(effect) === true);
  return part === undefined || part.length === 0 ? {} : { partOfTask: part.join(', ') };
}

/** What else it looks like, for conditions; nothing where it looks like one thing. */
function alsoOf(suspicions: readonly string[], { suspicion }: Span): { alsoSuspicion?: string } {
  const others = suspicions.filter((each) => each !== suspicion);
  return others.length === 0 ? {} : { alsoSuspicion: others.join(', ') };
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
      ...evidenceOf(taint),
      facts: { resumed: true, taintedAtMs: taint.timeMs },
    },
    origin: taint.origin,
    predicted:
      taint.asksFor === undefined ? [] : predictedCalls(taint.asksFor, taint.probability, scope, taint.spanText),
    atlas: ['AML.T0051.001', 'AML.T0080.001'],
    owasp: ['ASI01', 'ASI06'],
    pillar: 'data',
  };
}

export const injection: Detector = {
  name: 'injection',
  version: '3',
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
        const spans = inspection.verdict.kind === 'read' ? inspection.verdict.spans : [];
        const suspicions = suspicionsOf(spans, STATED_PROBABILITY);
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
              ...alsoOf(suspicions, span),
              ...(span.layers === undefined || span.layers.length === 0 ? {} : { layers: span.layers.join(', ') }),
            },
          },
          atlas: [
            ...(suspicions.some((each) => each !== 'jailbreak') ? ['AML.T0051.000'] : []),
            ...(suspicions.includes('jailbreak') ? ['AML.T0054'] : []),
          ],
          owasp: ['ASI01'],
          pillar: 'applications',
        });
      }
    }
    for (const inspection of untrustedInspections(event, scope.tools)) {
      // What a tool's description says is the business of the tool-change detector.
      if (inspection.role === 'description') continue;
      if (inspection.verdict.kind !== 'read') continue;
      const pointed = isPointedAt(event, scope.facts);
      const told = inspection.verdict.spans
        .map((span) => ({ span, stated: statedProbability(span, pointed, kindsOf(event), scope) }))
        .filter(({ stated }) => stated >= STATED_PROBABILITY)
        .sort((a, b) => b.stated - a.stated);
      if (told.length > 0) statements.push(ofInspection(event, inspection, told, scope));
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

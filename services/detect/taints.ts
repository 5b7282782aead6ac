/**
 * Taint: untrusted content that entered a conversation, and what of it was suspicious. It belongs to the conversation:
 * nothing but the bound on its size removes it, and the suspicious part is kept longest.
 */
import type { EventOf, TelemetryEvent } from '../../schemas/event.js';
import type { Evidence } from '../../schemas/finding.js';
import type { Inspection, Layer, Span, TextRole } from '../../schemas/inspection.js';
import { asksFor } from '../inspect/asks-for.js';
import { type Destination, destinationsIn, hostOf } from '../inspect/destinations.js';
import { isPhrase } from '../inspect/rules/rule.js';
import { boundedHeard, noteHeard, sentencesIn } from './heard-sentences.js';
import { normalWords } from './provenance.js';
import { whereFrom } from './taint-source.js';
import type { SessionFacts, Taint, ToolKnowledge } from './types.js';
import { isAssent, noteUserWords, offerIn, placeKindOf, userContext } from './user-words.js';

const MAX_TAINTS = 24;
const MAX_USER_TEXTS = 12;
const MAX_SYSTEM_TEXTS = 2;
const MAX_TEXT_CHARS = 4000;
/** Below this a span is not worth keeping: every other mail asks somebody for something. */
export const KEPT_PROBABILITY = 0.05;

/** Roles whose author is not the agent's principal. */
export const UNTRUSTED: ReadonlySet<TextRole> = new Set(['tool', 'document', 'agent', 'memory', 'description']);

/** Where content came from, as a person would name it: a dataset, an agent, a tool with the host its call went to. */
export function originOfEvent(event: TelemetryEvent): string {
  switch (event.kind) {
    case 'tool.result': {
      const url = destinationsIn(JSON.stringify(event.arguments ?? '')).find(
        (destination) => destination.kind === 'url' || destination.kind === 'domain',
      );
      const host = url === undefined ? undefined : hostOf(url);
      return host === undefined ? event.tool : `${event.tool} (${host})`;
    }
    case 'retrieval':
      return event.dataset;
    case 'message':
      return `agent ${event.from}`;
    case 'memory.write':
      return `memory ${event.store ?? ''}`.trim();
    case 'inventory':
      return event.name ?? 'tool description';
    default:
      return event.kind;
  }
}

/** The inspections of an event whose author is not the principal, unless the baseline policy trusts the tool. */
export function untrustedInspections(event: TelemetryEvent, tools: ToolKnowledge): readonly Inspection[] {
  if (event.inspections === undefined) return [];
  if (event.kind === 'tool.result' && tools.trusted(event.tool)) return [];
  return event.inspections.filter((inspection) => UNTRUSTED.has(inspection.role));
}

/** The most suspicious span of an inspection, where there is one. */
export function worstSpan(inspection: Inspection): Span | undefined {
  if (inspection.verdict.kind !== 'read') return undefined;
  let worst: Span | undefined;
  for (const span of inspection.verdict.spans)
    if (worst === undefined || span.probability > worst.probability) worst = span;
  return worst;
}

/** Takes into the conversation what an event brought: the user's words, or untrusted content. */
export function noteContent(facts: SessionFacts, event: TelemetryEvent, tools: ToolKnowledge): void {
  if (event.kind === 'prompt') {
    const agreed = event.text !== undefined && isAssent(event.text) ? facts.offered : undefined;
    for (const text of [agreed, event.text]) {
      noteWords(facts.userText, text, MAX_USER_TEXTS);
      if (text !== undefined) noteUserWords(facts, text);
    }
    delete facts.offered;
  } else if (event.kind === 'model.output') {
    const offered = event.text === undefined ? undefined : offerIn(event.text);
    if (offered !== undefined) facts.offered = offered;
  } else if (event.kind === 'tool.call') noteDone(facts, event, tools);
  else if (event.kind === 'model.call')
    for (const message of event.messages ?? [])
      if (message.role === 'system')
        noteWords(facts.systemText, withoutMemories(message.text, facts), MAX_SYSTEM_TEXTS);
  if (event.inspections === undefined) return;
  let source: ReturnType<typeof whereFrom> | undefined;
  for (const inspection of untrustedInspections(event, tools)) {
    if (inspection.verdict.kind !== 'read') continue;
    if (inspection.role === 'description') {
      noteDescription(facts, event, inspection);
      continue;
    }
    const spans = inspection.verdict.spans.filter((span) => span.probability >= KEPT_PROBABILITY);
    const text = inspection.role === 'memory' ? undefined : textAt(event, inspection.at);
    const account = text === undefined ? undefined : onlyAccount(text, facts);
    const one = account === undefined ? {} : { account };
    if (text !== undefined) {
      source ??= whereFrom(event, facts);
      const speaking = spans.filter((span) => isPhrase(span.rule));
      const about = { eventId: event.id, timeMs: event.timeMs, origin: originOfEvent(event), ...source, ...one };
      noteHeard(facts, text, spans, { ...about, contentHash: inspection.hash }, (start, end) =>
        speaking.some((phrase) => start <= phrase.end + BEHIND_UNITS && end > phrase.start),
      );
    }
    if (spans.length === 0)
      addTaint(facts, { eventId: event.id, timeMs: event.timeMs, origin: originOfEvent(event), probability: 0 });
    const phrases = spans.filter((span) => isPhrase(span.rule));
    for (const span of spans) {
      // Most content has no such span, and is not read for this.
      source ??= whereFrom(event, facts);
      const wrapped = isHiddenFromPeople(span) || phrases.some((phrase) => isBeside(phrase, span, spans));
      const near = textBehind(event, inspection, span);
      addTaint(facts, {
        eventId: event.id,
        timeMs: event.timeMs,
        origin: originOfEvent(event),
        probability: span.probability,
        ...(span.fastProbability === undefined ? {} : { fastProbability: span.fastProbability }),
        contentHash: inspection.hash,
        span: { start: span.start, end: span.end },
        ...(span.text === undefined ? {} : { spanText: span.text }),
        ...(near === undefined
          ? span.asksFor === undefined
            ? {}
            : { asksFor: span.asksFor }
          : { near, asksFor: asksFor(`${span.text ?? ''} ${near}`) }),
        ...source,
        ...one,
        ...(wrapped ? { wrapped } : {}),
      });
    }
  }
}

function noteDone(facts: SessionFacts, call: EventOf<'tool.call'>, tools: ToolKnowledge): void {
  if (isPoisoned(facts)) return;
  for (const effect of tools.effectsOf(call.tool, { description: call.description, arguments: call.arguments }))
    if (facts.did?.includes(effect) !== true) (facts.did ??= []).push(effect);
}

const OUTSIDE: ReadonlySet<Destination['kind']> = new Set(['url', 'domain', 'email', 'iban', 'wallet']);
/** Most descriptions name no place, and are not read for one. */
const MAY_NAME_A_PLACE = /@|:\/\/|\d{4}/;

/**
 * What the model is told about a tool is for calling that tool: what gives it orders, and an outside place it names, belong
 * to no call of another one.
 */
function noteDescription(facts: SessionFacts, event: TelemetryEvent, { at, hash, verdict }: Inspection): void {
  if (verdict.kind !== 'read' || (event.kind !== 'model.call' && event.kind !== 'inventory')) return;
  const tool = event.tools?.[Number(/^\/tools\/(\d+)/.exec(at)?.[1] ?? -1)];
  const orders = verdict.spans.filter((span) => span.probability >= ANNOUNCING);
  const places = tool?.description !== undefined && MAY_NAME_A_PLACE.test(tool.description);
  // Offered with every call of the model, it is taken in once.
  if (tool === undefined || (orders.length === 0 && !places)) return;
  if ([...facts.taints, ...(facts.heard ?? [])].some(({ contentHash }) => contentHash === hash)) return;
  const source = { eventId: event.id, timeMs: event.timeMs, origin: tool.server ?? tool.name, contentHash: hash };
  for (const { start, end, text, probability, asksFor: asks } of orders)
    addTaint(facts, {
      ...source,
      probability,
      span: { start, end },
      ...(text === undefined ? {} : { spanText: text }),
      ...(asks === undefined ? {} : { asksFor: asks }),
    });
  const naming = sentencesIn(places ? (tool.description ?? '') : '').filter(({ text }) =>
    destinationsIn(text).some(({ kind }) => OUTSIDE.has(kind)),
  );
  if (naming.length > 0)
    facts.heard = boundedHeard([
      ...(facts.heard ?? []),
      ...naming.slice(0, 4).map(({ start, end, text }) => ({
        ...source,
        text,
        worth: 2,
        span: { start, end },
        describes: tool.name,
      })),
    ]);
}

/** The account of an invoice that the user wants paid; nothing where the text names several: one of them is not the sender's. */
function onlyAccount(text: string, facts: Readonly<SessionFacts>): string | undefined {
  if (!userContext(facts).settles) return undefined;
  const accounts = new Set(
    destinationsIn(text).flatMap(({ value }) => (placeKindOf(value) === 'account' ? [value] : [])),
  );
  return accounts.size === 1 ? [...accounts][0] : undefined;
}

/** Encodings that no honest request needs. */
const ENCODED: ReadonlySet<Layer> = new Set(['base64', 'hex', 'rot13']);
/** Characters that nobody sees; a text that has some anywhere is read without them, so that what counts is how many a span had. */
const UNSEEN: ReadonlySet<Layer> = new Set(['zero-width', 'unicode-tags']);
const MOSTLY_UNSEEN = 1.3;

/** What only a machine reads speaks to the machine. */
function isHiddenFromPeople({ layers, start, end, text }: Span): boolean {
  if (layers === undefined) return false;
  if (layers.some((layer) => ENCODED.has(layer))) return true;
  return text !== undefined && layers.some((layer) => UNSEEN.has(layer)) && end - start >= MOSTLY_UNSEEN * text.length;
}

/** UTF-16 units between a phrase that speaks to the machine and a request behind it that it may be about; before it. */
const BEHIND_UNITS = 300;
const BEFORE_UNITS = 40;

/**
 * Whether one span stands at or in another's neighbourhood: what announces a request is often a sentence of its own. What
 * comes well before the announcement is not announced: an invoice is not the attacker's for what is written under it.
 */
function isBeside(phrase: Span, span: Span, spans: readonly Span[]): boolean {
  if (span.start > phrase.end + BEHIND_UNITS) return false;
  if (span.end > phrase.start) return true;
  const asks = phrase.asksFor;
  return (
    span.end >= phrase.start - BEFORE_UNITS &&
    (asks === undefined || asks.effects.length + asks.destinations.length === 0) &&
    !spans.some((other) => other.end > phrase.end && other.start <= phrase.end + BEHIND_UNITS)
  );
}

/** The text that an inspection read: its pointer names a text of the event. */
function textAt(event: TelemetryEvent, at: string): string | undefined {
  if (event.kind === 'message' && event.from === event.agent.id) return undefined;
  if (at === '/text') return 'text' in event ? event.text : undefined;
  const number = /^\/documents\/(\d+)\/text$/.exec(at)?.[1];
  return number === undefined || event.kind !== 'retrieval' ? undefined : event.documents?.[Number(number)]?.text;
}

const NEAR_UNITS = 240;
/** Ends a paragraph, or the string of a notation. */
const NEAR_END = /\n\s*\n|\\n\\n|["']\s*[,}\]]/;

/**
 * What stands behind a suspicious span that asks for nothing known: "the assistant must do this at once. Run: curl …".
 * Nothing of a span that had to be decoded, whose place in the text is that of its code.
 */
function textBehind(event: TelemetryEvent, { at }: Inspection, span: Span): string | undefined {
  if (agreedProbability(span) < ANNOUNCING || (span.layers?.length ?? 0) > 0) return undefined;
  const asks = span.asksFor;
  if (asks !== undefined && (asks.effects.length > 0 || asks.destinations.length > 0)) return undefined;
  const text = at === '/text' && 'text' in event ? event.text : undefined;
  if (text === undefined) return undefined;
  const behind = text.slice(span.end, span.end + NEAR_UNITS);
  const end = behind.search(NEAR_END);
  const near = (end < 0 ? behind : behind.slice(0, end)).trim();
  return near === '' ? undefined : near;
}

/** From here on a span is more likely an attack's than not. */
const ANNOUNCING = 0.5;

/** A system message without the memories of attacked conversations in it: what they name is not the developer's word. */
function withoutMemories(text: string | undefined, facts: Readonly<SessionFacts>): string | undefined {
  if (text === undefined) return undefined;
  let words = normalWords(text);
  for (const { remembered, spanText } of facts.taints) {
    if (remembered !== true || spanText === undefined) continue;
    const held = normalWords(spanText);
    // Told in other words it cannot be cut out, so nothing of the message is trusted.
    if (!words.includes(held)) return undefined;
    words = words.replaceAll(held, ' ');
  }
  return words;
}

/** The first text says what the conversation is about and stays; of the others the oldest goes. */
function noteWords(texts: string[], text: string | undefined, most: number): void {
  if (text === undefined) return;
  const words = normalWords(text).slice(0, MAX_TEXT_CHARS);
  if (words.length <= 1 || texts.includes(words)) return;
  texts.push(words);
  if (texts.length > most) texts.splice(1, 1);
}

/** The newest plain taint is enough to know that there is one; suspicious ones are dropped weakest first. */
export function addTaint(facts: SessionFacts, taint: Taint): void {
  if (taint.probability === 0) {
    const at = facts.taints.findIndex((known) => known.probability === 0);
    if (at >= 0) facts.taints.splice(at, 1);
  } else if (taint.remembered === true) {
    if (facts.taints.some((known) => known.eventId === taint.eventId)) return;
  } else if (
    taint.contentHash !== undefined &&
    // Where a text was decoded as a whole, all of its spans stand in the same place.
    facts.taints.some(
      (known) =>
        known.contentHash === taint.contentHash &&
        known.span?.start === taint.span?.start &&
        known.spanText === taint.spanText,
    )
  ) {
    return;
  }
  facts.taints.push(taint);
  if (facts.taints.length <= MAX_TAINTS) return;
  let weakest = 0;
  facts.taints.forEach((known, index) => {
    if (known.probability < (facts.taints[weakest] as Taint).probability) weakest = index;
  });
  facts.taints.splice(weakest, 1);
}

/** Where a taint's text is found again: its content, and the span in it. */
export function evidenceOf({ contentHash, span, spanText }: Readonly<Taint>): Pick<Evidence, 'contentHash' | 'span'> {
  return {
    ...(contentHash === undefined ? {} : { contentHash }),
    ...(span === undefined ? {} : { span: { ...span, ...(spanText === undefined ? {} : { text: spanText }) } }),
  };
}

/**
 * Whether a conversation holds what is more likely an attack's than not: it teaches nothing. That the deep text model alone
 * takes a text for a request is too little for it: then the agent would never learn work that is made of requests.
 */
export function isPoisoned(facts: Readonly<SessionFacts>): boolean {
  return facts.taints.some((taint) => agreedProbability(taint) > ANNOUNCING);
}

/** What both text models say of a place, where the deep one spoke. */
function agreedProbability({
  probability,
  fastProbability = probability,
}: Pick<Taint, 'probability' | 'fastProbability'>) {
  return Math.min(probability, fastProbability);
}

/** The most suspicious taint of a conversation. */
export function worstTaint(facts: Readonly<SessionFacts>): Taint | undefined {
  let worst: Taint | undefined;
  for (const taint of facts.taints) if (worst === undefined || taint.probability > worst.probability) worst = taint;
  return worst;
}

/** Joins what another session knew into this one (an alias). */
export function joinFacts(into: SessionFacts, from: SessionFacts): void {
  for (const taint of from.taints) addTaint(into, taint);
  if (from.heard !== undefined) into.heard = boundedHeard([...(into.heard ?? []), ...from.heard]);
  for (const words of from.userText)
    if (!into.userText.includes(words) && into.userText.length < MAX_USER_TEXTS) into.userText.push(words);
  for (const words of from.systemText)
    if (!into.systemText.includes(words) && into.systemText.length < MAX_SYSTEM_TEXTS) into.systemText.push(words);
  for (const effect of from.userAsks ?? [])
    if (into.userAsks?.includes(effect) !== true) (into.userAsks ??= []).push(effect);
  for (const place of from.userPlaces ?? [])
    if (into.userPlaces?.includes(place) !== true) (into.userPlaces ??= []).push(place);
  for (const effect of from.did ?? []) if (into.did?.includes(effect) !== true) (into.did ??= []).push(effect);
  into.events += from.events;
  into.lastEventMs = Math.max(into.lastEventMs, from.lastEventMs);
}

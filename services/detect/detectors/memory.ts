/**
 * Memory: what was remembered while a conversation was under an attacker's text stays suspicious in every other
 * conversation that reads it. A write is noted where its own text tells its reader what to do, or where it carries what a
 * suspicious span of its conversation said: a place that the span names and the user did not, or a good part of its words.
 * Other memories of the same conversation are not touched.
 *
 * A read is known by the content (fingerprint.ts: wherever the memory stands in a result, a document or a system message), by
 * its key where the content is not sent. The conversation then has the taint as if it had read the attacker's text itself.
 * What is written anew under the same key, and is clean, ends it. Kept with the agent and with its blueprint, whose agents
 * share a memory more often than not, {@link MOST} each.
 */
import type { EffectClass } from '../../../schemas/common.js';
import type { TelemetryEvent } from '../../../schemas/event.js';
import { asksFor } from '../../inspect/asks-for.js';
import { destinationsIn, leavesOf } from '../../inspect/destinations.js';
import { wordsOf } from '../../inspect/tool-name.js';
import { containment, fingerprintOf, tripleHashes } from '../fingerprint.js';
import { itemHash } from '../item-hash.js';
import { coverage, normalWords } from '../provenance.js';
import { addTaint, KEPT_PROBABILITY } from '../taints.js';
import type { Detector, Scope, Statement, Taint } from '../types.js';
import { predictedCalls, STATED_PROBABILITY } from './injection.js';
import { ensured, slice } from './slice.js';

/** A memory that an attacker's text is in. */
export interface TaintedMemory {
  /** The event that wrote it, and when. */
  e: string;
  t: number;
  /** Hash of the conversation it was written in: what stands there is known there. */
  i: string;
  /** Hash of store and key, where a key was told. */
  k?: string;
  /** Its fingerprint. */
  f: number[];
  /** Its text, its beginning: what a later call is compared with. */
  s: string;
  /** The suspicion it was written under. */
  p: number;
  /** And without the deep text model, where that spoke. */
  q?: number;
  a: { tools: string[]; effects: EffectClass[]; destinations: string[] };
  /** Where the attacker's text had come from. */
  o: string;
}

/** The oldest goes. */
const MOST = 8;
const MOST_CHARS = 400;
const MOST_DESTINATIONS = 8;
/** Share of a memory's words (in order) that a span holds, or of a span's that the memory holds. */
const DERIVED = 0.35;
/** Share of a memory that a text holds which reads it; a memory of a few words must be there whole. */
const READ = 0.6;
const FEW_HASHES = 6;
/** Share of it that the user said: then it is theirs. */
const OWN = 0.6;

/** Words of tools that remember. */
const REMEMBERS = /^(?:memor|remember|memo|memoriz|memoris|recall|preference|fact)/;
const KEY_NAMES = /^(?:key|id|memory_?id|name)$/i;

interface Write {
  text: string;
  key?: string;
}

/** What an event writes into memory; content that was not sent writes nothing that could be known again. */
function writeOf(event: TelemetryEvent, scope: Readonly<Scope>): Write | undefined {
  if (event.kind === 'memory.write')
    return event.text === undefined ? undefined : { text: event.text, ...keyed(event.store, event.key) };
  if (event.kind !== 'tool.call' || !wordsOf(event.tool).some((word) => REMEMBERS.test(word))) return undefined;
  if (!scope.tools.effectsOf(event.tool, { arguments: event.arguments }).some((effect) => effect !== 'read'))
    return undefined;
  const leaves = leavesOf(event.arguments ?? {}, 20);
  const key = leaves.find(({ path }) => KEY_NAMES.test(path.split('/').at(-1) ?? ''))?.value;
  const text = leaves
    .filter(({ value }) => value !== key)
    .map(({ value }) => value)
    .join('\n');
  return text === '' ? undefined : { text, ...keyed(undefined, key) };
}

function keyed(store: string | undefined, key: string | undefined): { key?: string } {
  return key === undefined ? {} : { key: itemHash(`${store ?? ''}\n${key}`) };
}

/** What an event reads that may come from memory. */
function readsOf(event: TelemetryEvent): { texts: string[]; keys: string[] } {
  const texts: string[] = [];
  const keys: string[] = [];
  if (event.kind === 'tool.result') {
    if (event.text !== undefined) texts.push(event.text);
    else
      for (const { path, value } of leavesOf(event.arguments ?? {}, 20))
        if (KEY_NAMES.test(path.split('/').at(-1) ?? '')) keys.push(itemHash(`\n${value}`));
  } else if (event.kind === 'retrieval') {
    for (const { id, text } of event.documents ?? [])
      if (text !== undefined) texts.push(text);
      else if (id !== undefined) keys.push(itemHash(`${event.dataset}\n${id}`), itemHash(`\n${id}`));
  } else if (event.kind === 'model.call') {
    for (const { role, text } of event.messages ?? []) if (role === 'system' && text !== undefined) texts.push(text);
  } else if (event.kind === 'memory.write' && event.text !== undefined) texts.push(event.text);
  return { texts, keys };
}

/** The suspicion that a text is written under, where an attacker's text is in it. */
function suspicionOf(event: TelemetryEvent, text: string, scope: Readonly<Scope>): Omit<Taint, 'timeMs'> | undefined {
  let worst: Omit<Taint, 'timeMs'> | undefined;
  const weigh = (found: Omit<Taint, 'timeMs'>): void => {
    if (worst === undefined || found.probability > worst.probability) worst = found;
  };
  for (const { role, verdict } of event.inspections ?? [])
    if (role === 'memory' && verdict.kind === 'read')
      for (const span of verdict.spans)
        if (span.probability >= KEPT_PROBABILITY)
          weigh({
            eventId: event.id,
            origin: 'memory',
            probability: span.probability,
            ...(span.fastProbability === undefined ? {} : { fastProbability: span.fastProbability }),
            ...(span.asksFor === undefined ? {} : { asksFor: span.asksFor }),
          });
  const said = scope.facts.userText.join('');
  if (coverage(text, said) >= OWN) return worst;
  const words = normalWords(text);
  const places = destinationsIn(text).map(({ value }) => value);
  for (const taint of scope.facts.taints) {
    if (taint.probability < KEPT_PROBABILITY) continue;
    const carries =
      taint.asksFor?.destinations.some((place) => places.includes(place) && !said.includes(normalWords(place))) ===
        true ||
      (taint.spanText !== undefined &&
        (coverage(text, normalWords(taint.spanText)) >= DERIVED || coverage(taint.spanText, words) >= DERIVED));
    if (carries) weigh(taint);
  }
  return worst;
}

/** The tainted memories that an event reads, with what is known of each. */
function readBy(event: TelemetryEvent, scope: Readonly<Scope>): TaintedMemory[] {
  const own = slice<TaintedMemory[]>(scope.agent, 'memory') ?? [];
  const shared = slice<TaintedMemory[]>(scope.blueprint, 'memory') ?? [];
  if (own.length + shared.length === 0) return [];
  const known = new Map([...shared, ...own].map((memory) => [memory.e, memory]));
  const here = itemHash(event.session.id);
  const { texts, keys } = readsOf(event);
  const read = texts.map(tripleHashes);
  return [...known.values()].filter(
    ({ i, f, k }) =>
      i !== here &&
      (read.some((hashes) => containment(f, hashes) >= (f.length < FEW_HASHES ? 1 : READ)) ||
        (k !== undefined && keys.includes(k))),
  );
}

function taintOf(memory: TaintedMemory): Taint {
  return {
    eventId: memory.e,
    timeMs: memory.t,
    origin: `memory of ${memory.o}`,
    probability: memory.p,
    ...(memory.q === undefined ? {} : { fastProbability: memory.q }),
    spanText: memory.s,
    asksFor: memory.a,
    remembered: true,
  };
}

function note(event: TelemetryEvent, scope: Scope): void {
  const write = writeOf(event, scope);
  if (write === undefined) return;
  const suspicion = suspicionOf(event, write.text, scope);
  const lists = [
    ...(suspicion === undefined ? [] : [ensured<TaintedMemory[]>(scope.agent, 'memory', () => [])]),
    ...(suspicion === undefined || !scope.grouped
      ? []
      : [ensured<TaintedMemory[]>(scope.blueprint, 'memory', () => [])]),
  ];
  if (suspicion === undefined) {
    // What is clean and stands under the same key now is what will be read.
    for (const states of [scope.agent, scope.blueprint]) {
      const kept = slice<TaintedMemory[]>(states, 'memory')?.filter(({ k }) => k === undefined || k !== write.key);
      if (kept !== undefined) states['memory'] = kept;
    }
    return;
  }
  const asked = asksFor(write.text);
  const places = [...destinationsIn(write.text).map(({ value }) => value), ...asked.destinations];
  const memory: TaintedMemory = {
    e: event.id,
    t: event.timeMs,
    i: itemHash(event.session.id),
    ...(write.key === undefined ? {} : { k: write.key }),
    f: fingerprintOf(write.text),
    s: write.text.slice(0, MOST_CHARS),
    p: suspicion.probability,
    ...(suspicion.fastProbability === undefined ? {} : { q: suspicion.fastProbability }),
    a: {
      tools: [...new Set([...asked.tools, ...(suspicion.asksFor?.tools ?? [])])].slice(0, MOST_DESTINATIONS),
      effects: [...new Set([...asked.effects, ...(suspicion.asksFor?.effects ?? [])])],
      destinations: [...new Set([...places, ...(suspicion.asksFor?.destinations ?? [])])].slice(0, MOST_DESTINATIONS),
    },
    o: suspicion.origin.slice(0, 80),
  };
  for (const list of lists) {
    const before = list.findIndex(({ e, k }) => e === memory.e || (k !== undefined && k === memory.k));
    if (before >= 0) list.splice(before, 1);
    list.push(memory);
    if (list.length > MOST) list.shift();
  }
}

/** The inspection of this very text says as much, so it need not be said twice. */
function isSaidAnyway(event: TelemetryEvent): boolean {
  return (event.inspections ?? []).some(
    ({ verdict }) =>
      verdict.kind === 'read' && verdict.spans.some(({ probability }) => probability >= STATED_PROBABILITY),
  );
}

export const memory: Detector = {
  name: 'memory',
  version: '1',
  finds: ['injection.indirect'],
  kinds: ['memory.write', 'tool.call', 'tool.result', 'retrieval', 'model.call'],
  needs: ['content'],
  baseline: false,
  judge(event, scope) {
    let worst: TaintedMemory | undefined;
    for (const read of readBy(event, scope)) if (worst === undefined || read.p > worst.p) worst = read;
    if (worst === undefined || worst.p < STATED_PROBABILITY || event.kind === 'memory.write') return [];
    if (scope.facts.taints.some(({ eventId }) => eventId === worst.e) || isSaidAnyway(event)) return [];
    const statement: Statement = {
      type: 'injection.indirect',
      title: `Reads a memory that was written under an instruction from ${worst.o}`,
      about: ['session', 'agent', 'user'],
      confidence: worst.p,
      severity: worst.p >= 0.85 ? 'high' : 'medium',
      evidence: {
        observed: 'a memory of a conversation that was under attack',
        expected: 'memories of what users said',
        eventIds: [worst.e, event.id],
        span: { start: 0, end: worst.s.length, text: worst.s },
        facts: { remembered: true, taintedAtMs: worst.t },
      },
      origin: worst.o,
      predicted: predictedCalls(worst.a, worst.p, scope, worst.s),
      atlas: ['AML.T0051.001', 'AML.T0080.000'],
      owasp: ['ASI01', 'ASI06'],
      pillar: 'data',
    };
    return [statement];
  },
  observe(event, scope) {
    for (const read of readBy(event, scope)) addTaint(scope.facts, taintOf(read));
    // A write that was blocked never happened.
    if (!scope.contracted) note(event, scope);
  },
};

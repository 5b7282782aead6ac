/**
 * The first text inspector: phrase families over every reading of a text. A rule's probability is an estimate of the share
 * of texts with the phrase that are attacks, apart for prompts and for data, set by family and checked against labelled
 * prompts and clean documents; a trained model will replace the estimates. For several rules in one place their odds are
 * added up, discounted because phrases of one attack are not independent.
 *
 * Phrases are the lesser half of the work (see docs/findings.md): a bare request inside data has none. What the request
 * asks for, and where a later call's arguments come from, decide there.
 */
import type { Layer, Span, Suspicion, TextRole } from '../../schemas/inspection.js';
import { asksFor } from './asks-for.js';
import { readingsOf } from './normalise.js';
import { type Reading, originOf } from './reading.js';
import { framingRules } from './rules/framing.js';
import { harvestRules } from './rules/harvest.js';
import { jailbreakRules } from './rules/jailbreak.js';
import { machineAddressRules } from './rules/machine-address.js';
import { overrideRules } from './rules/override.js';
import { requestClausesIn } from './request-clauses.js';
import { Prefilter } from './rules/prefilter.js';
import { CLAUSE_RULES, requestRules } from './rules/request.js';
import type { Rule } from './rules/rule.js';
import { windowsOf } from './windows.js';

export const RULES: readonly Rule[] = [
  ...overrideRules,
  ...framingRules,
  ...machineAddressRules,
  ...jailbreakRules,
  ...harvestRules,
  ...requestRules,
];

const prefilter = new Prefilter(RULES);

/** Rises whenever a rule or a probability changes; stored with every verdict. */
export const PATTERNS_VERSION = 'patterns-3';
/** Whether a verdict is that of phrases of some version, and no model beside them read the text. */
export const isPatternsAlone = (model: string): boolean => /^patterns-\d+$/.test(model);

/** Roles whose words are the principal's own; everything else is data that reached the model. */
const OWN_WORDS: ReadonlySet<TextRole> = new Set(['user', 'system', 'assistant']);

/** From here on a phrase makes a span by itself. */
const STRONG = 0.5;
/** From here on a phrase says what else a span looks like. */
const TELLING = 0.4;
/** Strong phrases closer than this belong to one request: a frame, what it asks for, and how it closes. */
const JOIN_UNITS = 700;
/** How far behind a phrase its request may stand. */
const REACH_UNITS = 600;
/** Phrases that span this much have the request between them; then only a little behind the last one is taken. */
const FRAMED_UNITS = 160;
const FRAMED_REACH_UNITS = 80;
/** A request that ends so close before a phrase is what the phrase is about. */
const BEFORE_UNITS = 3;
/** Weak phrases this close to a request belong to it. */
const BESIDE_UNITS = 120;
const MAX_SPANS = 16;
const MAX_SPAN_UNITS = 2000;
const MAX_MATCHES = 200;

interface Match {
  rule: Omit<Rule, 'pattern'>;
  probability: number;
  start: number;
  end: number;
}

/** Layers that hide text from people, and so are evidence where an instruction was found under them. */
const HIDING: ReadonlySet<Layer> = new Set([
  'zero-width',
  'unicode-tags',
  'bidi',
  'unicode-confusables',
  'base64',
  'hex',
  'rot13',
  'percent',
]);

export function readPatterns(text: string, role: TextRole): { probability: number; spans: Span[]; exceeded: boolean } {
  const own = OWN_WORDS.has(role);
  const { readings, exceeded } = readingsOf(text);
  const drafts: Draft[] = [];
  for (const reading of readings) {
    drafts.push(...draftsOf(reading, own));
    if (!own && isEncodedProse(reading)) drafts.push(encodedDraft(reading));
  }
  // What a span asks for is only looked at where the span stays: half the readings of a text show the same ones.
  const kept = withoutRepeats(drafts).map(finished);
  return { probability: kept.reduce((highest, span) => Math.max(highest, span.probability), 0), spans: kept, exceeded };
}

/** Four words with blanks between: what is decoded is more often a key, a picture or a record. */
const PROSE = /(?:\p{L}+[,;:.]? ){3}\p{L}{2,}/u;

/** Sentences that somebody encoded. */
function isEncodedProse({ layers, text }: Reading): boolean {
  const last = layers.at(-1);
  return (last === 'base64' || last === 'hex') && PROSE.test(text);
}

/**
 * Whatever they say, and in whatever language: a call that does what stands there is the text's doing. By itself it is as
 * often a mail's body as an order, so it is not acted on before that.
 */
const ENCODED_PROSE = { id: 'framing.encoded', suspicion: 'injection', inData: 0.5, inPrompt: 0 } as const;

function encodedDraft(reading: Reading): Draft {
  const { text } = reading;
  const origin = originOf(reading, 0, text.length);
  return {
    ...origin,
    probability: ENCODED_PROSE.inData,
    lead: ENCODED_PROSE,
    also: [],
    reading,
    from: 0,
    to: text.length,
  };
}

/**
 * Strong phrases near each other are one request, with the weak ones that stand in or beside it; a weak phrase elsewhere is a
 * span of its own, so that what other people wrote in the same document is not taken for part of the attack.
 */
function draftsOf(reading: Reading, own: boolean): Draft[] {
  const matches = matchesOf(reading.text, own).sort((a, b) => a.start - b.start);
  const cores = grouped(
    matches.filter((match) => match.probability >= STRONG),
    JOIN_UNITS,
  );
  const reached = cores.map((core) => ({ core, ...extentOf(reading.text, core), weak: [] as Match[] }));
  const alone: Match[] = [];
  for (const match of matches) {
    if (match.probability >= STRONG) continue;
    const home = reached.find(({ start, end }) => match.start < end + BESIDE_UNITS && match.end > start - BESIDE_UNITS);
    if (home === undefined) alone.push(match);
    else home.weak.push(match);
  }
  return [
    ...reached.map(({ core, weak, start, end }) => draftOf(reading, [...core, ...weak], start, end)),
    ...grouped(alone, BESIDE_UNITS).map((group) => draftOf(reading, group, startOf(group), endOf(group))),
  ];
}

function grouped(matches: readonly Match[], gap: number): Match[][] {
  const groups: Match[][] = [];
  let end = Number.NEGATIVE_INFINITY;
  for (const match of matches) {
    const current = groups.at(-1);
    if (current === undefined || match.start - end > gap) groups.push([match]);
    else current.push(match);
    end = Math.max(match.end, match.start - end > gap ? 0 : end);
  }
  return groups;
}

const startOf = (group: readonly Match[]): number =>
  group.reduce((least, match) => Math.min(least, match.start), Number.POSITIVE_INFINITY);
const endOf = (group: readonly Match[]): number => group.reduce((most, match) => Math.max(most, match.end), 0);

/**
 * One phrase opens a request, which goes on behind it, or stands in or behind one ("… and do not tell the user"); several
 * far apart have it between them.
 */
function extentOf(text: string, core: readonly Match[]): { start: number; end: number } {
  const first = startOf(core);
  // "Do not tell the user" speaks of what was just asked for; any other phrase only of the request that it stands in.
  const behind = core.some(({ rule, start: at }) => at === first && rule.id === 'address.secrecy') ? BEFORE_UNITS : -1;
  const before = requestClausesIn(text).find((clause) => clause.start < first && clause.end >= first - behind);
  const start = Math.max(before?.start ?? first, first - REACH_UNITS);
  const end = endOf(core);
  return { start, end: reachOf(text, end, end - start > FRAMED_UNITS ? FRAMED_REACH_UNITS : REACH_UNITS) };
}

function matchesOf(text: string, own: boolean): Match[] {
  const matches: Match[] = [];
  if (!own)
    for (const { start, end, verb, led } of requestClausesIn(text)) {
      const rule = CLAUSE_RULES[led ? 'led' : verb === undefined ? 'foreign' : 'plain'];
      matches.push({ rule, probability: rule.inData, start, end });
    }
  for (const window of windowsOf(text)) {
    prefilter.note(window.text);
    for (const [index, rule] of RULES.entries()) {
      const probability = own ? rule.inPrompt : rule.inData;
      if (probability === 0 || !prefilter.canMatch(index)) continue;
      const { pattern } = rule;
      const last = prefilter.lastStart(index);
      pattern.lastIndex = prefilter.firstStart(index);
      while (pattern.lastIndex <= last) {
        const match = pattern.exec(window.text);
        if (match === null) break;
        const start = window.start + match.index;
        matches.push({ rule, probability, start, end: start + match[0].length });
        if (matches.length >= MAX_MATCHES) return matches;
      }
    }
  }
  return matches;
}

/**
 * One probability from the rules that matched in one place. The strongest counts whole, each further *family* a third of
 * its log-odds above an even chance's half: phrases of one attack come together, so they are worth less than independent ones.
 */
export function combined(matches: readonly { probability: number; family: string }[]): number {
  const strongest = new Map<string, number>();
  for (const match of matches)
    strongest.set(match.family, Math.max(strongest.get(match.family) ?? 0, match.probability));
  const [first, ...rest] = [...strongest.values()].sort((a, b) => b - a);
  if (first === undefined) return 0;
  const logOdds = (p: number): number => Math.log(p / (1 - p));
  const sum = rest.reduce((total, p) => total + Math.max(0, logOdds(p) + 2) / 3, logOdds(first));
  return 1 / (1 + Math.exp(-Math.min(sum, 5)));
}

/** A span before anything is read in it: where it stands in the received text, and what it weighs. */
interface Draft {
  start: number;
  end: number;
  probability: number;
  lead: Match['rule'];
  also: Suspicion[];
  reading: Reading;
  /** The span in the reading. */
  from: number;
  to: number;
}

function draftOf(reading: Reading, group: readonly Match[], start: number, end: number): Draft {
  const lead = group.reduce((best, match) => (match.probability > best.probability ? match : best));
  let probability = combined(
    group.map((match) => ({ probability: match.probability, family: match.rule.id.split('.', 1)[0] as string })),
  );
  const hidden = reading.layers.some((layer) => HIDING.has(layer));
  if (hidden) probability = 1 - (1 - probability) * 0.5;
  const origin = originOf(reading, start, end);
  return {
    start: origin.start,
    end: origin.end,
    probability: Math.round(probability * 1e4) / 1e4,
    lead: lead.rule,
    also: alsoOf(group, lead.rule.suspicion),
    reading,
    from: start,
    to: end,
  };
}

function alsoOf(group: readonly Match[], own: Suspicion): Suspicion[] {
  const telling = group.filter(({ probability }) => probability >= TELLING).map(({ rule }) => rule.suspicion);
  return [...new Set(telling)].filter((suspicion) => suspicion !== own);
}

function finished({ start, end, probability, lead, also, reading, from, to }: Draft): Span {
  const text = reading.text.slice(from, Math.min(to, from + MAX_SPAN_UNITS));
  const suspicion: Suspicion = lead.suspicion;
  return {
    start,
    end,
    probability,
    suspicion,
    ...(also.length > 0 ? { also } : {}),
    rule: lead.id,
    text,
    ...(reading.layers.length > 0 ? { layers: [...new Set(reading.layers)] } : {}),
    asksFor: asksFor(text),
  };
}

/** The request that a phrase opens goes on to the end of its paragraph; a short remainder takes the next one with it. */
function reachOf(text: string, end: number, reach: number): number {
  const limit = Math.min(text.length, end + reach);
  let at = end;
  while (at < limit) {
    const blank = text.indexOf('\n\n', at);
    if (blank < 0 || blank >= limit) return limit;
    if (blank - end >= 40) return blank;
    at = blank + 2;
  }
  return limit;
}

/** Several readings show the same span; the one with the highest probability stands for the stretch of received text. */
function withoutRepeats(drafts: Draft[]): Draft[] {
  const kept: Draft[] = [];
  for (const span of drafts.sort((a, b) => b.probability - a.probability || a.start - b.start)) {
    if (kept.length >= MAX_SPANS) break;
    if (!kept.some((other) => span.start < other.end && span.end > other.start)) kept.push(span);
  }
  return kept.sort((a, b) => a.start - b.start);
}

/**
 * The inspector with models of our own behind the phrases: the fast tier reads everything that reached the model as data,
 * the deep tier what the fast one is unsure of.
 *
 * The port is synchronous, because decisions are; the deep tier is not, because its runtime is not. So it reads *ahead*:
 * whoever can wait calls `readAhead` with the texts of an event before handing the event to `admit` or `inspectEvent`, and
 * the verdict waits in the memory. Who does not, gets the fast tier's verdict, and `unread` says that the deep tier was
 * left out. Reading ahead twice costs a look-up.
 *
 * Only data is read by the models (tool results, documents, memory). A prompt asks the machine by right, an agent's message
 * often does, and a tool's description tells the model what to do by nature: there the phrases decide, as before.
 */
import { LRUCache } from 'lru-cache';
import type { Layer, Span, TextRole } from '../../../schemas/inspection.js';
import { contentHash } from '../../runtime/hash.js';
import { asksFor } from '../asks-for.js';
import { createInspector, type Inspector, type InspectorOptions, type Read } from '../inspect-text.js';
import { readingsOf } from '../normalise.js';
import { originOf, type Reading } from '../reading.js';
import { requestsIn } from '../request-clauses.js';
import { isPhrase } from '../rules/rule.js';
import type { DeepBudget, DeepFinding, DeepReader } from './deep/reader.js';
import type { FastAnswer, FastReader, FastStretch } from './fast/reader.js';
import type { Calibration } from './fast/weights.js';

export const SEMANTIC_VERSION = 'semantic-2';

/** How both tiers' log-odds make one probability: 1 / (1 + exp(−(slope · deep + fast · fast's + intercept))). */
export interface JointCalibration extends Calibration {
  fast: number;
}

export interface DeepTier {
  reader: DeepReader;
  calibration: JointCalibration;
  budget?: Partial<DeepBudget>;
}

export interface SemanticOptions extends InspectorOptions {
  fast: FastReader;
  deep?: DeepTier;
}

export interface SemanticInspector extends Inspector {
  /** Lets the deep tier read what the fast tier doubts. Never throws: a deep tier that fails is said in `unread`. */
  readAhead(texts: readonly { text: string; role: TextRole }[]): Promise<void>;
  close(): Promise<void>;
}

const READ_BY_MODELS: ReadonlySet<TextRole> = new Set(['tool', 'document', 'memory']);
/** Windows and time that one text may cost the deep tier. */
const DEFAULT_BUDGET: DeepBudget = { maxWindows: 32, maxMs: 400 };
/** A model's span below this is nothing that anyone would look at. */
const LEAST_SPAN = 0.05;
/** What a doubted stretch is worth in which nothing has the form of a request: of those, fewer are planted than clean. */
const FORMLESS = 0.1;
/** The share of a place that a window must hold to hold it whole. */
const WHOLE = 0.8;
const MAX_SPANS = 16;
const MAX_SPAN_UNITS = 2000;

interface Doubted {
  reading: Reading;
  requests: readonly { start: number; end: number }[];
  answer: FastAnswer;
}

export function createSemanticInspector(options: SemanticOptions): SemanticInspector {
  const { fast, deep, keepText = true, maxChars = 1_000_000, remembered = 10_000 } = options;
  const phrases = createInspector(options);
  const memory = new LRUCache<string, Read>({ max: remembered });
  const budget = { ...DEFAULT_BUDGET, ...deep?.budget };

  const doubtsOf = (text: string): Doubted[] =>
    readingsOf(text.length > maxChars ? text.slice(0, maxChars) : text).readings.flatMap((reading) => {
      const requests = requestsIn(reading.text);
      // What has nothing of a request's form in it is worth next to nothing (FORMLESS), so it need not be read at all.
      if (requests.length === 0 && !isForeign(reading.text)) return [];
      const answer = fast.read(reading.text);
      return answer.doubts.length > 0 ? [{ reading, requests, answer }] : [];
    });

  const merged = (read: Read, spans: Span[], unread: string | undefined): Read => {
    if (read.verdict.kind !== 'read') return read;
    const all = withoutRepeats([...read.verdict.spans, ...spans]);
    const reasons = [read.unread, unread].filter((reason) => reason !== undefined);
    return {
      hash: read.hash,
      verdict: {
        kind: 'read',
        model: `${read.verdict.model}+${SEMANTIC_VERSION}`,
        probability: spans.reduce((most, span) => Math.max(most, span.probability), read.verdict.probability),
        spans: all,
      },
      ...(reasons.length > 0 ? { unread: reasons.join('; ') } : {}),
    };
  };

  const fastSpans = (doubted: readonly Doubted[]): Span[] =>
    doubted.flatMap(({ reading, requests, answer }) =>
      answer.doubts.flatMap((doubt) =>
        locate(reading.text, requests, answer, doubt).map((place) =>
          spanOf(reading, place.start, place.end, place.probability, place.rule, keepText),
        ),
      ),
    );

  const readFast = (text: string, role: TextRole): Read => {
    const base = phrases.read(text, role);
    if (!READ_BY_MODELS.has(role)) return base;
    const doubted = doubtsOf(text);
    return merged(
      base,
      fastSpans(doubted),
      deep !== undefined && doubted.length > 0 ? 'the deep text model was not asked' : undefined,
    );
  };

  const readDeep = async (text: string, role: TextRole, tier: DeepTier): Promise<Read> => {
    const base = phrases.read(text, role);
    const doubted = doubtsOf(text);
    if (doubted.length === 0) return merged(base, [], undefined);
    const spans: Span[] = [];
    let unread = 0;
    try {
      let left = budget.maxWindows;
      for (const { reading, requests, answer } of doubted) {
        const read = await tier.reader.read(reading.text, { maxWindows: left, maxMs: budget.maxMs }, answer.doubts);
        left -= read.windows.length;
        unread += read.unread;
        for (const window of read.windows) {
          const probability = jointProbability(window, answer.doubts, tier.calibration);
          spans.push(spanOf(reading, window.start, window.end, probability, 'deep-1', keepText));
        }
        // What the budget left unread keeps the fast tier's verdict.
        if (read.unread > 0) spans.push(...fastSpans([{ reading, requests, answer }]));
      }
    } catch (error) {
      return merged(
        base,
        fastSpans(doubted),
        `the deep text model failed: ${error instanceof Error ? error.message : 'unknown'}`,
      );
    }
    return merged(
      base,
      spans,
      unread > 0 ? `${unread} windows were left out by the deep text model's budget` : undefined,
    );
  };

  return {
    model: `${phrases.model}+${SEMANTIC_VERSION}`,
    read(text, role) {
      const key = `${role}:${contentHash(text)}`;
      const known = memory.get(key);
      if (known !== undefined) return known;
      const read = readFast(text, role);
      memory.set(key, read);
      return read;
    },
    async readAhead(texts) {
      if (deep === undefined) return;
      for (const { text, role } of texts) {
        if (!READ_BY_MODELS.has(role)) continue;
        const key = `${role}:${contentHash(text)}`;
        const known = memory.get(key);
        if (known !== undefined && known.unread?.includes('was not asked') !== true) continue;
        memory.set(key, await readDeep(text, role, deep));
      }
    },
    async close() {
      await deep?.reader.close();
    },
  };
}

/** The tiers err on different texts (the deep one started from an English model), so the fast one's odds count on. */
export function jointProbability(
  window: DeepFinding,
  doubts: readonly FastStretch[],
  calibration: JointCalibration,
): number {
  const { slope, fast, intercept } = calibration;
  return 1 / (1 + Math.exp(-(slope * window.logOdds + fast * fastLogOdds(window, doubts) + intercept)));
}

/** The fast tier's log-odds for a window of the deep tier: those of the most suspicious stretch it touches. */
export function fastLogOdds(window: DeepFinding, doubts: readonly FastStretch[]): number {
  let most = 1e-4;
  for (const doubt of doubts)
    if (doubt.start < window.to && doubt.end > window.from) most = Math.max(most, doubt.probability);
  const held = Math.min(most, 1 - 1e-6);
  return Math.log(held / (1 - held));
}

/**
 * The requests within a stretch that the fast tier doubts, each with the probability of the windows it stands in. A window
 * is 36 tokens wide and a request often shorter: without this its neighbours (the next record's account, another person's
 * address) would count as asked for. A stretch in which nothing has a request's form stays whole.
 */
function locate(
  text: string,
  requests: readonly { start: number; end: number }[],
  { windows }: FastAnswer,
  doubt: FastStretch,
): { start: number; end: number; probability: number; rule: string }[] {
  const found = requests
    .filter(({ start, end }) => start < doubt.end && end > doubt.start)
    .map((place) => ({ ...place, probability: probabilityAt(windows, place), rule: 'fast-1.request' }))
    .filter(({ probability }) => probability > 0);
  if (found.length > 0) return found;
  const whole = doubt.probability * (isForeign(text.slice(doubt.start, doubt.end)) ? 1 : FORMLESS);
  return [{ start: doubt.start, end: doubt.end, probability: whole, rule: 'fast-1.stretch' }];
}

/** Whether a good part is written in letters that the request forms do not know. */
function isForeign(text: string): boolean {
  if (!/[^\x00-\u024f\u2000-\u206f]/.test(text)) return false;
  return (text.match(/[^\x00-\u024f\s]/gu)?.length ?? 0) > text.length / 8;
}

/**
 * What the windows say of one place. Windows overlap, so a place beside a request shares some windows with it and not
 * others: of those that hold the place as good as whole, the mean log-odds tells them apart.
 */
function probabilityAt(windows: FastAnswer['windows'], place: { start: number; end: number }): number {
  const length = place.end - place.start;
  let sum = 0;
  let count = 0;
  let most = 0;
  for (const window of windows) {
    if (window.start >= place.end) break;
    const shared = Math.min(window.end, place.end) - Math.max(window.start, place.start);
    if (shared >= WHOLE * length) {
      const held = Math.min(1 - 1e-4, Math.max(1e-4, window.probability));
      sum += Math.log(held / (1 - held));
      count++;
    } else if (2 * shared >= Math.min(window.end - window.start, length)) most = Math.max(most, window.probability);
  }
  return count > 0 ? 1 / (1 + Math.exp(-sum / count)) : most;
}

function spanOf(
  reading: Reading,
  start: number,
  end: number,
  probability: number,
  rule: string,
  keepText: boolean,
): Span {
  const text = reading.text.slice(start, Math.min(end, start + MAX_SPAN_UNITS));
  const layers: Layer[] = [...new Set(reading.layers)];
  return {
    ...originOf(reading, start, end),
    probability: Math.round(probability * 1e4) / 1e4,
    suspicion: 'injection',
    rule,
    ...(keepText ? { text } : {}),
    ...(layers.length > 0 ? { layers } : {}),
    asksFor: asksFor(text),
  };
}

function asksForSomething({ asksFor: asks }: Span): boolean {
  return asks !== undefined && asks.effects.length + asks.destinations.length + asks.tools.length > 0;
}

/**
 * Several readings and tiers show the same request: the most probable span stands for its stretch of the text. Where a
 * phrase (an address to the machine, a frame) stands around a model's span, the phrase's name stays: what it says is a
 * witness of its own kind.
 */
function withoutRepeats(spans: readonly Span[]): Span[] {
  const kept: Span[] = [];
  for (const span of [...spans].sort((a, b) => b.probability - a.probability || a.start - b.start)) {
    if (kept.length >= MAX_SPANS || span.probability < LEAST_SPAN) break;
    const at = kept.findIndex((other) => span.start < other.end && span.end > other.start);
    const over = kept[at];
    if (over === undefined) kept.push(span);
    else if (isPhrase(span.rule) && !isPhrase(over.rule)) {
      kept[at] = { ...over, rule: span.rule, suspicion: span.suspicion };
      // A frame whose request has no form of one: what stands behind the frame is the request.
      if (!kept.some((other) => other.start < span.end && other.end > span.start && asksForSomething(other)))
        kept.push(span);
    }
  }
  return kept.sort((a, b) => a.start - b.start);
}

/**
 * The inspector with models of our own behind the phrases: the fast tier reads everything that reached the model as data,
 * the deep tier what the fast one is unsure of.
 *
 * The port is synchronous, because decisions are; the deep tier and a judge are not. So they read *ahead*: whoever can wait
 * calls `readAhead` with the texts of an event (`readOn` does it for an event that was inspected already), and the verdict
 * waits in the memory. Who does not, gets the fast tier's verdict, and `unread` says who was left out. Reading ahead twice
 * costs a look-up.
 *
 * Data (tool results, documents, memory) is read for requests to the machine. A prompt asks the machine by right, so a model
 * of its own reads it for attacks. An agent's message often asks, and a tool's description tells the model what to do by
 * nature: there the phrases decide.
 */
import { LRUCache } from 'lru-cache';
import type { Span, TextRole } from '../../../schemas/inspection.js';
import { contentHash } from '../../runtime/hash.js';
import {
  type Inspector,
  type InspectorOptions,
  partsOf,
  type Read,
  readPhrases,
  REMEMBERED_VERDICTS,
} from '../inspect-text.js';
import { readingsOf } from '../normalise.js';
import { PATTERNS_VERSION } from '../patterns.js';
import type { Reading } from '../reading.js';
import { surveyOf } from '../survey.js';
import { learnedClausesIn, requestsIn } from '../request-clauses.js';
import { DEEP_NOT_ASKED, deepLeft, isWorthAsking, JUDGE_NOT_ASKED, withUnread } from '../left-out.js';
import { askedOf, type Suspect } from './deep/asked.js';
import {
  type Evidence,
  evidenceOf,
  foundBeside,
  type JointCalibration,
  jointProbability,
  logOddsOf,
} from './deep/joint.js';
import type { Stretch } from './deep/laid-windows.js';
import { isTwin, notAskedYet, received, receivedWindow } from './deep/twin-readings.js';
import type { DeepAnswer, DeepBudget, DeepFinding, DeepReader } from './deep/reader.js';
import type { FastAnswer, FastReader, FastStretch } from './fast/reader.js';
import { isForJudge, judged, type JudgeTier } from './judge/judged.js';
import { type UnreadSpan, withAsks, withoutRepeats } from './merged-spans.js';
import { moved, rounded, spanOf } from './span-of.js';
import type { PlaceReader } from './place/reader.js';
import { oddsAt } from './place/view.js';
import { inspectPrompt } from './prompt/inspect-prompt.js';
import type { PromptReader } from './prompt/reader.js';

export const SEMANTIC_VERSION = 'semantic-4';

export interface DeepTier {
  reader: DeepReader;
  calibration: JointCalibration;
  budget?: Partial<DeepBudget>;
  /** Hears what is known of each place that it read: what a calibration is fitted on. */
  onEvidence?: (evidence: Evidence) => void;
}

export interface SemanticOptions extends InspectorOptions {
  fast: FastReader;
  /** Reads each request by itself; without it a request is worth what its windows are. */
  places?: PlaceReader;
  /** Reads what users say; without it the phrases decide there. */
  prompts?: PromptReader;
  deep?: DeepTier;
  judge?: JudgeTier;
}

export interface SemanticInspector extends Inspector {
  readAhead(texts: readonly { text: string; role: TextRole }[], withinMs?: number): Promise<void>;
  close(): Promise<void>;
}

const READ_BY_MODELS: ReadonlySet<TextRole> = new Set(['tool', 'document', 'memory']);
/** Windows and time that the texts of one event may cost the deep tier. */
export const DEFAULT_DEEP_BUDGET: DeepBudget = { maxWindows: 32, maxMs: 400 };
/** What a doubted stretch is worth in which nothing has the form of a request: of those, fewer are planted than clean. */
const FORMLESS = 0.1;
/** The share of a place that a window must hold to hold it whole. */
const WHOLE = 0.8;
/** Log-odds by the fast tier (one in a hundred) from which a place is read by itself: of those below nearly none is planted. */
const LEAST_ODDS = -4.6;
/** Places of one reading that are read by themselves. */
const MOST_PLACES = 24;

interface Doubted {
  reading: Reading;
  requests: readonly { start: number; end: number }[];
  answer: FastAnswer;
  /** What the place reader says of a place, where there is one. */
  told: PlaceTold | undefined;
  /** Where the part that was read begins in the text. */
  from: number;
  /** English in which nothing has the form of a request: only the deep tier makes something of it. */
  isFormless: boolean;
  /** What the deep tier is asked about. */
  asked: readonly Stretch[];
}

/** A place of a text and what it is worth, before it is a span. */
interface Found extends Stretch {
  probability: number;
  /** What the fast tier said by itself, where the deep one spoke. */
  fastProbability?: number;
  rule: string;
}

/** A place that the windows say more of than the place reader: it counts for calls, not for the text's own probability. */
const NOTED_RULE = 'fast-1.window';

/** Where the deep tier points at a request that nothing else knew. */
const BESIDE_RULE = 'deep-1.stretch';

/** What the form of a request alone is worth; more is said where it was hidden. */
const MOST_BY_FORM = 0.3;

/** What is found by the form of a request alone says where to look. What it is worth says who read it by itself. */
const isMore = ({ rule, probability }: Span): boolean =>
  rule !== NOTED_RULE && (!rule.startsWith('request.clause') || probability > MOST_BY_FORM);

const isInDoubt = ({ asked }: Doubted): boolean => asked.length > 0;

export function createSemanticInspector(options: SemanticOptions): SemanticInspector {
  const { fast, places, prompts, deep, judge, keepText = true, maxChars = 1_000_000 } = options;
  const memory = new LRUCache<string, Read>({ max: options.remembered ?? REMEMBERED_VERDICTS });
  const budget = { ...DEFAULT_DEEP_BUDGET, ...deep?.budget };

  const doubtsOf = (text: string): Doubted[] => {
    const askedBefore: Stretch[] = [];
    return partsOf(text, maxChars).flatMap((part) =>
      readingsOf(part.text).readings.flatMap((reading) => {
        const requests = requestsIn(reading.text, learnedClausesIn(reading.text));
        // What has nothing of a request's form in it is worth next to nothing (FORMLESS), so it need not be read at all.
        const isFormless = requests.length === 0 && !isForeign(reading.text);
        if (isFormless && deep === undefined) return [];
        const answer = fast.read(reading.text);
        const told = places === undefined ? undefined : toldBy(places, reading, answer);
        const worth = deep === undefined ? [] : askedOf(reading.text, suspectsOf(requests, answer, told), answer);
        const asked = notAskedYet(worth, reading, part.start, askedBefore);
        if (isTwin(reading)) askedBefore.push(...asked.map((stretch) => received(stretch, reading, part.start)));
        const isRead = !isFormless && (answer.doubts.length > 0 || (places !== undefined && requests.length > 0));
        return isRead || asked.length > 0
          ? [{ reading, requests, answer, told, from: part.start, isFormless, asked }]
          : [];
      }),
    );
  };

  const merged = (read: Read, spans: UnreadSpan[], unread: string | undefined): Read => {
    if (read.verdict.kind !== 'read') return read;
    const all = withoutRepeats([...read.verdict.spans, ...spans]).map(withAsks);
    const reasons = [read.unread, unread].filter((reason) => reason !== undefined);
    return {
      hash: read.hash,
      verdict: {
        kind: 'read',
        model: `${read.verdict.model}+${SEMANTIC_VERSION}`,
        probability: [...read.verdict.spans, ...spans]
          .filter((span) => places === undefined || isMore(span))
          .reduce((most, span) => Math.max(most, span.probability), 0),
        spans: all,
      },
      ...(reasons.length > 0 ? { unread: reasons.join('; ') } : {}),
    };
  };

  const foundIn = ({ reading, requests, answer, told, isFormless }: Doubted): Found[] => {
    if (isFormless) return [];
    return told === undefined
      ? answer.doubts.flatMap((doubt) => locate(reading.text, requests, answer, doubt))
      : readPlaces(told, requests, answer);
  };

  const spansOf = ({ reading, from }: Doubted, found: readonly Found[]): UnreadSpan[] =>
    found.map(({ start, end, probability, fastProbability, rule }) => {
      const span = spanOf(reading, start, end, probability, rule, keepText);
      if (fastProbability !== undefined) span.fastProbability = rounded(fastProbability);
      return moved(span, from);
    });

  /**
   * What is found with what the deep tier makes of it, and what it found where nothing was. `earlier`: what it read in the
   * twins of this reading before it, in units of the received text.
   */
  const foundWith = (
    each: Doubted,
    windows: readonly DeepFinding[],
    earlier: readonly DeepFinding[],
    tier: DeepTier,
  ): Found[] => {
    const found = foundIn(each);
    const { reading, from } = each;
    const beside = foundBeside(found, windows).map((place) => ({ ...place, probability: 0, rule: BESIDE_RULE }));
    return [...found, ...beside].flatMap((place) => {
      const odds = oddsAt(each.answer.windows, place)[1];
      const evidence =
        place.rule === NOTED_RULE
          ? undefined
          : (evidenceOf(place, windows, odds) ??
            (isTwin(reading) ? evidenceOf(received(place, reading, from), earlier, odds) : undefined));
      if (evidence !== undefined) tier.onEvidence?.(evidence);
      if (evidence === undefined) return place.rule === BESIDE_RULE ? [] : [place];
      return [
        {
          ...place,
          probability: jointProbability(evidence, tier.calibration),
          fastProbability: place.probability,
          rule: place.rule.replace('fast-1', 'deep-1'),
        },
      ];
    });
  };

  const firstRead = (text: string, role: TextRole, hash: string): { base: Read; read: Read; doubted: Doubted[] } => {
    const base = readPhrases(text, role, hash, options);
    if (role === 'user' && prompts !== undefined)
      return { base, read: inspectPrompt(base, text, prompts, { maxChars, keepText }), doubted: [] };
    if (!READ_BY_MODELS.has(role)) return { base, read: base, doubted: [] };
    const doubted = doubtsOf(text);
    return {
      base,
      read: merged(
        base,
        doubted.flatMap((each) => spansOf(each, foundIn(each))),
        undefined,
      ),
      doubted,
    };
  };

  /** What the deep tier makes of the doubted stretches; `left` is the event's budget, and gets smaller. */
  const deepRead = async (base: Read, doubted: readonly Doubted[], tier: DeepTier, left: DeepBudget): Promise<Read> => {
    const spans: UnreadSpan[] = [];
    let unread = 0;
    let why: DeepAnswer['left'];
    const earlier: DeepFinding[] = [];
    for (const each of doubted) {
      const { reading, from } = each;
      const read = await tier.reader.read(reading.text, left, each.asked);
      left.maxWindows -= read.asked;
      left.maxMs -= read.tookMs;
      unread += read.unread;
      why ??= read.left;
      spans.push(...spansOf(each, foundWith(each, read.windows, earlier, tier)));
      if (isTwin(reading)) earlier.push(...read.windows.map((window) => receivedWindow(window, reading, from)));
    }
    return merged(base, spans, unread === 0 ? undefined : deepLeft(unread, why));
  };

  const asksJudge = (read: Read, role: TextRole): boolean =>
    judge !== undefined && isForJudge(judge, read.verdict, role);

  return {
    model: `${PATTERNS_VERSION}+${SEMANTIC_VERSION}`,
    read(text, role) {
      const hash = contentHash(text);
      const key = `${role}:${hash}`;
      const known = memory.get(key);
      if (known !== undefined) return known;
      const { read, doubted } = firstRead(text, role, hash);
      const left = [
        ...(deep !== undefined && doubted.some(isInDoubt) ? [DEEP_NOT_ASKED] : []),
        ...(asksJudge(read, role) ? [JUDGE_NOT_ASKED] : []),
      ];
      const said = left.reduce(withUnread, read);
      memory.set(key, said);
      return said;
    },
    async readAhead(texts, withinMs = Number.POSITIVE_INFINITY) {
      if (deep === undefined && judge === undefined) return;
      const left = { ...budget, maxMs: Math.min(budget.maxMs, withinMs) };
      for (const { text, role } of texts) {
        const hash = contentHash(text);
        const key = `${role}:${hash}`;
        const known = memory.get(key);
        if (known !== undefined && !isWorthAsking(known.unread)) continue;
        const first = firstRead(text, role, hash);
        let read = first.read;
        if (deep !== undefined && first.doubted.some(isInDoubt))
          read = await deepRead(first.base, first.doubted, deep, left);
        if (judge !== undefined && asksJudge(read, role)) read = await judged(judge, read, text, role, keepText);
        memory.set(key, read);
      }
    },
    async close() {
      await deep?.reader.close();
    },
  };
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
): Found[] {
  const found = requests
    .filter(({ start, end }) => start < doubt.end && end > doubt.start)
    .map((place) => ({ ...place, probability: probabilityAt(windows, place), rule: 'fast-1.request' }))
    .filter(({ probability }) => probability > 0);
  if (found.length > 0) return found;
  const whole = doubt.probability * (isForeign(text.slice(doubt.start, doubt.end)) ? 1 : FORMLESS);
  return [{ start: doubt.start, end: doubt.end, probability: whole, rule: 'fast-1.stretch' }];
}

/** What the place reader says of a place of a reading; of each it is asked once. `formless`: nothing there has a request's form. */
type PlaceTold = (place: Stretch, formless: boolean) => number;

function toldBy(places: PlaceReader, reading: Reading, answer: FastAnswer): PlaceTold {
  const known = new Map<string, number>();
  return ({ start, end }, formless) => {
    const key = `${start}:${end}:${formless}`;
    const probability = known.get(key) ?? places.probability(reading, { start, end }, answer, formless);
    known.set(key, probability);
    return probability;
  };
}

/** The requests of a text as the deep tier may be asked about them; of very many those that the fast tier doubts most are read by themselves. */
function suspectsOf(requests: readonly Stretch[], answer: FastAnswer, told: PlaceTold | undefined): Suspect[] {
  const suspects = requests.map(({ start, end }) => ({
    start,
    end,
    logOdds: oddsAt(answer.windows, { start, end })[1],
  }));
  suspects.sort((a, b) => b.logOdds - a.logOdds);
  if (told !== undefined)
    for (const suspect of suspects.slice(0, MOST_PLACES))
      suspect.logOdds = Math.max(suspect.logOdds, logOddsOf(told(suspect, false)));
  return suspects;
}

/**
 * The requests of a text, each read by itself, and the doubted stretches in which nothing has the form of one. Of a text
 * that is all requests (a manual, a list) those that the fast tier doubts most are read.
 */
function readPlaces(told: PlaceTold, requests: readonly { start: number; end: number }[], answer: FastAnswer): Found[] {
  const bare = answer.doubts.filter(
    (doubt) => !requests.some(({ start, end }) => start < doubt.end && end > doubt.start),
  );
  const read = [
    ...requests.map((place) => ({ place, formless: false, odds: oddsAt(answer.windows, place)[1] })),
    ...bare.map((place) => ({ place, formless: true, odds: oddsAt(answer.windows, place)[1] })),
  ];
  const worth = read.filter(({ odds }) => odds >= LEAST_ODDS);
  if (worth.length > MOST_PLACES) worth.sort((a, b) => b.odds - a.odds).length = MOST_PLACES;
  return worth.flatMap(({ place: { start, end }, formless }) => {
    const probability = told({ start, end }, formless);
    if (formless) return [{ start, end, probability, rule: 'fast-1.stretch' }];
    const noted = probabilityAt(answer.windows, { start, end });
    const own = { start, end, probability, rule: 'fast-1.request' };
    return noted > probability ? [own, { start, end, probability: noted, rule: NOTED_RULE }] : [own];
  });
}

/** Whether a good part is written in letters that the request forms do not know. */
function isForeign(text: string): boolean {
  if (!surveyOf(text).beyondAscii) return false;
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

/**
 * Which tools an agent uses for which kind of request: "refund order 4711" leads to the order, the payment and a reply, and
 * never to the list of users. A call of a kind that such requests never led to is more likely a text's doing than one that
 * they always lead to, whatever language anything is in and whatever the texts say.
 *
 * Kinds of requests are found as they come: one whose words are mostly a known kind's belongs to it, and what the two do not
 * share (names, numbers, courtesies) is forgotten. Words weigh by how few kinds have them (inverse document frequency, Spärck
 * Jones 1972), similarity is their cosine. Hashes, bounded.
 */
import { fnv1a } from './fnv.js';
import { itemHash } from './item-hash.js';

/** Conversations that asked for much the same. */
export interface RequestKind {
  /** Conversations. */
  n: number;
  /** Hashes of its words, {@link HASH_CHARS} characters each. */
  w: string;
  /** Hash of a call's kind → conversations with such a call. */
  t: Record<string, number>;
}

export interface RequestHabit {
  /** Newest last. */
  kinds: RequestKind[];
}

const HASH_CHARS = 3;
const MAX_KINDS = 20;
const MAX_WORDS = 10;
const MAX_CALLS = 10;
/** So many words of a request are looked at. */
const WORDS_READ = 120;
const SHORTEST_WORD = 3;
/** From here on two requests are of one kind. */
const SAME = 0.45;
/** From here on they are alike enough to tell something of each other. */
const ALIKE = 0.25;
/** What such conversations had is worth something from so many on. */
const LEAST_CONVERSATIONS = 3;
/** Older conversations of a kind fade. */
const MEMORY = 24;

export const newRequestHabit = (): RequestHabit => ({ kinds: [] });

const ALPHABET = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_';

/** 18 bits: words are compared among a few hundred. */
function wordHash(word: string): string {
  const hash = fnv1a(word);
  return (
    (ALPHABET[hash & 63] as string) + (ALPHABET[(hash >>> 6) & 63] as string) + (ALPHABET[(hash >>> 12) & 63] as string)
  );
}

const SOME_NUMBER = /\p{N}/u;
const IDEOGRAPHS = /[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]/u;

/**
 * What a request is known by.
 *
 * @param said `normalWords` of the user's texts
 */
export function requestWords(said: string): ReadonlySet<string> {
  const found = new Set<string>();
  for (const word of said.trim().split(' ', WORDS_READ)) {
    if (IDEOGRAPHS.test(word))
      for (let at = 0; at + 2 <= word.length; at++) found.add(wordHash(word.slice(at, at + 2)));
    else if (word.length >= SHORTEST_WORD && !SOME_NUMBER.test(word)) found.add(wordHash(word));
  }
  return found;
}

/** A memo: the same texts are met by every call of a conversation. */
const known = new WeakMap<readonly string[], { texts: number; last: string; words: ReadonlySet<string> }>();

/** {@link requestWords} of all of the user's texts, oldest first. */
export function requestWordsOf(userText: readonly string[]): ReadonlySet<string> {
  const last = userText.at(-1) ?? '';
  const before = known.get(userText);
  if (before?.texts === userText.length && before.last === last) return before.words;
  const words = requestWords(userText.join(''));
  known.set(userText, { texts: userText.length, last, words });
  return words;
}

function hashesOf({ w }: RequestKind): string[] {
  const hashes: string[] = [];
  for (let at = 0; at < w.length; at += HASH_CHARS) hashes.push(w.slice(at, at + HASH_CHARS));
  return hashes;
}

/** In how many kinds a word stands. */
function kindsByWord({ kinds }: RequestHabit): Map<string, number> {
  const counts = new Map<string, number>();
  for (const kind of kinds) for (const word of hashesOf(kind)) counts.set(word, (counts.get(word) ?? 0) + 1);
  return counts;
}

/** How alike a request and each kind are, 0 to 1. A word that no kind has says nothing about which it is of, and counts half. */
function likeness(habit: RequestHabit, words: ReadonlySet<string>): number[] {
  const counts = kindsByWord(habit);
  const weigh = (word: string): number => Math.log((habit.kinds.length + 2) / ((counts.get(word) ?? 0) + 1)) ** 2;
  let asked = 0;
  for (const word of words) asked += counts.has(word) ? weigh(word) : weigh(word) / 4;
  return habit.kinds.map((kind) => {
    let own = 0;
    let both = 0;
    for (const word of hashesOf(kind)) {
      const weight = weigh(word);
      own += weight;
      if (words.has(word)) both += weight;
    }
    return own === 0 || asked === 0 ? 0 : both / Math.sqrt(own * asked);
  });
}

/** What conversations with requests like this one tell of a call. */
export interface RequestUse {
  /** Share of them that had such a call, the more alike the more it counts; 0 where nothing like it is known. */
  used: number;
  /** How sure it is that such requests lead to no such call: 0 where one did time and again, or nothing like it is known. */
  unused: number;
  /** How much is known of such requests, 0 to 1. */
  known: number;
}

const UNKNOWN: RequestUse = { used: 0, unused: 0, known: 0 };

/**
 * What conversations with requests like this one tell, asked call by call: which they are is found out once.
 *
 * @returns for what a call is known by (its tool; of a command the programs it runs): all of it must have been there
 */
export function requestUses(
  habit: RequestHabit | undefined,
  words: ReadonlySet<string>,
): (calls: readonly string[]) => RequestUse {
  const kinds = habit?.kinds ?? [];
  let alike: readonly number[] | undefined;
  return (calls) => {
    if (habit === undefined || kinds.length === 0 || calls.length === 0) return UNKNOWN;
    alike ??= likeness(habit, words);
    return useOf(kinds, alike, calls.map(itemHash));
  };
}

function useOf(kinds: readonly RequestKind[], alike: readonly number[], hashes: readonly string[]): RequestUse {
  let weight = 0;
  let used = 0;
  let conversations = 0;
  let times = 0;
  kinds.forEach(({ n, t }, at) => {
    const like = alike[at] as number;
    if (like < ALIKE) return;
    const share = Math.min(...hashes.map((hash) => (Object.hasOwn(t, hash) ? (t[hash] as number) : 0))) / n;
    weight += n * like ** 4;
    used += n * like ** 4 * share;
    conversations += n;
    times += n * share;
  });
  if (weight === 0) return UNKNOWN;
  const sure = Math.min(1, conversations / LEAST_CONVERSATIONS);
  return { used: used / weight, unused: (sure * (1 - used / weight)) / (1 + times), known: sure };
}

/** Place of the kind that a request is most alike; -1 where it is alike none. Of those as alike the newest. */
function mostAlike(habit: RequestHabit, words: ReadonlySet<string>, least: number): number {
  let best = -1;
  let most = least;
  likeness(habit, words).forEach((like, at) => {
    if (like < most) return;
    best = at;
    most = like;
  });
  return best;
}

/** Counts a conversation to the kind that its request is of, a new one where it is of none; how many that has now. */
export function noteRequest(habit: RequestHabit, words: ReadonlySet<string>): number {
  const best = mostAlike(habit, words, SAME);
  let kind: RequestKind;
  if (best < 0) {
    const counts = kindsByWord(habit);
    // Those that some other kind has are no names.
    const chosen = [...words].sort((a, b) => (counts.get(b) ?? 0) - (counts.get(a) ?? 0)).slice(0, MAX_WORDS);
    kind = { n: 1, w: chosen.join(''), t: {} };
  } else {
    [kind] = habit.kinds.splice(best, 1) as [RequestKind];
    const shared = hashesOf(kind).filter((word) => words.has(word));
    if (shared.length >= 2) kind.w = shared.join('');
    if (kind.n >= MEMORY) {
      kind.n /= 2;
      for (const call of Object.keys(kind.t)) kind.t[call] = (kind.t[call] as number) / 2;
    }
    kind.n += 1;
  }
  habit.kinds.push(kind);
  if (habit.kinds.length > MAX_KINDS) forgetOne(habit);
  return kind.n;
}

/** The least seen kind goes, of those seen as often the oldest; never the newest. */
function forgetOne(habit: RequestHabit): void {
  let least = 0;
  habit.kinds.slice(0, -1).forEach(({ n }, at) => {
    if (n < (habit.kinds[least] as RequestKind).n) least = at;
  });
  habit.kinds.splice(least, 1);
}

/** Makes a habit smaller: the quarter of its kinds that was seen least. */
export function shrinkRequestHabit(habit: RequestHabit): void {
  for (let left = Math.max(1, habit.kinds.length >> 2); left > 0 && habit.kinds.length > 1; left--) forgetOne(habit);
}

/** A conversation with this request, which was counted, had such a call. */
export function noteRequestCall(habit: RequestHabit, words: ReadonlySet<string>, call: string): void {
  const kind = habit.kinds[mostAlike(habit, words, ALIKE)];
  if (kind === undefined) return;
  const hash = itemHash(call);
  kind.t[hash] = Math.min(kind.n, (kind.t[hash] ?? 0) + 1);
  const calls = Object.entries(kind.t);
  if (calls.length > MAX_CALLS) delete kind.t[calls.reduce((least, one) => (one[1] < least[1] ? one : least))[0]];
}

/** Conversations of a kind that teach what belongs to it, whatever is held in them. */
const FIRST_OF_KIND = 5;

/** What a conversation has counted so far: texts of the user's, and calls. */
export interface RequestMet {
  texts: number;
  /** The first conversations of the kind. */
  first: boolean;
  calls: string[];
}

export const newRequestMet = (): RequestMet => ({ texts: 0, first: false, calls: [] });
const MAX_MET = 32;

/**
 * Takes in a call of a conversation; a conversation counts each once, anew when the user asks for more.
 *
 * @param texts how many texts the user sent
 * @param calls what the call is known by
 * @param clean nothing was found in it, and nothing held it
 */
export function noteRequestCalls(
  habit: RequestHabit,
  met: RequestMet,
  said: { words: ReadonlySet<string>; texts: number },
  calls: readonly string[],
  clean: boolean,
): void {
  if (met.texts !== said.texts) {
    met.texts = said.texts;
    met.calls = [];
    met.first = noteRequest(habit, said.words) <= FIRST_OF_KIND;
  }
  if (!clean && !met.first) return;
  for (const call of calls) {
    const hash = itemHash(call);
    if (met.calls.length >= MAX_MET || met.calls.includes(hash)) continue;
    met.calls.push(hash);
    noteRequestCall(habit, said.words, call);
  }
}

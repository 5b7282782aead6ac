/**
 * What a session remembers to tell its turns apart: hashes and ids, never texts. Plain JSON, bounded; the short field
 * names keep it small, because it is written with every checkpoint of an active session.
 */

/** Who told of a call or a result. Each source tells the same thing once, so two tellings by one source are two calls. */
export const SOURCE = {
  /** A model's output. */
  output: 1,
  /** A tool's own span. */
  span: 2,
  /** The guard, before and after the call. */
  inline: 4,
  /** A later model call's messages. Repeats itself with every call, so it claims anew each time. */
  history: 8,
} as const;
export type Source = (typeof SOURCE)[keyof typeof SOURCE];

/** Set in a result's sources once it was told together with its call's id: from then on the pairing is certain. */
export const PAIRED = 16;

/** What is known of a model's span. */
export const MODEL = {
  /** It repeats another span. */
  nested: 1,
  called: 2,
  answered: 4,
  /** Its answer's content was seen. */
  said: 8,
} as const;

export interface CallRecord {
  /** Id of the canonical `tool.call`; empty while only the result was seen. */
  e: string;
  /** Tool name; empty: not known yet. */
  n: string;
  /** Hash of the arguments; empty: not sent. */
  a: string;
  /** Call id, where it identifies (see {@link identifying}). */
  i?: string;
  /** Call id that pairs it with its result only until the next call of that id. */
  w?: string;
  /** Spans that tell of it, and their parents. */
  s?: string[];
  p?: string[];
  /** Sources that told the call. */
  c: number;
  /** Sources that told the result; 0: none yet. */
  r: number;
  /** Hash of the result's text, where it was needed. */
  h?: string;
}

export interface PromptRecord {
  /** Hash of the text. */
  h: string;
  /** How many were told onwards. */
  n: number;
  /** The most that one list of messages held. */
  w: number;
  /** How many stand behind each message that came before them (or at the start of a trace: `^trace`). */
  a: Record<string, number>;
  /** Starts of traces that were dropped from `a` to keep it small. */
  b: number;
  /** How many came as events of their own. */
  k: number;
  /** Traces in which an agent's span named it as its input. */
  t: string[];
}

export interface TurnState {
  v: 1;
  /** Hashes of the last event ids, a ring. */
  seen: number[];
  at: number;
  /** Oldest first. */
  calls: CallRecord[];
  prompts: PromptRecord[];
  /** Hashes of system messages and tool lists. */
  told: string[];
  /** The last model spans: `[span, parent, flags of MODEL]`. */
  models: [string, string, number][];
  /** Something was dropped to stay within bounds: then only what follows the last known message counts as new. */
  full: boolean;
}

/** How much is remembered per session. Retries and resent histories fall well inside. */
export const BOUNDS = {
  seen: 256,
  calls: 96,
  prompts: 128,
  anchors: 64,
  told: 32,
  models: 32,
  spans: 4,
  traces: 32,
} as const;

export function newTurnState(): TurnState {
  return { v: 1, seen: [], at: 0, calls: [], prompts: [], told: [], models: [], full: false };
}

/** Notes an event id; true where it was seen before (an emitter's retry). */
export function seenBefore(state: TurnState, id: string): boolean {
  const hash = hash53(id);
  if (state.seen.includes(hash)) return true;
  remember(state, hash);
  return false;
}

function remember(state: TurnState, hash: number): void {
  state.seen[state.at] = hash;
  state.at = (state.at + 1) % BOUNDS.seen;
}

/** Notes a system message or tool list; true where it was told before. */
export function toldBefore(state: TurnState, hash: string): boolean {
  const at = state.told.indexOf(hash);
  if (at >= 0) state.told.splice(at, 1);
  state.told.push(hash);
  if (state.told.length > BOUNDS.told) state.told.shift();
  return at >= 0;
}

/**
 * Takes over what another state remembers, when two sessions turn out to be one (an alias). What both knew stays
 * once; nothing is told again because of it.
 */
export function joinTurnState(into: TurnState, from: TurnState): void {
  for (const hash of from.seen) if (!into.seen.includes(hash)) remember(into, hash);
  for (const hash of from.told) toldBefore(into, hash);
  const older = from.calls.filter(
    (call) =>
      !into.calls.some(
        (known) =>
          known.e === call.e ||
          (call.i !== undefined && known.i === call.i && known.n === call.n && known.a === call.a) ||
          (call.s?.some((span) => known.s?.includes(span)) ?? false),
      ),
  );
  into.calls = [...older, ...into.calls];
  for (const prompt of from.prompts) {
    const known = into.prompts.find((other) => other.h === prompt.h);
    if (!known) {
      into.prompts.unshift(prompt);
      continue;
    }
    known.n = Math.max(known.n, prompt.n);
    known.w = Math.max(known.w, prompt.w);
    known.b = Math.max(known.b, prompt.b);
    known.k = Math.max(known.k, prompt.k);
    for (const [anchor, count] of Object.entries(prompt.a)) known.a[anchor] = Math.max(known.a[anchor] ?? 0, count);
    known.t = [...new Set([...prompt.t, ...known.t])].slice(-BOUNDS.traces);
  }
  into.models = [...from.models, ...into.models].slice(-BOUNDS.models);
  into.full ||= from.full || into.calls.length > BOUNDS.calls || into.prompts.length > BOUNDS.prompts;
  into.calls.splice(0, into.calls.length - BOUNDS.calls);
  into.prompts.splice(0, into.prompts.length - BOUNDS.prompts);
}

/**
 * A 53-bit hash of an event id (cyrb53, public domain). Event ids come from the emitter's own trace and span ids, not
 * from content, so a fast hash does: two of 256 remembered ids collide with probability 4e-12.
 */
function hash53(text: string): number {
  let high = 0xdeadbeef;
  let low = 0x41c6ce57;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    high = Math.imul(high ^ code, 2654435761);
    low = Math.imul(low ^ code, 1597334677);
  }
  high = Math.imul(high ^ (high >>> 16), 2246822507) ^ Math.imul(low ^ (low >>> 13), 3266489909);
  low = Math.imul(low ^ (low >>> 16), 2246822507) ^ Math.imul(high ^ (high >>> 13), 3266489909);
  return 4294967296 * (2097151 & low) + (high >>> 0);
}

/**
 * What an agent's calls are usually like: of the conversations in which it called a tool, the share in which such a call had
 * what it does or where it goes from data, and nobody had asked for it in words that were understood. An agent that works
 * off tickets and manuals all day does so by nature; one that never did, and now does, does as it is told by somebody.
 *
 * Counted once a conversation. Which tools data drive is learned from an agent's first conversations, whatever is held in
 * them, since nothing else could tell what is usual of an agent that is new; later ones only go on counting what went through
 * of those tools, so that who attacks again and again teaches nothing. Bounded.
 */
import { itemHash } from './item-hash.js';
import { type RequestHabit, shrinkRequestHabit } from './request-habit.js';

export interface SinkHabit {
  /** Conversations counted. */
  n: number;
  /** Hash of a tool → conversations with a call of it, and of them those in which data drove one. Newest last. */
  t: Record<string, [conversations: number, driven: number]>;
  /** Which calls belong to which kind of request. Absent: nothing is known yet. */
  r?: RequestHabit;
}

/** The slice of an agent's state that holds it. */
export const SINK_HABIT = 'taint-sink';

/** Tools of one conversation that were counted: 1 as called, 2 as driven. */
export type SinkMet = Record<string, 1 | 2>;

const MAX_TOOLS = 12;
const MAX_MET = 32;
/** So many conversations teach what is usual, whatever is held in them. */
export const FIRST_CONVERSATIONS = 8;
/** Twice may be two attacks in a week of work; three times is how it works. */
const LEAST_DRIVEN = 3;
/** Then older ones fade. */
const MEMORY = 60;

export const newSinkHabit = (): SinkHabit => ({ n: 0, t: {} });

/** How usual it is that data drive this tool's calls: 0 (never seen) to 1 (from every other conversation on). */
export function drivenShare(habit: SinkHabit | undefined, tool: string): number {
  const hash = itemHash(tool);
  if (habit === undefined || !Object.hasOwn(habit.t, hash)) return 0;
  const [conversations, driven] = habit.t[hash] as [number, number];
  return driven < LEAST_DRIVEN ? 0 : Math.min(1, (2 * driven) / (conversations + 2));
}

/** A conversation begins to be counted. */
export function noteConversation(habit: SinkHabit): void {
  if (habit.n > FIRST_CONVERSATIONS) return;
  habit.n += 1;
  if (habit.n <= FIRST_CONVERSATIONS) return;
  // What was not driven until now will not be counted any more.
  for (const [hash, [, driven]] of Object.entries(habit.t)) if (driven === 0) delete habit.t[hash];
}

/** Takes in a call; a conversation counts a tool once, and once as driven. */
export function noteSink(habit: SinkHabit, met: SinkMet, tool: string, driven: boolean): void {
  const hash = itemHash(tool);
  const before = Object.hasOwn(met, hash) ? (met[hash] as 1 | 2) : undefined;
  const known = Object.hasOwn(habit.t, hash) && (habit.t[hash] as [number, number])[1] > 0;
  if (habit.n > FIRST_CONVERSATIONS && !known) return;
  if (before === 2 || (before === 1 && !driven)) return;
  if (before === undefined && Object.keys(met).length >= MAX_MET) return;
  met[hash] = driven ? 2 : 1;
  let [conversations, times] = Object.hasOwn(habit.t, hash) ? (habit.t[hash] as [number, number]) : [0, 0];
  if (before === undefined) {
    if (conversations >= MEMORY) [conversations, times] = [conversations / 2, times / 2];
    conversations += 1;
  }
  delete habit.t[hash];
  habit.t[hash] = [conversations, times + (driven ? 1 : 0)];
  const tools = Object.keys(habit.t);
  for (const old of tools.slice(0, Math.max(0, tools.length - MAX_TOOLS))) delete habit.t[old];
}

/** Makes a habit smaller: the tools called longest ago go. */
export function shrinkSinkHabit(habit: SinkHabit): void {
  const tools = Object.keys(habit.t);
  for (const old of tools.slice(0, tools.length >> 2)) delete habit.t[old];
  if (habit.r !== undefined) shrinkRequestHabit(habit.r);
}

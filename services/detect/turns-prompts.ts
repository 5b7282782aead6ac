/**
 * How many times a text was said as a prompt.
 *
 * A text in the messages of a model call may be new or resent. What tells them apart is what stands before it: the
 * same text behind the same message is the same prompt; behind another message it was said again. At the start of a
 * list nothing stands before it: without any answer in the list it begins a trace, and with answers the list is a
 * history (perhaps cut), so it proves only that the text was said at least as often as the list holds it. Each of
 * these is a lower bound that can only grow, so the count does not depend on the order in which lists arrive.
 */
import { BOUNDS, type PromptRecord, type TurnState } from './turns-state.js';

export function promptRecord(state: TurnState, hash: string): PromptRecord {
  const known = state.prompts.find((record) => record.h === hash);
  if (known) return known;
  const record: PromptRecord = { h: hash, n: 0, w: 0, a: {}, b: 0, k: 0, t: [] };
  state.prompts.push(record);
  if (state.prompts.length > BOUNDS.prompts) {
    state.prompts.shift();
    state.full = true;
  }
  return record;
}

/** What one list of messages holds of one text so far. */
export interface PromptCounts {
  total: number;
  behind: Map<string, number>;
}

/** Notes one occurrence in a list. `anchor`: the message before it, `^trace` at a trace's start, or undefined at the start of a history. */
export function noteInList(record: PromptRecord, counts: PromptCounts, anchor: string | undefined): void {
  counts.total += 1;
  record.w = Math.max(record.w, counts.total);
  if (anchor === undefined) return;
  const behind = (counts.behind.get(anchor) ?? 0) + 1;
  counts.behind.set(anchor, behind);
  if (record.a[anchor] === undefined && !makeRoom(record)) return;
  record.a[anchor] = Math.max(record.a[anchor] ?? 0, behind);
}

/** Starts of traces are not resent, so they can be folded into a number; with none left, lists alone count. */
function makeRoom(record: PromptRecord): boolean {
  const anchors = Object.keys(record.a);
  if (anchors.length < BOUNDS.anchors) return true;
  const oldest = anchors.find((anchor) => anchor.startsWith('^'));
  if (oldest === undefined) return false;
  record.b += record.a[oldest] ?? 0;
  delete record.a[oldest];
  return true;
}

export function noteAgentInput(record: PromptRecord, traceId: string): void {
  if (record.t.includes(traceId)) return;
  record.t.push(traceId);
  if (record.t.length > BOUNDS.traces) record.t.shift();
}

/** How many of this text are new since it was last asked; from then on they are told. */
export function newPrompts(record: PromptRecord): number {
  let behind = record.b;
  for (const count of Object.values(record.a)) behind += count;
  const said = Math.max(record.w, behind, record.k, record.t.length);
  const fresh = Math.max(0, said - record.n);
  record.n += fresh;
  return fresh;
}

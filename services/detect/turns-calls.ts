/**
 * Which call, and which result, a piece of evidence is about.
 *
 * The same call is told by several sources: the model's output, the tool's span, the guard, later histories. Within
 * one source every telling is another call (identical calls are real); between sources tellings are matched by call
 * id, by span, and else by tool and arguments. So the number of equal calls is the largest that any one source tells,
 * in whatever order the tellings arrive.
 */
import { PAIRED, SOURCE, BOUNDS, type CallRecord, type Source, type TurnState } from './turns-state.js';

export interface CallEvidence {
  source: Source;
  tool: string;
  /** Call id, only where it identifies. */
  id: string | undefined;
  /** A call id that does not. */
  weakId?: string | undefined;
  argumentsHash: () => string;
  spanId?: string | undefined;
  parentSpanId?: string | undefined;
  /** For sources that repeat themselves: the records this telling has taken already. */
  taken?: Set<CallRecord>;
}

/** The record the evidence is about, where there is one. Changes nothing. */
export function knownCall(state: TurnState, evidence: CallEvidence): CallRecord | undefined {
  return byId(state, evidence) ?? bySpan(state, evidence) ?? byContent(state, evidence);
}

/**
 * Whether the evidence brings the arguments of a call that was told without them. Not where what it returned was told already: the
 * call cannot have come from that, and nothing tells any more what came before it. Changes nothing.
 */
export function waitsForArguments(state: TurnState, evidence: CallEvidence): boolean {
  const known = knownCall(state, evidence);
  return (
    known !== undefined &&
    known.e !== '' &&
    known.a === '' &&
    (known.r === 0 || (known.h ?? '') === '') &&
    evidence.argumentsHash() !== ''
  );
}

/** The record the evidence is about; made where there is none. */
export function callRecord(state: TurnState, evidence: CallEvidence): CallRecord {
  const record = knownCall(state, evidence) ?? newRecord(state);
  if (record.n === '') record.n = evidence.tool;
  if (record.a === '') record.a = evidence.argumentsHash();
  if (evidence.id !== undefined) record.i ??= evidence.id;
  else if (evidence.weakId !== undefined) record.w ??= evidence.weakId;
  if (evidence.source === SOURCE.history || evidence.taken) evidence.taken?.add(record);
  else record.c |= evidence.source;
  noteSpan(record, evidence);
  return record;
}

/**
 * The call with the same id. A model may give an id that it has read in its context to another call, so an id alone
 * proves nothing: another tool is another call, and so are other arguments from a source that told this id before.
 */
function byId(state: TurnState, evidence: CallEvidence): CallRecord | undefined {
  const { id, tool } = evidence;
  if (id === undefined) return undefined;
  let unlike: CallRecord | undefined;
  for (let at = state.calls.length - 1; at >= 0; at--) {
    const record = state.calls[at];
    if (record?.i !== id || (record.n !== tool && record.n !== '') || (evidence.taken?.has(record) ?? false)) continue;
    if (compatible(record.a, evidence.argumentsHash())) return record;
    if (!claimed(record, evidence)) unlike ??= record;
  }
  return unlike;
}

/** The call whose result carries this id: one that waits for it before one that has it. */
export function callOfResult(
  state: TurnState,
  id: string,
  tool: string | undefined,
  taken?: ReadonlySet<CallRecord>,
): CallRecord | undefined {
  let answered: CallRecord | undefined;
  for (let at = state.calls.length - 1; at >= 0; at--) {
    const record = state.calls[at];
    if (
      record === undefined ||
      (record.i ?? record.w) !== id ||
      (tool !== undefined && record.n !== '' && record.n !== tool) ||
      (taken?.has(record) ?? false)
    )
      continue;
    if (record.r === 0) return record;
    answered ??= record;
  }
  return answered;
}

export function knownId(state: TurnState, id: string | undefined): boolean {
  return id !== undefined && state.calls.some((record) => record.i === id);
}

/** The same span again, or one nested in the other (an MCP request inside its tool's span). */
function bySpan(
  state: TurnState,
  { spanId, parentSpanId, tool, id, argumentsHash }: CallEvidence,
): CallRecord | undefined {
  if (spanId === undefined) return undefined;
  return state.calls.findLast((record) => {
    if (record.s === undefined || (id !== undefined && record.i !== undefined && record.i !== id)) return false;
    if (record.s.includes(spanId)) return record.n === '' || record.n === tool;
    const nested =
      (parentSpanId !== undefined && record.s.includes(parentSpanId)) || (record.p?.includes(spanId) ?? false);
    return nested && record.n === tool && compatible(record.a, argumentsHash());
  });
}

/** The first equal call that this source has not told yet; one that still waits for its result is preferred. */
function byContent(state: TurnState, evidence: CallEvidence): CallRecord | undefined {
  let other: CallRecord | undefined;
  for (const record of state.calls) {
    if (claimed(record, evidence) || (record.n !== evidence.tool && record.n !== '')) continue;
    if (evidence.id !== undefined && record.i !== undefined && record.i !== evidence.id) continue;
    if (!compatible(record.a, evidence.argumentsHash())) continue;
    if (record.r === 0 || record.e === '') return record;
    other ??= record;
  }
  return other;
}

function claimed(record: CallRecord, { source, taken }: CallEvidence): boolean {
  return taken ? taken.has(record) : (record.c & source) !== 0;
}

/** Arguments that were not sent fit any. */
function compatible(a: string, b: string): boolean {
  return a === '' || b === '' || a === b;
}

export function newRecord(state: TurnState): CallRecord {
  const record: CallRecord = { e: '', n: '', a: '', c: 0, r: 0 };
  state.calls.push(record);
  if (state.calls.length > BOUNDS.calls) {
    state.calls.shift();
    state.full = true;
  }
  return record;
}

export function noteSpan(
  record: CallRecord,
  { spanId, parentSpanId }: { spanId?: string | undefined; parentSpanId?: string | undefined },
): void {
  if (spanId === undefined) return;
  record.s ??= [];
  if (record.s.includes(spanId) || record.s.length >= BOUNDS.spans) return;
  record.s.push(spanId);
  if (parentSpanId !== undefined) (record.p ??= []).push(parentSpanId);
}

export interface ResultEvidence {
  source: Source;
  /** Set where the evidence names the call by an id that identifies. */
  paired: boolean;
  hash: () => string;
  taken?: Set<CallRecord>;
}

/**
 * Whether a result of `record` is new; notes it. For a call without equals that is simply whether it has one. Results
 * of equal calls are matched by content first, so that they come out the same in whatever order spans and histories
 * arrive, and never outnumber the calls.
 */
export function newResult(state: TurnState, record: CallRecord, evidence: ResultEvidence): boolean {
  const mark = evidence.source | (evidence.paired ? PAIRED : 0);
  const equals =
    record.n === ''
      ? [record]
      : state.calls.filter((other) => other === record || (other.n === record.n && other.a === record.a));
  // The tool's span often comes first and without content: what it returned is news when the messages tell it.
  if (record.r !== 0 && record.h === '' && evidence.hash() !== '') {
    record.r |= mark;
    record.h = evidence.hash();
    evidence.taken?.add(record);
    return true;
  }
  if ((record.r & PAIRED) !== 0 && evidence.paired) return false;
  if (equals.length === 1) {
    if (record.r === 0) {
      record.r = mark;
      record.h = evidence.hash();
      evidence.taken?.add(record);
      return true;
    }
    // Another text may be the same result in another rendering, or that of an equal call not heard of yet: no claim.
    if (record.h === evidence.hash()) {
      record.r |= mark;
      evidence.taken?.add(record);
    }
    return false;
  }
  const told = (other: CallRecord): boolean =>
    evidence.paired
      ? (other.r & PAIRED) !== 0
      : evidence.taken
        ? evidence.taken.has(other)
        : (other.r & evidence.source) !== 0;
  const hash = evidence.hash();
  const same = equals.find((other) => other.r !== 0 && !told(other) && other.h === hash);
  if (same) {
    if (evidence.paired && same !== record) exchangeResults(same, record);
    const holder = evidence.paired ? record : same;
    holder.r |= mark;
    evidence.taken?.add(holder);
    return false;
  }
  const free = record.r === 0 ? record : equals.find((other) => other.r === 0);
  if (!free) return false;
  if (evidence.paired && free !== record) exchangeResults(free, record);
  const holder = evidence.paired ? record : free;
  holder.r = mark;
  holder.h = hash;
  evidence.taken?.add(holder);
  return true;
}

function exchangeResults(a: CallRecord, b: CallRecord): void {
  [a.r, b.r] = [b.r, a.r];
  const hash = a.h;
  if (b.h === undefined) delete a.h;
  else a.h = b.h;
  if (hash === undefined) delete b.h;
  else b.h = hash;
}

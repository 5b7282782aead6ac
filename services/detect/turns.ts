/**
 * From the raw events of a session to canonical ones, the first keyed step of detection.
 *
 * Raw events say what an emitter sent: a model call with its messages (often the whole history again), an output, a
 * tool's span, the same call told by the guard. Canonical events say what happened, once: `prompt`, `model.call`
 * (with no messages but new system ones), `model.output`, `tool.call`, `tool.result`, and the other kinds as they came.
 *
 * A call is told at its earliest evidence, which is the model's output where outputs are sent, so detection always
 * sees it before its result. What is learned of it later (its span, its call id, the guard's decision) comes back as
 * `merged`, naming the canonical event, and never as a second `tool.call`.
 *
 * Pure but for the state it is given. The same raw events in any order, batching or repetition give the same multiset
 * of calls, results and prompts, as long as they fit the state's bounds.
 */
import type { EventOf, TelemetryEvent } from '../../schemas/event.js';
import {
  callOfResult,
  type CallEvidence,
  callRecord,
  knownCall,
  newResult,
  noteSpan,
  waitsForArguments,
} from './turns-calls.js';
import { argumentsHash, hashAt, identifying, resultHash, textHash } from './turns-content.js';
import { derivedBase, movedInspections } from './turns-derived.js';
import { historyEvents } from './turns-history.js';
import { newPrompts, noteAgentInput, promptRecord } from './turns-prompts.js';
import {
  BOUNDS,
  MODEL,
  SOURCE,
  seenBefore,
  toldBefore,
  type CallRecord,
  type Source,
  type TurnState,
} from './turns-state.js';

export { joinTurnState, newTurnState, type TurnState } from './turns-state.js';

/** Something more was learned of a call that was told before. */
export interface Merged {
  /** Id of the canonical `tool.call`. */
  eventId: string;
  /** The tool's own span, where this evidence is one. */
  spanId?: string;
  toolCallId?: string;
  /** The evidence: the guard's event carries its decision. */
  raw: EventOf<'tool.call'>;
}

export interface Turned {
  /** In order. */
  events: TelemetryEvent[];
  merged: Merged[];
  /**
   * Calls that were told before without their arguments, under the same id, now with them: to be judged, not to be counted again. They
   * were made before what `events` tell.
   */
  late?: EventOf<'tool.call'>[];
}

const NOTHING: Turned = Object.freeze({
  events: Object.freeze([]) as unknown as TelemetryEvent[],
  merged: Object.freeze([]) as unknown as Merged[],
});

/** The canonical events that `raw` adds. Mutates `state` only; `raw` is not changed, but canonical events share its parts. */
export function turn(raw: TelemetryEvent, state: TurnState): Turned {
  if (seenBefore(state, raw.id)) return NOTHING;
  switch (raw.kind) {
    case 'prompt':
      return promptTurn(raw, state);
    case 'model.call':
      return modelCallTurn(raw, state);
    case 'model.output':
      return modelOutputTurn(raw, state);
    case 'tool.call':
      return toolCallTurn(raw, state);
    case 'tool.result':
      return toolResultTurn(raw, state);
    case 'inventory':
      return raw.tools && toldBefore(state, textHash(`tools:${JSON.stringify([raw.subject, raw.name, raw.tools])}`))
        ? NOTHING
        : only(raw);
    default:
      return only(raw);
  }
}

function only(event: TelemetryEvent): Turned {
  return { events: [event], merged: [] };
}

function promptTurn(raw: EventOf<'prompt'>, state: TurnState): Turned {
  const hash = hashAt(raw, '/text', raw.text);
  if (hash === undefined) return only(raw);
  const record = promptRecord(state, hash);
  // A span that names its input may be nested in one that names the same; a prompt told directly is one prompt.
  if (raw.source.dialect === 'native' || raw.source.dialect === 'inline') record.k += 1;
  else noteAgentInput(record, raw.trace?.traceId ?? raw.id);
  return newPrompts(record) > 0 ? only(raw) : NOTHING;
}

function modelCallTurn(raw: EventOf<'model.call'>, state: TurnState): Turned {
  const span = modelSpan(raw, state);
  const repeats = span !== undefined && (span[2] & (MODEL.nested | MODEL.called)) !== 0;
  if (span) span[2] |= MODEL.called;
  if (!raw.messages) return repeats ? NOTHING : only(raw);
  const { told, call, late } = historyEvents(raw, raw.messages, state);
  if (!repeats) told.push(call);
  return { events: told, merged: [], ...(late.length > 0 && { late }) };
}

/**
 * What is known of the event's model span. Two instrumentations on one model call (a framework's span around its
 * client's) are one model call: the one seen first. A span's content may also come apart from it, in log records. What
 * such repeats tell of calls and prompts is still read.
 */
function modelSpan(raw: TelemetryEvent, state: TurnState): TurnState['models'][number] | undefined {
  const { spanId, parentSpanId } = raw.trace ?? {};
  if (spanId === undefined) return undefined;
  let nested = false;
  // A span's call and output come one soon after the other, so the newest are looked at first.
  for (let at = state.models.length - 1; at >= 0; at--) {
    const known = state.models[at] as TurnState['models'][number];
    if (known[0] === spanId) return known;
    nested ||= known[0] === parentSpanId || known[1] === spanId;
  }
  const made: TurnState['models'][number] = [spanId, parentSpanId ?? '', nested ? MODEL.nested : 0];
  state.models.push(made);
  if (state.models.length > BOUNDS.models) state.models.shift();
  return made;
}

function modelOutputTurn(raw: EventOf<'model.output'>, state: TurnState): Turned {
  const span = modelSpan(raw, state);
  const flags = span?.[2] ?? 0;
  const content = raw.text !== undefined || raw.toolCalls !== undefined;
  if (span) span[2] |= MODEL.answered | (content ? MODEL.said : 0);
  const repeats = (flags & (MODEL.nested | MODEL.answered)) !== 0;
  // An answer whose text comes later than the span is told again, with the text: it was not there to be judged.
  const late = content && (flags & (MODEL.nested | MODEL.said)) === 0;
  const events: TelemetryEvent[] = repeats && !late ? [] : [raw];
  const taken = repeats && !late ? new Set<CallRecord>() : undefined;
  const lateCalls: EventOf<'tool.call'>[] = [];
  raw.toolCalls?.forEach((part, at) => {
    const id = identifying(part.id, part.name) ? part.id : undefined;
    const evidence: CallEvidence = {
      source: SOURCE.output,
      tool: part.name,
      id,
      weakId: part.id,
      argumentsHash: () => argumentsHash(part.arguments),
      ...(taken && { taken }),
    };
    const isLate = waitsForArguments(state, evidence);
    const record = callRecord(state, evidence);
    if (record.e !== '' && !isLate) return;
    const base = derivedBase(raw, `call:${at}`);
    const call = {
      ...base,
      kind: 'tool.call' as const,
      tool: part.name,
      ...(part.id && { toolCallId: part.id }),
      ...(part.arguments !== undefined && { arguments: part.arguments }),
      ...movedInspections(raw, `/toolCalls/${at}/arguments`, '/arguments'),
    };
    if (isLate) {
      lateCalls.push({ ...call, id: record.e });
      return;
    }
    record.e = base.id;
    events.push(call);
  });
  return { events, merged: [], ...(lateCalls.length > 0 && { late: lateCalls }) };
}

function evidenceOf(raw: EventOf<'tool.call'>): CallEvidence {
  const { spanId, parentSpanId } = raw.trace ?? {};
  return {
    source: sourceOf(raw),
    tool: raw.tool,
    id: identifying(raw.toolCallId, raw.tool) ? raw.toolCallId : undefined,
    weakId: raw.toolCallId,
    argumentsHash: () => argumentsHash(raw.arguments),
    spanId,
    parentSpanId,
  };
}

/** The id under which this call was told before, by whatever source; `undefined`: it is news. Changes nothing. */
export function toldAs(raw: EventOf<'tool.call'>, state: TurnState): string | undefined {
  return knownCall(state, evidenceOf(raw))?.e || undefined;
}

function toolCallTurn(raw: EventOf<'tool.call'>, state: TurnState): Turned {
  const evidence = evidenceOf(raw);
  const { spanId } = evidence;
  const isLate = waitsForArguments(state, evidence);
  const record = callRecord(state, evidence);
  if (record.e === '') {
    record.e = raw.id;
    return only(raw);
  }
  const toolCallId = raw.toolCallId ?? record.i;
  return {
    events: [],
    merged: [
      {
        eventId: record.e,
        ...(spanId !== undefined && { spanId }),
        ...(toolCallId !== undefined && { toolCallId }),
        raw,
      },
    ],
    ...(isLate && { late: [{ ...raw, id: record.e }] }),
  };
}

/** Native and inline calls are told by whoever makes them; every other dialect's by the tool's span. */
function sourceOf(raw: TelemetryEvent): Source {
  return raw.source.dialect === 'inline' || raw.source.dialect === 'native' ? SOURCE.inline : SOURCE.span;
}

function toolResultTurn(raw: EventOf<'tool.result'>, state: TurnState): Turned {
  const { spanId, parentSpanId } = raw.trace ?? {};
  const source = sourceOf(raw);
  const id = identifying(raw.toolCallId, raw.tool) ? raw.toolCallId : undefined;
  const known =
    (spanId === undefined
      ? undefined
      : state.calls.findLast((record) => record.n === raw.tool && record.s?.includes(spanId))) ??
    (raw.toolCallId === undefined ? undefined : callOfResult(state, raw.toolCallId, raw.tool));
  const record = known ?? waitingFor(raw, source, id, state);
  noteSpan(record, { spanId, parentSpanId });
  const text = raw.text;
  const paired = id !== undefined && record.i === id;
  return newResult(state, record, { source, paired, hash: () => (text === undefined ? '' : resultHash(text)) })
    ? only(raw)
    : NOTHING;
}

/**
 * The call of a result whose own call is not known by id or span: the oldest that this source told and that waits for
 * its result; else the result is the first that is heard of its call.
 */
function waitingFor(raw: EventOf<'tool.result'>, source: Source, id: string | undefined, state: TurnState): CallRecord {
  const hash = argumentsHash(raw.arguments);
  const { spanId, parentSpanId } = raw.trace ?? {};
  const waiting =
    spanId === undefined
      ? state.calls.find(
          (record) =>
            record.n === raw.tool &&
            (record.c & source) !== 0 &&
            (record.r & source) === 0 &&
            (hash === '' || record.a === '' || record.a === hash) &&
            (id === undefined || record.i === undefined),
        )
      : undefined;
  return waiting ?? callRecord(state, { source, tool: raw.tool, id, argumentsHash: () => hash, spanId, parentSpanId });
}

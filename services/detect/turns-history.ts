/** What the messages of a model call tell that was not told before: prompts, results, and calls whose answer was lost. */
import type { EventOf, Message, TelemetryEvent, ToolCallPart, ToolResultPart } from '../../schemas/event.js';
import type { Inspection } from '../../schemas/inspection.js';
import { callOfResult, callRecord, knownId, newRecord, newResult, waitsForArguments } from './turns-calls.js';
import { argumentsHash, hashAt, identifying, resultHash, textHash } from './turns-content.js';
import { derivedBase, movedInspections } from './turns-derived.js';
import { newPrompts, noteInList, promptRecord, type PromptCounts } from './turns-prompts.js';
import { SOURCE, toldBefore, type CallRecord, type TurnState } from './turns-state.js';

/** Events for what is new in the messages, in their order, and the model call itself without what they tell. */
export function historyEvents(
  raw: EventOf<'model.call'>,
  messages: readonly Message[],
  state: TurnState,
): { told: TelemetryEvent[]; call: EventOf<'model.call'>; late: EventOf<'tool.call'>[] } {
  const reading = new HistoryReading(raw, state, messages);
  const first = state.full ? firstNew(messages, state) : 0;
  messages.forEach((message, index) => reading.read(message, index, index < first));
  return { told: reading.told, call: reading.modelCall(), late: reading.late };
}

/**
 * Once something was forgotten, an unknown message is new only behind the last known one; with none known, only
 * behind the last answer.
 */
function firstNew(messages: readonly Message[], state: TurnState): number {
  const known = messages.findLastIndex(
    (message) =>
      (message.toolCalls?.some((call) => knownId(state, call.id)) ?? false) ||
      (message.toolResults?.some((result) => knownId(state, result.id)) ?? false) ||
      (message.role === 'user' &&
        message.text !== undefined &&
        state.prompts.some((record) => record.h === textHash(message.text ?? ''))),
  );
  return known >= 0 ? known : messages.findLastIndex((message) => message.role === 'assistant') + 1;
}

class HistoryReading {
  readonly told: TelemetryEvent[] = [];
  readonly late: EventOf<'tool.call'>[] = [];
  readonly #raw: EventOf<'model.call'>;
  readonly #state: TurnState;
  readonly #system: { message: Message; index: number }[] = [];
  /** Records that this list has taken; a list repeats what earlier lists told, but not itself. */
  readonly #calls = new Set<CallRecord>();
  readonly #results = new Set<CallRecord>();
  readonly #counts = new Map<string, PromptCounts>();
  /** Calls of the last answer that have no result in the list yet, with the id the list pairs them by. */
  #open: { record: CallRecord; id: string | undefined }[] = [];
  #anchor: (() => string) | undefined;

  constructor(raw: EventOf<'model.call'>, state: TurnState, messages: readonly Message[]) {
    this.#raw = raw;
    this.#state = state;
    if (!messages.some((message) => message.role === 'assistant'))
      this.#anchor = () => `^${raw.trace?.traceId ?? raw.id}`;
  }

  /** `old`: it stands before what is known; it gives context and tells nothing. */
  read(message: Message, index: number, old: boolean): void {
    switch (message.role) {
      case 'system':
        if (message.text !== undefined && !toldBefore(this.#state, textHash(`system:${message.text}`)))
          this.#system.push({ message, index });
        return;
      case 'user':
        if (!old) this.#prompt(message.text, index);
        message.toolResults?.forEach((part, at) =>
          this.#result(part, `/messages/${index}/toolResults/${at}/text`, `result:${index}:${at}`, old),
        );
        return;
      case 'assistant':
        this.#open = [];
        message.toolCalls?.forEach((part, at) => this.#call(part, index, at, old));
        message.toolResults?.forEach((part, at) =>
          this.#result(part, `/messages/${index}/toolResults/${at}/text`, `result:${index}:${at}`, old),
        );
        this.#anchor = once(
          () =>
            message.toolCalls?.find((call) => identifying(call.id, call.name))?.id ??
            textHash(message.text ?? JSON.stringify(message.toolCalls ?? '')),
        );
        return;
      case 'tool':
        message.toolResults?.forEach((part, at) =>
          this.#result(part, `/messages/${index}/toolResults/${at}/text`, `result:${index}:${at}`, old),
        );
        this.#anchor = once(() => {
          const last = message.toolResults?.at(-1);
          return identifying(last?.id, last?.name ?? '') ? last.id : textHash(last?.text ?? message.text ?? '');
        });
    }
  }

  modelCall(): EventOf<'model.call'> {
    const { messages: _, inspections, ...rest } = this.#raw;
    const moved = (inspections ?? []).filter((inspection) => !inspection.at.startsWith('/messages/'));
    const kept: Inspection[] = [
      ...moved,
      ...this.#system.flatMap(
        ({ index }, at) => movedInspections(this.#raw, `/messages/${index}`, `/messages/${at}`).inspections ?? [],
      ),
    ];
    return {
      ...rest,
      ...(this.#system.length > 0 && { messages: this.#system.map(({ message }) => message) }),
      ...(kept.length > 0 && { inspections: kept }),
    };
  }

  #prompt(text: string | undefined, index: number): void {
    const hash = hashAt(this.#raw, `/messages/${index}/text`, text);
    if (hash === undefined) return;
    const record = promptRecord(this.#state, hash);
    let counts = this.#counts.get(hash);
    if (!counts) this.#counts.set(hash, (counts = { total: 0, behind: new Map() }));
    noteInList(record, counts, this.#anchor?.());
    const fresh = newPrompts(record);
    for (let nth = 0; nth < fresh; nth++) {
      this.told.push({
        ...derivedBase(this.#raw, `prompt:${index}${nth > 0 ? `:${nth}` : ''}`),
        kind: 'prompt',
        ...(text !== undefined && { text, chars: text.length }),
        ...movedInspections(this.#raw, `/messages/${index}/text`, '/text'),
      });
    }
  }

  #call(part: ToolCallPart, index: number, at: number, old: boolean): void {
    const id = identifying(part.id, part.name) ? part.id : undefined;
    if (old && !knownId(this.#state, id)) return;
    const evidence = {
      source: SOURCE.history,
      tool: part.name,
      id,
      weakId: part.id,
      argumentsHash: once(() => argumentsHash(part.arguments)),
      taken: this.#calls,
    };
    const isLate = waitsForArguments(this.#state, evidence);
    const record = callRecord(this.#state, evidence);
    this.#open.push({ record, id: part.id });
    if (record.e !== '' && !isLate) return;
    const base = derivedBase(this.#raw, `call:${index}:${at}`);
    // The answer that asked for it was never seen: it ran some time before this model call.
    const call = {
      ...base,
      assumed: [...new Set([...(base.assumed ?? []), 'time' as const])],
      kind: 'tool.call' as const,
      tool: part.name,
      ...(part.id && { toolCallId: part.id }),
      ...(part.arguments !== undefined && { arguments: part.arguments }),
      ...movedInspections(this.#raw, `/messages/${index}/toolCalls/${at}/arguments`, '/arguments'),
    };
    if (isLate) {
      this.late.push({ ...call, id: record.e });
      return;
    }
    record.e = base.id;
    this.told.push(call);
  }

  #result(part: ToolResultPart, pointer: string, name: string, old: boolean): void {
    const paired = identifying(part.id, part.name ?? '');
    const record = this.#callOf(part, paired, old);
    if (!record || old) return;
    const hash = once(() => resultHash(part.text));
    if (
      !newResult(this.#state, record, {
        source: SOURCE.history,
        paired: paired && record.i === part.id,
        hash,
        taken: this.#results,
      })
    )
      return;
    this.told.push({
      ...derivedBase(this.#raw, name),
      kind: 'tool.result',
      tool: record.n || part.name || 'unknown',
      ...((part.id || record.i) && { toolCallId: part.id || record.i }),
      text: part.text,
      chars: part.text.length,
      ...movedInspections(this.#raw, pointer, '/text'),
    });
  }

  /** The call a result belongs to: by id, by its place behind the answer that asked, else the oldest call that waits. */
  #callOf(part: ToolResultPart, paired: boolean, old: boolean): CallRecord | undefined {
    const named = part.id ? this.#open.findIndex(({ id }) => id === part.id) : -1;
    const place =
      named >= 0
        ? named
        : this.#open.findIndex(
            ({ record, id }) => (!part.id || !id) && (part.name === undefined || part.name === record.n),
          );
    const open = place >= 0 ? this.#open.splice(place, 1)[0]?.record : undefined;
    const known = open ?? (part.id ? callOfResult(this.#state, part.id, part.name, this.#results) : undefined);
    if (known ?? old) return known;
    const waiting = paired
      ? undefined
      : this.#state.calls.find(
          (record) =>
            !this.#results.has(record) &&
            record.i === undefined &&
            (part.name === undefined || record.n === part.name) &&
            (record.r === 0 || record.h === resultHash(part.text)),
        );
    if (waiting) return waiting;
    const record = newRecord(this.#state);
    record.n = part.name ?? '';
    if (paired && part.id) record.i = part.id;
    return record;
  }
}

function once(make: () => string): () => string {
  let made: string | undefined;
  return () => (made ??= make());
}

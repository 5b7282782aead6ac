/**
 * From what arrived to records for the stream: decoded or admitted, times held in their window, texts inspected, and
 * what was refused as dead letters. Every source goes through here, so that all of them mean the same.
 */
import type { Dialect, TelemetryEvent } from '../../schemas/event.js';
import type { Trust } from '../../schemas/common.js';
import { admit, clampTime, inspectEvent } from '../inspect/admit.js';
import type { Inspector } from '../inspect/inspect-text.js';
import { isUnfinished, readOn, timeLeft } from '../inspect/read-on.js';
import type { StepdownError } from '../runtime/errors.js';
import { type UserNames, withUserNamed } from '../runtime/pseudonyms.js';
import type { AnyOutgoing } from '../runtime/stream/types.js';
import { withoutContent } from './content.js';
import { deadLetter, decodeAgain, type LetterFormat } from './deadletter.js';
import { decodeLogs, decodeTraces, type DecodeContext, type Decoded } from './decode.js';
import type { DeadLetter } from '../../schemas/deadletter.js';
import { isAzure, readAzure } from './records/azure/kinds.js';
import type { NativeEvent } from './records/azure/reading.js';
import { isRecord } from './values.js';

export interface IntakeOptions {
  inspector: Inspector;
  tenant: string;
  latenessMs: number;
  skewMs: number;
  /** How users are named; default: as they were sent. */
  userNames?: UserNames;
  /** Whether texts stay in the events. */
  keepContent: boolean;
  /** Whether dead letters keep what arrived. */
  keepLetters: boolean;
  /** What a service principal (its object id, in lower case) calls itself in its own telemetry. */
  agentNames?: ReadonlyMap<string, string>;
}

/** Where and when something arrived. */
export interface Arrival {
  /** Undefined: the latest time in the request counts as now (event-time runs, and files of the past). */
  receivedAtMs: number | undefined;
  /** For dead letters and positions: `file:line`, or the request's path. */
  source: string;
  /** Files and streams: part of ids and kept with each event. */
  position?: string;
  trust?: Trust;
  /** JSON pointer of the item within what arrived, where that holds several. */
  within?: string;
  /** Milliseconds since 1970 for dead letters. */
  atMs: number;
}

export interface TakenIn {
  records: AnyOutgoing[];
  events: number;
  /** What was refused, one line each. */
  refused: { pointer: string; message: string }[];
  items: number;
  ignored: number;
}

/** Pointer parts until an item: an envelope in a list in an envelope, and no deeper. */
const MAX_LISTS = 5;

export const NOTHING_TAKEN: TakenIn = Object.freeze({ records: [], events: 0, refused: [], items: 0, ignored: 0 });

export function merged(parts: readonly TakenIn[]): TakenIn {
  const [only] = parts;
  if (only !== undefined && parts.length === 1) return only;
  return {
    records: parts.flatMap(({ records }) => records),
    events: parts.reduce((sum, { events }) => sum + events, 0),
    refused: parts.flatMap(({ refused }) => refused),
    items: parts.reduce((sum, { items }) => sum + items, 0),
    ignored: parts.reduce((sum, { ignored }) => sum + ignored, 0),
  };
}

export class Intake {
  readonly #options: IntakeOptions;
  /** Events that a slower reader may say more of, whole, by the record that was made of them. */
  readonly #unfinished = new WeakMap<AnyOutgoing, TelemetryEvent>();
  constructor(options: IntakeOptions) {
    this.#options = options;
  }

  traces(request: unknown, arrival: Arrival): TakenIn {
    return this.#decoded(decodeTraces(request, this.#context(arrival)), 'otlp/traces', arrival);
  }

  logs(request: unknown, arrival: Arrival): TakenIn {
    return this.#decoded(decodeLogs(request, this.#context(arrival)), 'otlp/logs', arrival);
  }

  /** An event in Stepdown's own form. */
  native(input: unknown, arrival: Arrival, dialect?: Dialect): TakenIn {
    const { inspector, tenant, latenessMs, skewMs } = this.#options;
    const named = isRecord(input) && typeof input['timeMs'] === 'number' ? input['timeMs'] : undefined;
    const admitted = admit(input, {
      inspector,
      latenessMs,
      skewMs,
      ...(isRecord(input) && input['tenant'] === undefined && { tenant }),
      receivedAtMs: arrival.receivedAtMs ?? named ?? arrival.atMs,
      ...(arrival.position !== undefined && { position: arrival.position }),
      ...(arrival.trust !== undefined && { trust: arrival.trust }),
      ...(dialect !== undefined && { dialect }),
    });
    if (admitted.ok) return { records: [this.#record(admitted.event)], events: 1, refused: [], items: 1, ignored: 0 };
    return this.refusal(
      { code: admitted.code, text: admitted.message, pointer: admitted.pointer, format: 'native', payload: input },
      arrival,
    );
  }

  /**
   * A JSON value by its shape: an OTLP request of traces or logs, an envelope or list of Azure records, one of these by
   * itself, or a native event.
   */
  document(input: unknown, arrival: Arrival): TakenIn {
    if (Array.isArray(input)) return this.each(input, '', arrival, (item, within) => this.document(item, within));
    if (isRecord(input)) {
      if ('resourceSpans' in input || 'resource_spans' in input) return this.traces(input, arrival);
      if ('resourceLogs' in input || 'resource_logs' in input) return this.logs(input, arrival);
      if ('resourceMetrics' in input) return IGNORED;
      if (!('kind' in input) && (listIn(input) !== undefined || isAzure(input))) return this.azure(input, arrival);
    }
    return this.native(input, arrival);
  }

  /** Azure's envelope `{"records": […]}`, a list (`value` of Graph), or a record by itself. */
  azure(input: unknown, arrival: Arrival): TakenIn {
    if (Array.isArray(input)) return this.each(input, '', arrival, (item, within) => this.azure(item, within));
    if (!isRecord(input))
      return this.refusal(
        { code: 'malformed', text: 'an Azure record is an object', pointer: '', format: 'azure', payload: input },
        arrival,
      );
    const list = listIn(input);
    if (list) return this.each(list.items, `/${list.name}`, arrival, (item, within) => this.azure(item, within));
    const read = readAzure(input);
    switch (read.as) {
      case 'nothing':
        return IGNORED;
      case 'traces':
        return this.traces(read.request, arrival);
      case 'fault':
        return this.refusal(
          { code: 'malformed', text: read.message, pointer: read.field, format: 'azure', payload: input },
          arrival,
        );
      case 'events':
        return {
          ...merged(
            read.events.map((event, ordinal) =>
              this.native(
                this.#named(event),
                arrival.position === undefined || read.events.length === 1
                  ? arrival
                  : { ...arrival, position: `${arrival.position}+${ordinal}` },
                read.dialect,
              ),
            ),
          ),
          items: 1,
        };
    }
  }

  /** A directory knows an agent by its object id; what it is blamed for must reach the agent by the id it has here. */
  #named(event: NativeEvent): NativeEvent {
    const agent = event['agent'];
    if (!isRecord(agent) || typeof agent['id'] !== 'string') return event;
    const id = this.#options.agentNames?.get(agent['id'].toLowerCase());
    return id === undefined ? event : { ...event, agent: { ...agent, id } };
  }

  /** Each item of a list by itself, with its pointer; `at` is the list's. */
  each(
    items: readonly unknown[],
    at: string,
    arrival: Arrival,
    take: (item: unknown, arrival: Arrival) => TakenIn,
  ): TakenIn {
    if (items.length === 0) return NOTHING_TAKEN;
    if ((arrival.within ?? '').split('/').length > MAX_LISTS)
      return this.refusal(
        { code: 'malformed', text: 'lists in lists in lists', pointer: at, format: 'azure', payload: undefined },
        arrival,
      );
    return merged(
      items.map((item, index) => {
        const pointer = `${at}/${index}`;
        return take(item, {
          ...arrival,
          within: `${arrival.within ?? ''}${pointer}`,
          ...(arrival.position !== undefined && { position: `${arrival.position}${pointer}` }),
        });
      }),
    );
  }

  /** A letter's content once more; undefined with the reason where that cannot be. */
  again(letter: DeadLetter, arrival: Arrival): { ok: true; taken: TakenIn } | { ok: false; reason: string } {
    const retried = decodeAgain(letter, this.#context(arrival));
    if (!retried.ok) return retried;
    if ('native' in retried) return { ok: true, taken: this.native(retried.native, arrival) };
    if ('azure' in retried)
      return {
        ok: true,
        taken: this.azure(retried.azure, { ...arrival, position: arrival.position ?? letter.source }),
      };
    return { ok: true, taken: this.#decoded(retried.decoded, letter.format as LetterFormat, arrival) };
  }

  /** Something that could not be read at all, as the only result. */
  refusal(
    refused: { code: string; text: string; pointer?: string; format: LetterFormat; payload: unknown },
    arrival: Arrival,
  ): TakenIn {
    const { text } = refused;
    const pointer = pointerIn(arrival, refused.pointer);
    return {
      records: [this.#letter({ ...refused, ...(pointer !== undefined && { pointer }) }, arrival)],
      events: 0,
      refused: [{ pointer: pointer ?? '', message: text }],
      items: 1,
      ignored: 0,
    };
  }

  /** In place of a record that the stream can never take. */
  tooLarge({ topic, key, value }: AnyOutgoing, error: StepdownError, atMs: number): AnyOutgoing {
    const source = topic === 'telemetry' ? (value.source.position ?? value.id) : key;
    const text = error.describe();
    return this.#letter(
      { code: error.code, text, format: topic === 'telemetry' ? 'native' : 'text', payload: value },
      { receivedAtMs: undefined, source, atMs },
    );
  }

  /**
   * The records, their events read on by a deep text model or a judge where one was left out: whoever appends records waits
   * here first, within the readers' budgets and, where somebody waits for all of them, within `withinMs`. Without such a reader
   * the same list.
   */
  async readOn(records: readonly AnyOutgoing[], withinMs = Number.POSITIVE_INFINITY): Promise<readonly AnyOutgoing[]> {
    const { inspector } = this.#options;
    if (inspector.readAhead === undefined || !records.some((record) => this.#unfinished.has(record))) return records;
    const left = timeLeft(withinMs);
    const read: AnyOutgoing[] = [];
    for (const record of records) {
      const event = this.#unfinished.get(record);
      read.push(event === undefined ? record : this.#record(await readOn(event, inspector, left())));
    }
    return read;
  }

  #context(arrival: Arrival): DecodeContext {
    const { receivedAtMs, position, trust } = arrival;
    return {
      tenant: this.#options.tenant,
      ...(receivedAtMs !== undefined && { receivedAtMs }),
      ...(position !== undefined && { position }),
      ...(trust !== undefined && { trust }),
    };
  }

  #decoded(decoded: Decoded, format: LetterFormat, arrival: Arrival): TakenIn {
    const records = decoded.events.map((event) => this.#finished(event));
    const refused = decoded.refused.map((each) => ({ ...each, pointer: pointerIn(arrival, each.pointer) ?? '' }));
    for (const { pointer, code, message, payload } of refused)
      records.push(this.#letter({ code, text: message, pointer, format, payload }, arrival));
    return {
      records,
      events: decoded.events.length,
      refused,
      items: decoded.items,
      ignored: decoded.ignored,
    };
  }

  #finished(event: TelemetryEvent): AnyOutgoing {
    const { latenessMs, skewMs, inspector } = this.#options;
    const { timeMs, clamped } = clampTime(event.timeMs, event.receivedAtMs, latenessMs, skewMs);
    if (clamped !== undefined) {
      event.timeMs = timeMs;
      event.clamped = clamped;
    }
    return this.#record(inspectEvent(event, inspector));
  }

  #record(sent: TelemetryEvent): AnyOutgoing {
    const { userNames } = this.#options;
    const event = userNames === undefined ? sent : withUserNamed(sent, userNames);
    const record: AnyOutgoing = {
      topic: 'telemetry',
      key: event.streamKey,
      value: this.#options.keepContent ? event : withoutContent(event),
    };
    if (isUnfinished(event)) this.#unfinished.set(record, sent);
    return record;
  }

  #letter(
    refused: { code: string; text: string; pointer?: string; format: LetterFormat; payload: unknown },
    arrival: Arrival,
  ): AnyOutgoing {
    const value = deadLetter({
      ...refused,
      tenant: this.#options.tenant,
      atMs: arrival.atMs,
      source: arrival.source,
      keep: this.#options.keepLetters,
    });
    return { topic: 'deadletter', key: value.id, value };
  }
}

const IGNORED: TakenIn = Object.freeze({ records: [], events: 0, refused: [], items: 1, ignored: 1 });

/** The list that an envelope holds: Azure Monitor's `records`, Graph's `value`. */
function listIn(input: Record<string, unknown>): { name: string; items: readonly unknown[] } | undefined {
  for (const name of ['records', 'value']) {
    const items = input[name];
    if (Array.isArray(items)) return { name, items };
  }
  return undefined;
}

function pointerIn({ within }: Arrival, pointer: string | undefined): string | undefined {
  return within === undefined ? pointer : `${within}${pointer ?? ''}`;
}

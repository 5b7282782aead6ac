/**
 * From what arrived to records for the stream: decoded or admitted, times held in their window, texts inspected, and
 * what was refused as dead letters. Every source goes through here, so that all of them mean the same.
 */
import type { TelemetryEvent } from '../../schemas/event.js';
import type { Trust } from '../../schemas/common.js';
import { admit, clampTime, inspectEvent } from '../inspect/admit.js';
import type { Inspector } from '../inspect/inspect-text.js';
import type { AnyOutgoing } from '../runtime/stream/types.js';
import { withoutContent } from './content.js';
import { deadLetter, decodeAgain, type LetterFormat } from './deadletter.js';
import { decodeLogs, decodeTraces, type DecodeContext, type Decoded } from './decode.js';
import type { DeadLetter } from '../../schemas/deadletter.js';
import { isRecord } from './values.js';

export interface IntakeOptions {
  inspector: Inspector;
  tenant: string;
  latenessMs: number;
  skewMs: number;
  /** Whether texts stay in the events. */
  keepContent: boolean;
  /** Whether dead letters keep what arrived. */
  keepLetters: boolean;
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

export class Intake {
  readonly #options: IntakeOptions;
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
  native(input: unknown, arrival: Arrival): TakenIn {
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
    });
    if (admitted.ok) return { records: [this.#record(admitted.event)], events: 1, refused: [], items: 1, ignored: 0 };
    return this.refusal(
      { code: admitted.code, text: admitted.message, pointer: admitted.pointer, format: 'native', payload: input },
      arrival,
    );
  }

  /** One line of a file: an OTLP request of traces or logs, or a native event. */
  line(input: unknown, arrival: Arrival): TakenIn {
    if (isRecord(input)) {
      if ('resourceSpans' in input) return this.traces(input, arrival);
      if ('resourceLogs' in input) return this.logs(input, arrival);
      if ('resourceMetrics' in input) return { records: [], events: 0, refused: [], items: 1, ignored: 1 };
    }
    return this.native(input, arrival);
  }

  /** A letter's content once more; undefined with the reason where that cannot be. */
  again(letter: DeadLetter, arrival: Arrival): { ok: true; taken: TakenIn } | { ok: false; reason: string } {
    const retried = decodeAgain(letter, this.#context(arrival));
    if (!retried.ok) return retried;
    if ('native' in retried) return { ok: true, taken: this.native(retried.native, arrival) };
    return { ok: true, taken: this.#decoded(retried.decoded, letter.format as LetterFormat, arrival) };
  }

  /** Something that could not be read at all, as the only result. */
  refusal(
    refused: { code: string; text: string; pointer?: string; format: LetterFormat; payload: unknown },
    arrival: Arrival,
  ): TakenIn {
    const { pointer, text } = refused;
    return {
      records: [this.#letter(refused, arrival)],
      events: 0,
      refused: [{ pointer: pointer ?? '', message: text }],
      items: 1,
      ignored: 0,
    };
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
    for (const { pointer, code, message, payload } of decoded.refused)
      records.push(this.#letter({ code, text: message, pointer, format, payload }, arrival));
    return {
      records,
      events: decoded.events.length,
      refused: decoded.refused,
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

  #record(event: TelemetryEvent): AnyOutgoing {
    return {
      topic: 'telemetry',
      key: event.streamKey,
      value: this.#options.keepContent ? event : withoutContent(event),
    };
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

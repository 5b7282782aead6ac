/**
 * What every stream source does with the records of a partition: decode, append until it is durable, and only then say so.
 * While the stream is full or fails, it waits and tries on; nothing behind is taken meanwhile, so the broker keeps it.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { Trust } from '../../../schemas/common.js';
import type { AnyOutgoing } from '../../runtime/stream/types.js';
import { type RecordFormat, type StreamRecord, takeRecord } from '../records/stream-record.js';
import type { Arrival, TakenIn } from '../intake.js';
import type { SourceFacts, SourceParts } from './source.js';

export interface ArrivedRecord extends StreamRecord {
  /** When the broker got it, milliseconds since 1970: what came late because we were away is not late. */
  arrivedAtMs: number;
}

export interface RecordIntakeOptions {
  parts: SourceParts;
  format: RecordFormat;
  maxBytes: number;
  trust: Trust;
}

const BATCH_RECORDS = 1_000;
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 5_000;

export class RecordIntake {
  readonly #options: RecordIntakeOptions;
  readonly counters: Pick<SourceFacts, 'records' | 'events' | 'ignored' | 'refused' | 'missed'> = {
    records: 0,
    events: 0,
    ignored: 0,
    refused: 0,
    missed: 0,
  };
  trouble: SourceFacts['trouble'];

  constructor(options: RecordIntakeOptions) {
    this.#options = options;
  }

  /**
   * True: everything the records became is durable, and their position may be committed. False: stopped before that, and
   * they have to be read again (what was appended already comes again under the same ids).
   */
  async take(records: readonly ArrivedRecord[], signal: AbortSignal): Promise<boolean> {
    let batch: AnyOutgoing[] = [];
    const counts = { records: 0, events: 0, ignored: 0, refused: 0 };
    for (const record of records) {
      const taken = this.#decoded(record);
      counts.records += 1;
      counts.events += taken.events;
      counts.ignored += taken.ignored;
      counts.refused += taken.refused.length;
      batch.push(...taken.records);
      if (batch.length < BATCH_RECORDS) continue;
      if (!(await this.#appended(batch, signal))) return false;
      batch = [];
    }
    if (batch.length > 0 && !(await this.#appended(batch, signal))) return false;
    this.counters.records += counts.records;
    this.counters.events += counts.events;
    this.counters.ignored += counts.ignored;
    this.counters.refused += counts.refused;
    return true;
  }

  #decoded(record: ArrivedRecord): TakenIn {
    const { parts, format, maxBytes, trust } = this.#options;
    const nowMs = parts.now();
    const arrival: Arrival = {
      receivedAtMs: parts.eventTime ? undefined : Math.min(record.arrivedAtMs, nowMs),
      source: record.position,
      position: record.position,
      trust,
      atMs: nowMs,
    };
    try {
      return takeRecord(parts.intake, record, { format, maxBytes }, arrival);
    } catch (error) {
      // A fault of ours in one record must not stop its partition; the letter says where to look.
      parts.log.error({ err: error, position: record.position }, 'a record could not be decoded');
      return parts.intake.refusal(
        {
          code: 'decode-failed',
          text: error instanceof Error ? error.message : String(error),
          format: 'text',
          payload: Buffer.from(record.bytes).toString('base64'),
        },
        arrival,
      );
    }
  }

  async #appended(batch: readonly AnyOutgoing[], signal: AbortSignal): Promise<boolean> {
    const { append, log, now } = this.#options.parts;
    for (let wait = FIRST_PAUSE_MS; ; wait = Math.min(LONGEST_PAUSE_MS, wait * 2)) {
      if (signal.aborted) return false;
      try {
        await append(batch);
        if (this.trouble?.text.startsWith(APPEND) === true) this.trouble = undefined;
        return true;
      } catch (error) {
        const text = `${APPEND}: ${error instanceof Error ? error.message : String(error)}`;
        if (this.trouble?.text !== text)
          log.warn({ err: error }, 'the stream does not take what a source read; it waits');
        this.trouble = { text, atMs: now() };
      }
      await pause(wait * (0.5 + Math.random() / 2), undefined, { signal }).catch(() => undefined);
    }
  }
}

const APPEND = 'appending';

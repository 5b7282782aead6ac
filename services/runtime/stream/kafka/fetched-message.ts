/**
 * A message as it was fetched: a stretch of the answer's bytes, of which only what is asked for is taken out. Most of what
 * the client makes of each message (buffers for every header, texts of numbers) nobody looks at, and what waits in a queue
 * would keep it all.
 */
import type { IHeaders, KafkaMessage, RecordBatchEntry } from 'kafkajs';
import { RecordBytes } from './record-bytes.js';

/** What the messages of one batch have in common. */
export interface FetchedBatch {
  bytes: Buffer;
  /** Of the first message, whether or not it is still there. */
  firstOffset: number;
  firstTimestampMs: number;
  /** When the broker appended it, where it dates the topic's messages itself. */
  appendedAtMs: number | undefined;
  isControl: boolean;
  /** What the client leaves out by who has aborted. */
  producerId: string;
  inTransaction: boolean;
}

/** Of `null`, which is not the same as nothing. */
const NONE = -1;

export class FetchedMessage implements RecordBatchEntry {
  readonly batchContext: FetchedBatch;
  readonly #at: number;
  readonly #end: number;
  readonly #offset: number;
  readonly #timestampMs: number;
  readonly #keyAt: number;
  readonly #keyBytes: number;
  readonly #valueAt: number;
  readonly #valueBytes: number;

  /** @param bytes stand behind the record's length; afterwards at the record's end */
  constructor(batch: FetchedBatch, bytes: RecordBytes, end: number) {
    this.batchContext = batch;
    this.#at = bytes.at;
    this.#end = end;
    // Attributes, of which none is in use.
    bytes.at += 1;
    const sinceMs = bytes.varint();
    this.#timestampMs = batch.appendedAtMs ?? batch.firstTimestampMs + sinceMs;
    this.#offset = batch.firstOffset + bytes.varint();
    this.#keyBytes = bytes.varint();
    this.#keyAt = bytes.at;
    bytes.at += Math.max(0, this.#keyBytes);
    this.#valueBytes = bytes.varint();
    this.#valueAt = bytes.at;
    bytes.at = end;
  }

  /** False where its bytes do not hold what they say they hold. */
  get isWhole(): boolean {
    return (
      this.#keyBytes >= NONE &&
      this.#valueBytes >= NONE &&
      this.#valueAt + Math.max(0, this.#valueBytes) <= this.#end &&
      this.#end <= this.batchContext.bytes.length &&
      Number.isSafeInteger(this.#offset) &&
      Number.isSafeInteger(this.#timestampMs)
    );
  }

  get magicByte(): number {
    return 2;
  }

  get attributes(): number {
    return this.batchContext.bytes.readInt8(this.#at);
  }

  get isControlRecord(): boolean {
    return this.batchContext.isControl;
  }

  get offset(): string {
    return String(this.#offset);
  }

  get timestamp(): string {
    return String(this.#timestampMs);
  }

  /** Bytes of all of it. */
  get bytes(): number {
    return this.#end - this.#at;
  }

  get key(): Buffer | null {
    return this.#keyBytes === NONE ? null : this.batchContext.bytes.subarray(this.#keyAt, this.#keyAt + this.#keyBytes);
  }

  get value(): Buffer | null {
    return this.#valueBytes === NONE
      ? null
      : this.batchContext.bytes.subarray(this.#valueAt, this.#valueAt + this.#valueBytes);
  }

  get keyText(): string | undefined {
    return this.#text(this.#keyAt, this.#keyBytes);
  }

  get valueText(): string | undefined {
    return this.#text(this.#valueAt, this.#valueBytes);
  }

  get headers(): IHeaders {
    const headers: IHeaders = {};
    this.#eachHeader(undefined, (name, value) => {
      const given = Object.hasOwn(headers, name) ? headers[name] : undefined;
      // By definition, since a name may be `__proto__`.
      Object.defineProperty(headers, name, {
        value: given === undefined ? value : [given, value].flat(),
        configurable: true,
        enumerable: true,
        writable: true,
      });
    });
    return headers;
  }

  /** One header, without making the others: as `headers` has it. */
  header(name: string): IHeaders[string] {
    let found: IHeaders[string];
    this.#eachHeader(name, (_, value) => {
      found = found === undefined ? value : [found, value].flat();
    });
    return found;
  }

  /** @param only the name of those that are wanted; `undefined`: all */
  #eachHeader(only: string | undefined, take: (name: string, value: Buffer) => void): void {
    const { bytes } = this.batchContext;
    const wantedBytes = only === undefined ? undefined : Buffer.byteLength(only);
    const reader = new RecordBytes(bytes, this.#valueAt + Math.max(0, this.#valueBytes));
    for (let left = reader.varint(); left > 0 && reader.at < this.#end; left--) {
      const nameBytes = Math.max(0, reader.varint());
      const nameAt = reader.at;
      reader.at += nameBytes;
      const valueBytes = reader.varint();
      const valueAt = reader.at;
      reader.at += Math.max(0, valueBytes);
      if (wantedBytes !== undefined && nameBytes !== wantedBytes) continue;
      const name = bytes.toString('utf8', nameAt, nameAt + nameBytes);
      if (only !== undefined && name !== only) continue;
      // The client's types know no header without a value; others write them.
      take(name, (valueBytes === NONE ? null : bytes.subarray(valueAt, valueAt + valueBytes)) as Buffer);
    }
  }

  #text(at: number, length: number): string | undefined {
    return length === NONE ? undefined : this.batchContext.bytes.toString('utf8', at, at + length);
  }
}

/** One header of a message, whoever has read it. */
export function headerOf(message: KafkaMessage, name: string): IHeaders[string] {
  return message instanceof FetchedMessage ? message.header(name) : message.headers?.[name];
}

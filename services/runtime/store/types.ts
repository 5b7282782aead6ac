/**
 * The store port: documents by key, each written compare-and-set.
 *
 * - Keys are `noun/…` paths built from percent-encoded parts. Values are JSON.
 * - Each write stands alone: it is applied whole or refused whole. `write` resolves when all applied writes are durable.
 * - `expectVersion` refuses unless the stored version is that one (0: must not exist). Versions rise by one.
 * - `seen` is the input position a state reflects; a write whose `seen` is not higher than the stored one of the same
 *   epoch and partition is refused (`stale`): events are not counted twice and a zombie cannot write. A write without
 *   `seen` leaves the stored one. A deleted document's `seen` is remembered for at least a day, for late writes; to
 *   everyone who reads it is gone, and its next version is 1.
 * - A unit's write of a document that was not read has no `expectVersion`: the last one wins.
 * - Keys are in the order of their UTF-8 bytes, and must be well-formed Unicode.
 * - `texts` is `scan` without reading what is in the documents.
 * - `reserve` counts holders under a cap atomically (fleet limits); a holder expires by itself.
 *
 * Seven methods and not six: what `scan` builds of a million documents costs more than finding them does.
 */

export interface Seen {
  epoch: number;
  partition: number;
  offset: number;
}

export interface Document<T = unknown> {
  key: string;
  value: T;
  version: number;
  seen?: Seen;
}

/** A document as it is stored: for whoever reads a million of them at a start and needs few of their parts at once. */
export interface StoredText {
  key: string;
  /** JSON, as it was written. */
  text: string;
}

export interface Write {
  key: string;
  /** `undefined` deletes, unless `json` says what is written. */
  value: unknown;
  /** The value's JSON, where the caller has made it already. It is what is written, whatever has become of the value since. */
  json?: string;
  expectVersion?: number;
  seen?: Seen;
}

export type WriteOutcome =
  { ok: true; version: number } | { ok: false; reason: 'version' | 'stale'; current: Document | undefined };

export interface ScanOptions {
  after?: string;
  /** Default: 1000. */
  limit?: number;
  reverse?: boolean;
}

export interface Store {
  get<T = unknown>(keys: readonly string[]): Promise<(Document<T> | undefined)[]>;
  write(writes: readonly Write[]): Promise<WriteOutcome[]>;
  /** In key order, or from the last key down; `after` is exclusive, in that direction. */
  scan<T = unknown>(prefix: string, options?: ScanOptions): Promise<Document<T>[]>;
  texts(prefix: string, options?: Omit<ScanOptions, 'reverse'>): Promise<StoredText[]>;
  reserve(request: {
    key: string;
    holder: string;
    cap: number;
    untilMs: number;
    nowMs: number;
  }): Promise<{ granted: boolean; held: number }>;
  release(key: string, holder: string): Promise<void>;
  close(): Promise<void>;
}

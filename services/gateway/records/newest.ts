/** The newest records of a topic, over all its partitions, newest first by when they were appended. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Topic } from '../../../schemas/topics.js';
import type { Stream, StreamRecord } from '../../runtime/stream/types.js';

/** Records of a stream one answer looks through at most; its mark goes on from there. */
const MAX_LOOKED_AT = 20_000;
const PAGE = 1000;

/** By partition: the offset before which a list goes on. A partition that is not in it is done. */
export type Mark = ReadonlyMap<number, number>;

/** `partition-offset`, joined by dots: a cursor, opaque to callers. */
export const writeMark = (mark: Mark): string =>
  [...mark].map(([partition, before]) => `${partition}-${before}`).join('.');

/** `undefined`: it is none that was given out here. */
export function readMark(text: string): Mark | undefined {
  if (!/^\d{1,6}-\d{1,15}(\.\d{1,6}-\d{1,15}){0,4095}$/.test(text)) return undefined;
  return new Map(
    text.split('.').map((part) => {
      const [partition, before] = part.split('-');
      return [Number(partition), Number(before)] as const;
    }),
  );
}

/** One partition, read backwards a page at a time. */
class Backwards<K extends Topic> {
  readonly partition: number;
  readonly #read: (from: number, limit: number) => Promise<StreamRecord<K>[]>;
  readonly #start: number;
  #before: number;
  /** Oldest first; taken from the end. */
  #page: StreamRecord<K>[] = [];

  constructor(
    partition: number,
    start: number,
    before: number,
    read: (from: number, limit: number) => Promise<StreamRecord<K>[]>,
  ) {
    this.partition = partition;
    this.#start = start;
    this.#before = before;
    this.#read = read;
  }

  /** The newest record that was not taken; `undefined`: there is none left. */
  async peek(): Promise<StreamRecord<K> | undefined> {
    // Offsets may have gaps, so a page may be short, even empty.
    while (this.#page.length === 0 && this.#before > this.#start) {
      const from = Math.max(this.#start, this.#before - PAGE);
      const records = await this.#read(from, this.#before - from);
      this.#page = records.filter(({ offset }) => offset < this.#before);
      if (this.#page.length === 0) this.#before = from;
      await nextTurn();
    }
    return this.#page.at(-1);
  }

  take(): void {
    const record = this.#page.pop();
    if (record !== undefined) this.#before = record.offset;
  }

  /** Where to go on; `undefined`: nothing is left. */
  get before(): number | undefined {
    return this.#before > this.#start ? this.#before : undefined;
  }
}

/**
 * Up to `limit` records that fit, from before a mark on. Where it has looked through {@link MAX_LOOKED_AT} records it
 * stops, and `next` says where to go on.
 */
export async function newestRecords<K extends Topic>(
  stream: Pick<Stream, 'read' | 'state'>,
  topic: K,
  options: { before?: Mark | undefined; limit: number; fits: (record: StreamRecord<K>) => boolean },
): Promise<{ records: StreamRecord<K>[]; next?: Mark }> {
  const partitions = (await stream.state(topic)).flatMap(({ partition, start, end }) => {
    const before = options.before === undefined ? end : options.before.get(partition);
    return before === undefined
      ? []
      : [
          new Backwards<K>(partition, start, Math.min(before, end), (from, limit) =>
            stream.read(topic, { partition, from, limit }),
          ),
        ];
  });
  const found: StreamRecord<K>[] = [];
  for (let looked = 0; looked < MAX_LOOKED_AT && found.length < options.limit; looked += 1) {
    let newest: { of: Backwards<K>; record: StreamRecord<K> } | undefined;
    for (const of of partitions) {
      const record = await of.peek();
      if (record !== undefined && (newest === undefined || record.appendedAtMs > newest.record.appendedAtMs))
        newest = { of, record };
    }
    if (newest === undefined) return { records: found };
    newest.of.take();
    if (options.fits(newest.record)) found.push(newest.record);
  }
  const next = new Map(
    partitions.flatMap(({ partition, before }) => (before === undefined ? [] : [[partition, before] as const])),
  );
  return next.size === 0 ? { records: found } : { records: found, next };
}

/** The newest record of a topic that fits, however old it is. */
export async function newestRecord<K extends Topic>(
  stream: Pick<Stream, 'read' | 'state'>,
  topic: K,
  fits: (record: StreamRecord<K>) => boolean,
): Promise<StreamRecord<K> | undefined> {
  for (let before: Mark | undefined; ;) {
    const page = await newestRecords(stream, topic, { limit: 1, fits, before });
    const [record] = page.records;
    if (record !== undefined || page.next === undefined) return record;
    before = page.next;
  }
}

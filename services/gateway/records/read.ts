/** Reading what other services keep for people. The gateway writes none of it. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { keyPart } from '../../../schemas/entity.js';
import type { Contraction } from '../../../schemas/contraction.js';
import type { Incident } from '../../../schemas/incident.js';
import type { Topic } from '../../../schemas/topics.js';
import type { Document, Store } from '../../runtime/store/types.js';
import type { Stream, StreamRecord } from '../../runtime/stream/types.js';

interface Reader {
  config: { tenant: string };
  drivers: { store: Store; stream: Stream };
}

/** Records of a stream one answer looks through at most; its cursor goes on from there. */
const MAX_LOOKED_AT = 20_000;
const PAGE = 1000;

/**
 * All documents under a prefix, in key order or from the last key down, `after` a key in that direction. Whoever reads
 * may stop at any time; between pages the event loop runs, so that a long list holds up no decision.
 */
export async function* documentsUnder<T>(
  store: Store,
  prefix: string,
  { reverse = false, after }: { reverse?: boolean; after?: string } = {},
): AsyncGenerator<Document<T>> {
  for (let from = after; ;) {
    const page = await store.scan<T>(prefix, { limit: PAGE, reverse, ...(from === undefined ? {} : { after: from }) });
    yield* page;
    from = page.at(-1)?.key;
    if (page.length < PAGE) return;
    await nextTurn();
  }
}

async function first<T>(store: Store, keys: string[]): Promise<T | undefined> {
  const found = await store.get<T>(keys);
  return found.find((document) => document !== undefined)?.value;
}

export const part = (text: string): string => keyPart(text);

export function contractionById({ config, drivers }: Reader, id: string): Promise<Contraction | undefined> {
  const at = `${part(config.tenant)}/${part(id)}`;
  return first<Contraction>(drivers.store, [`contraction/live/${at}`, `contraction/ended/${at}`]);
}

export function incidentById({ config, drivers }: Reader, id: string): Promise<Incident | undefined> {
  return first<Incident>(drivers.store, [`incident/${part(config.tenant)}/${part(id)}`]);
}

export function documentAt<T>({ drivers }: Reader, key: string): Promise<T | undefined> {
  return first<T>(drivers.store, [key]);
}

/**
 * Newest records of a topic that fit, newest first, from before an offset on. Where it has
 * looked through {@link MAX_LOOKED_AT} it stops, and `next` says where to go on.
 */
export async function newestRecords<K extends Topic>(
  stream: Stream,
  topic: K,
  options: { before?: number; limit: number; fits: (record: StreamRecord<K>) => boolean },
): Promise<{ records: StreamRecord<K>[]; next?: number }> {
  const [state] = await stream.state(topic);
  if (state === undefined) return { records: [] };
  const found: StreamRecord<K>[] = [];
  let end = Math.min(options.before ?? state.end, state.end);
  const lowest = Math.max(state.start, end - MAX_LOOKED_AT);
  while (end > lowest) {
    const from = Math.max(lowest, end - PAGE);
    const records = await stream.read(topic, { partition: state.partition, from, limit: end - from });
    for (const record of records.filter(({ offset }) => offset < end).reverse()) {
      if (!options.fits(record)) continue;
      found.push(record);
      if (found.length === options.limit) return { records: found, next: record.offset };
    }
    end = from;
    await nextTurn();
  }
  return lowest > state.start ? { records: found, next: lowest } : { records: found };
}

/** The newest record of a topic that fits, however old it is. */
export async function newestRecord<K extends Topic>(
  stream: Stream,
  topic: K,
  fits: (record: StreamRecord<K>) => boolean,
): Promise<StreamRecord<K> | undefined> {
  for (let before: number | undefined; ;) {
    const page = await newestRecords(stream, topic, { limit: 1, fits, ...(before === undefined ? {} : { before }) });
    const [record] = page.records;
    if (record !== undefined || page.next === undefined) return record;
    before = page.next;
  }
}

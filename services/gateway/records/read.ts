/** Reading what other services keep for people. The gateway writes none of it. */
import { keyPart } from '../../../schemas/entity.js';
import type { Contraction } from '../../../schemas/contraction.js';
import type { Incident } from '../../../schemas/incident.js';
import type { Topic } from '../../../schemas/topics.js';
import type { Store } from '../../runtime/store/types.js';
import type { Stream, StreamRecord } from '../../runtime/stream/types.js';

interface Reader {
  config: { tenant: string };
  drivers: { store: Store; stream: Stream };
}

/** Documents one list looks through at most; more is said, not hidden. */
export const MAX_SCANNED = 20_000;
const PAGE = 1000;

export async function scanAll<T>(
  store: Store,
  prefix: string,
  keep: (value: T) => boolean,
): Promise<{ items: T[]; truncated: boolean }> {
  const items: T[] = [];
  let after: string | undefined;
  for (let scanned = 0; scanned < MAX_SCANNED; scanned += PAGE) {
    const page = await store.scan<T>(prefix, { limit: PAGE, ...(after === undefined ? {} : { after }) });
    for (const { value } of page) if (keep(value)) items.push(value);
    after = page.at(-1)?.key;
    if (page.length < PAGE) return { items, truncated: false };
  }
  return { items, truncated: true };
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

/** Newest records of a topic that fit, newest first, from before an offset on. Looks through {@link MAX_SCANNED} at most. */
export async function newestRecords<K extends Topic>(
  stream: Stream,
  topic: K,
  options: { before?: number; limit: number; fits: (record: StreamRecord<K>) => boolean },
): Promise<{ records: StreamRecord<K>[]; next?: number; truncated: boolean }> {
  const [state] = await stream.state(topic);
  if (state === undefined) return { records: [], truncated: false };
  const found: StreamRecord<K>[] = [];
  let end = Math.min(options.before ?? state.end, state.end);
  const lowest = Math.max(state.start, end - MAX_SCANNED);
  while (end > lowest) {
    const from = Math.max(lowest, end - PAGE);
    const records = await stream.read(topic, { partition: state.partition, from, limit: end - from });
    for (const record of records.filter(({ offset }) => offset < end).reverse()) {
      if (!options.fits(record)) continue;
      found.push(record);
      if (found.length === options.limit) return { records: found, next: record.offset, truncated: false };
    }
    end = from;
  }
  return lowest > state.start
    ? { records: found, next: lowest, truncated: true }
    : { records: found, truncated: false };
}

/** Reading what other services keep for people. The gateway writes none of it. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { keyPart } from '../../../schemas/entity.js';
import type { Contraction } from '../../../schemas/contraction.js';
import type { Incident } from '../../../schemas/incident.js';
import type { Document, Store } from '../../runtime/store/types.js';
import type { Stream } from '../../runtime/stream/types.js';

interface Reader {
  config: { tenant: string };
  drivers: { store: Store; stream: Stream };
}

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

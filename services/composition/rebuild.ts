/**
 * Makes the store's index of contractions again from the contractions topic, which is the record: for a Redis that was
 * lost, restored from an old copy, or failed over without what it had acknowledged last.
 *
 * What the store has in a newer version stays. Timers are set anew for all that is live, so that response looks at each:
 * leases are renewed, what has become due meanwhile ends. Repeating it changes nothing.
 */
import type { Contraction } from '../../schemas/contraction.js';
import { LedgerReader } from '../respond/rebuild.js';
import type { Config } from '../runtime/config.js';
import type { Drivers } from '../runtime/drivers.js';
import type { Write } from '../runtime/store/types.js';
import { laneName } from '../runtime/worker/lane.js';

const PAGE = 5_000;
const WRITES_AT_ONCE = 500;
const LEDGER = /^contraction\/(live|ended)\//;

export interface RebuildReport {
  /** Records of the topic that were read. */
  records: number;
  live: number;
  ended: number;
  /** Documents that were missing or older. */
  written: number;
}

/** @param partitionOf which partition of `signals` a tenant's response belongs to */
export async function rebuildContractions(
  drivers: Pick<Drivers, 'stream' | 'store' | 'schedule'>,
  config: Pick<Config, 'respond'>,
  options: { nowMs: number; partitionOf: (tenant: string) => number },
): Promise<RebuildReport> {
  const reader = new LedgerReader();
  let records = 0;
  for (const { partition, start, end } of await drivers.stream.state('contractions')) {
    for (let from = start; from < end;) {
      const page = await drivers.stream.read('contractions', { partition, from, limit: PAGE });
      const last = page.at(-1);
      if (last === undefined) break;
      for (const { value } of page) reader.take(value);
      records += page.length;
      from = last.offset + 1;
    }
  }
  const { documents, timers, live, ended } = reader.rebuilt(options.nowMs, config.respond.riskHalfLifeMs);
  let written = 0;
  const keys = [...documents.keys()];
  for (let at = 0; at < keys.length; at += WRITES_AT_ONCE) {
    const some = keys.slice(at, at + WRITES_AT_ONCE);
    const stored = await drivers.store.get(some);
    const writes = some.flatMap((key, index): Write[] => {
      const value = documents.get(key);
      const known = stored[index];
      if (known !== undefined && !isOlder(key, known.value, value)) return [];
      return [{ key, value, expectVersion: known?.version ?? 0 }];
    });
    const outcomes = writes.length === 0 ? [] : await drivers.store.write(writes);
    written += outcomes.filter(({ ok }) => ok).length;
  }
  // What has ended in the topic is live no more, whatever an old copy of the store says.
  const over = keys
    .filter((key) => key.startsWith('contraction/ended/'))
    .map((key) => key.replace('/ended/', '/live/'));
  for (let at = 0; at < over.length; at += WRITES_AT_ONCE) {
    const some = over.slice(at, at + WRITES_AT_ONCE);
    const stored = await drivers.store.get(some);
    const gone = stored.flatMap((document): Write[] =>
      document === undefined ? [] : [{ key: document.key, value: undefined, expectVersion: document.version }],
    );
    if (gone.length > 0) written += (await drivers.store.write(gone)).filter(({ ok }) => ok).length;
  }
  await drivers.schedule.set(
    timers.map(({ tenant, id, dueMs, payload }) => ({
      owner: laneName('respond', options.partitionOf(tenant)),
      id,
      dueMs,
      payload,
    })),
  );
  return { records, live, ended, written };
}

/** Contractions have versions; of what finds them, only what is missing is written. */
function isOlder(key: string, stored: unknown, made: unknown): boolean {
  return LEDGER.test(key) && (stored as Contraction).version < (made as Contraction).version;
}

/**
 * Response's states of the ledger, made again from the contractions topic: what is live, what has ended, what is on each
 * target and in each session, and when each is to be looked at. For a store that lost what it had acknowledged.
 *
 * Not in the topic, and so not here: risk (it decays; a contraction that waits for quiet ends when its last signal is long
 * enough ago), cooldowns, and which incidents a trace or an agent leads to.
 */
import type { Contraction } from '../../schemas/contraction.js';
import type { ContractionRecord } from '../../schemas/signal.js';
import { enter } from './contraction-book.js';
import { endedKey, liveKey, tenantKey } from './keys.js';
import { isLive } from './ledger.js';
import type { TenantState } from './states.js';
import { Workspace } from './workspace.js';

export interface Rebuilt {
  /** Documents by key, as response itself would have written them. */
  documents: ReadonlyMap<string, unknown>;
  timers: readonly { tenant: string; id: string; dueMs: number; payload: unknown }[];
  live: number;
  ended: number;
}

/** The newest version of each contraction, and the last word on each pause; order does not matter for the former. */
export class LedgerReader {
  readonly #newest = new Map<string, Contraction>();
  readonly #paused = new Map<string, Extract<ContractionRecord, { kind: 'paused' }>>();

  take(record: ContractionRecord): void {
    if (record.kind === 'paused') this.#paused.set(record.tenant, record);
    if (record.kind !== 'contraction') return;
    const { contraction } = record;
    const key = liveKey(contraction.tenant, contraction.id);
    if ((this.#newest.get(key)?.version ?? 0) < contraction.version) this.#newest.set(key, contraction);
  }

  /** @param halfLifeMs of risk, for when a contraction is looked at next */
  rebuilt(nowMs: number, halfLifeMs: number): Rebuilt {
    const documents = new Map<string, unknown>();
    const timers: { tenant: string; id: string; dueMs: number; payload: unknown }[] = [];
    let live = 0;
    for (const contraction of this.#newest.values()) {
      const { tenant, id } = contraction;
      if (!isLive(contraction)) {
        documents.set(endedKey(tenant, id), contraction);
        continue;
      }
      live += 1;
      const work = new Workspace({ get: (key) => documents.get(key) }, nowMs, halfLifeMs);
      enter(work, contraction);
      work.commit({
        states: { get: (key) => documents.get(key), set: (key, value) => void documents.set(key, value) },
        // It was told already; its next renewal tells it again.
        emit: () => undefined,
        setTimer: (timer, dueMs, payload) => timers.push({ tenant, id: timer, dueMs, payload }),
        cancelTimer: () => undefined,
      });
      // As it stands in the topic: whoever has seen this version must take the next one for newer.
      documents.set(liveKey(tenant, id), contraction);
    }
    for (const { tenant, paused, atMs, by } of this.#paused.values()) {
      const state: TenantState = {
        schemaVersion: 1,
        ...(paused ? { paused: { by, reason: 'rebuilt from the contractions topic', atMs } } : {}),
      };
      documents.set(tenantKey(tenant), state);
    }
    return { documents, timers, live, ended: this.#newest.size - live };
  }
}

/**
 * The ledger's sweep: what should have been looked at long ago and was not has lost its timer. Which partition's owner
 * answers for a document is told by the partition whose record was last written into it.
 */
import type { Machine } from '../machine.js';
import type { Timer } from '../schedule/types.js';
import type { Store } from '../store/types.js';

export const SWEEP_EVERY_MS = 60_000;
/** Timers may be late by a stall of the engine; those are no loss. */
const GRACE_MS = 30_000;
const PAGE = 500;

/** The timers of this partition that are due for longer than any stall explains. */
export async function sweep(
  machine: Pick<Machine<never>, 'ledger'>,
  store: Pick<Store, 'scan'>,
  partition: number,
  nowMs: number,
): Promise<Omit<Timer, 'owner'>[]> {
  const { ledger } = machine;
  if (ledger === undefined) return [];
  const lost: Omit<Timer, 'owner'>[] = [];
  for (let after: string | undefined; ;) {
    const page = await store.scan(ledger.prefix, { limit: PAGE, ...(after === undefined ? {} : { after }) });
    for (const { value, seen } of page) {
      if ((seen?.partition ?? 0) !== partition) continue;
      const timer = ledger.timerOf(value);
      if (timer !== undefined && timer.dueMs + GRACE_MS < nowMs) lost.push(timer);
    }
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE) return lost;
    after = last.key;
  }
}

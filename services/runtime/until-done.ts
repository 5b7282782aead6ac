/**
 * A subscriber whose batch fails is stopped for good, and what it does would be done by nobody. Where an engine is merely
 * away, or another process was first, the batch is done again instead, with growing pauses.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { StepdownError } from './errors.js';
import type { Log } from './log.js';

const SHORTEST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;

export interface UntilDoneOptions {
  /** Ends the trying; resolves then, with the work not done. */
  signal: AbortSignal;
  log: Log;
  /** What is tried, for the log, e.g. `audit entries could not be sealed`. */
  failed: string;
}

/**
 * @param work is repeated whole, so it must find by itself what of it is done already
 * Resolves when it is done, or when it is another's: the partition has moved on (`not-owner`).
 */
export async function untilDone(work: () => Promise<void>, { signal, log, failed }: UntilDoneOptions): Promise<void> {
  for (let failures = 0; !signal.aborted; failures++) {
    try {
      return await work();
    } catch (error) {
      if (error instanceof StepdownError && error.code === 'not-owner') return;
      log.warn({ err: error, failures }, `${failed}; it is tried again`);
      const longest = Math.min(LONGEST_PAUSE_MS, SHORTEST_PAUSE_MS * 2 ** failures);
      await delay(longest / 2 + (Math.random() * longest) / 2, undefined, { signal }).catch(() => undefined);
    }
  }
}

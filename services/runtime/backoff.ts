/**
 * Full jitter (AWS Architecture Blog, "Exponential Backoff and Jitter", 2015): a delay drawn evenly from
 * [0, min(cap, base × 2^attempt)), so that many senders do not come back together.
 */
export interface Backoff {
  baseMs: number;
  capMs: number;
}

/** `attempt` counts from 0; `random` in [0, 1). Never under a quarter of the ceiling, so that a dead end is not hammered. */
export function backoffMs({ baseMs, capMs }: Backoff, attempt: number, random: number): number {
  const ceiling = Math.min(capMs, baseMs * 2 ** Math.min(attempt, 30));
  return Math.round(ceiling / 4 + random * ((ceiling * 3) / 4));
}

/** RFC 9110 §10.2.3: `Retry-After` is seconds, or an HTTP date. Pure. */

/** However far away a receiver wants it: after a day it is asked again. */
const MAX_RETRY_AFTER_MS = 24 * 3_600_000;

/** Milliseconds from now; `undefined` where it is absent or neither. */
export function retryAfterMs(header: string | null, nowMs: number): number | undefined {
  if (header === null) return undefined;
  const text = header.trim();
  // Date.parse takes far more than HTTP dates; "-1" is a year to it.
  const date = /^[A-Z][a-z]+,? /.test(text) ? Date.parse(text) - nowMs : undefined;
  const wait = /^\d+$/.test(text) ? Number(text) * 1000 : date;
  if (wait === undefined || !Number.isFinite(wait)) return undefined;
  return Math.min(Math.max(0, wait), MAX_RETRY_AFTER_MS);
}

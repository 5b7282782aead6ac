/** How deeply a JSON value nests. What reads values may recurse, and a value made to be deep would use up its stack. */

/** Levels that what comes over HTTP or in an event may have: no real arguments nest further. */
export const MAX_NESTING = 128;

/** Whether a value has objects or lists in more than `limit` levels. Looks no deeper than that itself. */
export function deeperThan(value: unknown, limit: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (limit === 0) return true;
  for (const key in value) if (deeperThan((value as Record<string, unknown>)[key], limit - 1)) return true;
  return false;
}

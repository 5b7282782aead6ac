/** What a machine says of an input that is none of its own may be no answer at all: the input's fault, not the store's. */
/** State keys. */
export function listed(keys: unknown): string[] {
  if (Array.isArray(keys) && keys.every((key) => typeof key === 'string')) return keys;
  throw new TypeError('it names no states');
}

/** Milliseconds. */
export function finite(timeMs: unknown): number {
  if (typeof timeMs === 'number' && Number.isFinite(timeMs)) return timeMs;
  throw new TypeError('it says no time');
}

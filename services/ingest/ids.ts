/** Ids and times as OTLP writes them. */

/**
 * An id of `bytes` bytes as lower-case hex, as OTLP's JSON wants it. Emitters that use the plain protobuf mapping send
 * base64 instead; that has another length, so it is told apart safely and accepted. All zero or anything else: undefined.
 */
export function hexId(value: unknown, bytes: 8 | 16): string | undefined {
  if (typeof value !== 'string') return undefined;
  if (value.length === bytes * 2) {
    if (!/^[0-9a-fA-F]+$/.test(value) || /^0+$/.test(value)) return undefined;
    return value.toLowerCase();
  }
  const base64Length = bytes === 16 ? 24 : 12;
  if (value.length !== base64Length || !value.endsWith('=')) return undefined;
  const hex = Buffer.from(value, 'base64').toString('hex');
  return hex.length === bytes * 2 && !/^0+$/.test(hex) ? hex : undefined;
}

/** No span of an agent is older than this: a zero or a time in seconds is no time. */
const EARLIEST_MS = Date.UTC(2000, 0);
const LATEST_MS = Date.UTC(2200, 0);

/**
 * Nanoseconds since 1970 (a decimal string or a number) as milliseconds with fractions. A double of this size steps by
 * 0.24 µs, so spans that are a microsecond apart keep their order.
 */
export function timeMs(nanoseconds: unknown): number | undefined {
  const value = typeof nanoseconds === 'string' && nanoseconds !== '' ? Number(nanoseconds) : nanoseconds;
  if (typeof value !== 'number') return undefined;
  const ms = value / 1e6;
  return ms > EARLIEST_MS && ms < LATEST_MS ? ms : undefined;
}

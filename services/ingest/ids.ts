/** Ids and times as OTLP writes them. */

/**
 * An id of `bytes` bytes as lower-case hex, as OTLP's JSON wants it. Emitters that use the plain protobuf mapping send
 * base64 instead; that has another length, so it is told apart safely and accepted. All zero or anything else: undefined.
 */
export function hexId(value: unknown, bytes: 8 | 16): string | undefined {
  if (typeof value !== 'string') return undefined;
  if (value.length === bytes * 2) {
    const found = digitsOf(value);
    if (found === undefined) return undefined;
    return found.capitals ? value.toLowerCase() : value;
  }
  const base64Length = bytes === 16 ? 24 : 12;
  if (value.length !== base64Length || !value.endsWith('=')) return undefined;
  const hex = Buffer.from(value, 'base64').toString('hex');
  return hex.length === bytes * 2 && !/^0+$/.test(hex) ? hex : undefined;
}

/** Every span has three ids: told digit by digit, without a pattern. Undefined where one is no hex digit, or all are 0. */
function digitsOf(value: string): { capitals: boolean } | undefined {
  let capitals = false;
  let zeros = true;
  for (let at = 0; at < value.length; at++) {
    const code = value.charCodeAt(at);
    if (code >= 48 && code <= 57) zeros &&= code === 48;
    else if (code >= 97 && code <= 102) zeros = false;
    else if (code >= 65 && code <= 70) {
      zeros = false;
      capitals = true;
    } else return undefined;
  }
  return zeros ? undefined : capitals ? CAPITALS : SMALL;
}

const CAPITALS = { capitals: true } as const;
const SMALL = { capitals: false } as const;

/** No span of an agent is older than this: a zero or a time in seconds is no time. */
const EARLIEST_MS = Date.UTC(2000, 0);
const LATEST_MS = Date.UTC(2200, 0);

/**
 * Nanoseconds since 1970 (a decimal string, or a number) as milliseconds with fractions. A double of this size steps by
 * 0.24 µs, so spans that are a microsecond apart keep their order. Whole milliseconds stay whole: the string is split,
 * because nanoseconds of today are beyond what a double holds exactly.
 */
export function timeMs(nanoseconds: unknown): number | undefined {
  let ms: number;
  if (typeof nanoseconds === 'string') {
    if (nanoseconds.length <= 6) return undefined;
    ms = Number(nanoseconds.slice(0, -6)) + Number(nanoseconds.slice(-6)) / 1e6;
  } else if (typeof nanoseconds === 'number') {
    const rough = nanoseconds / 1e6;
    ms = Math.abs(rough - Math.round(rough)) < 0.0005 ? Math.round(rough) : rough;
  } else return undefined;
  return ms > EARLIEST_MS && ms < LATEST_MS ? ms : undefined;
}

/**
 * 64 bits as two halves in decimal, for times: 2³² = 4294·10⁶ + 967296, so milliseconds and the rest come out exactly
 * with doubles alone. Up to 2⁵³ ms.
 */
export function decimalNanos(high: number, low: number): string {
  const rest = high * 967_296 + low;
  const ms = high * 4_294 + Math.floor(rest / 1e6);
  return `${ms}${String(rest % 1e6).padStart(6, '0')}`;
}

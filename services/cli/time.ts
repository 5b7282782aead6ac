/** Times for people, in a chosen zone; JSON keeps UTC. Lengths as they are written in configuration: `15m`, `1h30m`. */
import { StepdownError } from '../runtime/errors.js';

export type TimeFormat = (ms: number | undefined) => string;

/** `2026-11-23 14:05:09 +01:00` in the zone. Throws `usage` for a zone that does not exist. */
export function timeFormat(zone: string | undefined): TimeFormat {
  let parts: Intl.DateTimeFormat;
  try {
    parts = new Intl.DateTimeFormat('en-CA', {
      ...(zone === undefined ? {} : { timeZone: zone }),
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
      hourCycle: 'h23',
      timeZoneName: 'longOffset',
    });
  } catch (cause) {
    throw new StepdownError('usage', `there is no time zone ${JSON.stringify(zone)}`, {
      mend: 'name it as in the IANA database, e.g. Europe/Berlin or UTC',
      cause,
    });
  }
  return (ms) => {
    if (ms === undefined || !Number.isFinite(ms)) return '–';
    const found = Object.fromEntries(parts.formatToParts(ms).map(({ type, value }) => [type, value]));
    const offset = (found['timeZoneName'] ?? '').replace(/^GMT/, '') || '+00:00';
    return `${found['year']}-${found['month']}-${found['day']} ${found['hour']}:${found['minute']}:${found['second']} ${offset}`;
  };
}

/** UTC, for JSON. */
export function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
] as const;

/** The two largest units: `2d3h`, `4m10s`, `850ms`. */
export function length(ms: number): string {
  if (!Number.isFinite(ms)) return '–';
  const whole = Math.round(Math.abs(ms));
  const sign = ms < 0 ? '-' : '';
  if (whole < 1_000) return `${sign}${whole}ms`;
  const first = UNITS.findIndex(([, size]) => whole >= size);
  let rest = whole;
  let text = '';
  for (const [name, size] of UNITS.slice(first, first + 2)) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0) text += `${count}${name}`;
  }
  return sign + text;
}

/** `in 4m10s`, `12s ago`. */
export function relative(ms: number | undefined, nowMs: number): string {
  if (ms === undefined) return '–';
  const difference = ms - nowMs;
  return difference >= 0 ? `in ${length(difference)}` : `${length(-difference)} ago`;
}

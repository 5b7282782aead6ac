/** One line of the log as a person reads it: time in their zone, level, message, then the fields. */
import { printable } from './printable.js';

const FORMATS = new Map<string, Intl.DateTimeFormat>();

function clockTime(time: string, timezone: string): string {
  let format = FORMATS.get(timezone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-GB', {
      timeZone: timezone,
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
      fractionalSecondDigits: 3,
      hourCycle: 'h23',
    });
    FORMATS.set(timezone, format);
  }
  return format.format(new Date(time));
}

/** @param line one JSON object as the log writes it; anything else is passed on as it is */
export function prettyLine(line: string, timezone: string): string {
  let entry: Record<string, unknown>;
  try {
    entry = JSON.parse(line) as Record<string, unknown>;
  } catch {
    return line;
  }
  const { time, level, msg, err, ...fields } = entry;
  const rest = Object.entries(fields).map(
    ([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
  const error = err as { message?: string; code?: string; stack?: string } | undefined;
  const trouble =
    error === undefined
      ? ''
      : `\n    ${level === 'debug' || level === 'trace' || error.code === undefined ? (error.stack ?? error.message ?? '') : `${error.code}: ${error.message ?? ''}`}`;
  const head = `${clockTime(String(time), timezone)} ${String(level).padEnd(5)} ${typeof msg === 'string' ? msg : ''}`;
  const text = rest.length === 0 ? head : `${head}  ${rest.join(' ')}`;
  return `${printable(text)}${trouble.split('\n').map(printable).join('\n')}\n`;
}

/**
 * Hours of days in a zone. Asked of what the zone's clocks show at a moment, so summer time needs no rule of its own: an
 * hour that the clocks skip never comes, one that they repeat counts twice.
 */
import { DateTime, IANAZone } from 'luxon';
import { DAYS, type Hours } from '../../../schemas/playbook-words.js';

export function isZone(name: string): boolean {
  return IANAZone.isValidZone(name);
}

const minutesOf = (clock: string): number => Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3));

/** Whether a moment lies in the hours: `from` is in, `to` is not. Equal ones are a whole day from that time on. */
export function isWithin({ zone, days, from, to }: Hours, nowMs: number): boolean {
  const local = DateTime.fromMillis(nowMs, { zone });
  const now = local.hour * 60 + local.minute;
  const [begin, end] = [minutesOf(from), minutesOf(to)];
  // Luxon counts Monday as 1.
  const today = local.weekday - 1;
  const begins = (day: number): boolean => days === undefined || days.includes(DAYS[(day + 7) % 7] ?? 'mon');
  if (begin < end) return begins(today) && now >= begin && now < end;
  return (begins(today) && now >= begin) || (begins(today - 1) && now < end);
}

/** `mon, tue 08:00–18:00 Europe/Berlin`. */
export function hoursText({ zone, days, from, to }: Hours): string {
  return `${days === undefined ? '' : `${days.join(', ')} `}${from}–${to} ${zone}`;
}

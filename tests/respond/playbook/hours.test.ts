/** Hours in a zone are what the zone's clocks show, also on the two days a year on which they are put forward or back. */
import { DateTime } from 'luxon';
import { describe, expect, it } from 'vitest';
import type { Hours } from '../../../schemas/playbook-words.js';
import { isWithin } from '../../../services/respond/playbook/hours.js';

const at = (iso: string) => Date.parse(iso);
const berlin = (more: Partial<Hours>): Hours => ({ zone: 'Europe/Berlin', from: '08:00', to: '18:00', ...more });

describe('hours', () => {
  it.each<[string, Hours, string, boolean]>([
    ['first minute', berlin({}), '2030-01-15T07:00:00Z', true],
    ['the minute before', berlin({}), '2030-01-15T06:59:59Z', false],
    ['the end is not in it', berlin({}), '2030-01-15T17:00:00Z', false],
    ['summer: an hour earlier in UTC', berlin({}), '2030-07-15T06:00:00Z', true],
    ['a weekday only', berlin({ days: ['mon'] }), '2030-01-14T09:00:00Z', true],
    ['not on the others', berlin({ days: ['mon'] }), '2030-01-15T09:00:00Z', false],
    ['a night begins on its day', berlin({ days: ['fri'], from: '22:00', to: '06:00' }), '2030-01-18T22:30:00Z', true],
    ['and ends on the next', berlin({ days: ['fri'], from: '22:00', to: '06:00' }), '2030-01-19T04:59:00Z', true],
    ['but does not begin there', berlin({ days: ['fri'], from: '22:00', to: '06:00' }), '2030-01-19T21:30:00Z', false],
    [
      'equal times are a whole day',
      berlin({ days: ['mon'], from: '06:00', to: '06:00' }),
      '2030-01-15T04:00:00Z',
      true,
    ],
    ['southern hemisphere', { zone: 'Pacific/Auckland', from: '08:00', to: '09:00' }, '2030-01-14T19:30:00Z', true],
    ['half an hour off', { zone: 'Asia/Kolkata', from: '08:00', to: '08:30' }, '2030-01-15T02:45:00Z', true],
    // On 2030-03-31 the clocks of Berlin go from 01:59:59 to 03:00:00.
    ['put forward: before the gap', berlin({ from: '02:30', to: '04:00' }), '2030-03-31T00:59:59Z', false],
    ['put forward: behind the gap it is 03:00', berlin({ from: '02:30', to: '04:00' }), '2030-03-31T01:00:00Z', true],
    [
      'put forward: what lies in the gap never comes',
      berlin({ from: '02:00', to: '03:00' }),
      '2030-03-31T01:00:00Z',
      false,
    ],
    ['put forward: the day’s work begins at 06:00Z', berlin({}), '2030-03-31T06:00:00Z', true],
    // On 2030-10-27 they go from 02:59:59 back to 02:00:00.
    ['put back: the first 02:30', berlin({ from: '02:15', to: '02:45' }), '2030-10-27T00:30:00Z', true],
    ['put back: the second 02:30', berlin({ from: '02:15', to: '02:45' }), '2030-10-27T01:30:00Z', true],
    ['put back: between them it is 02:00 again', berlin({ from: '02:15', to: '02:45' }), '2030-10-27T01:00:00Z', false],
  ])('%s', (_name, hours, moment, wanted) => {
    expect(isWithin(hours, at(moment))).toBe(wanted);
  });

  it('a working day has ten hours in every zone, also on the days when clocks change', () => {
    const everyNth = Array.from({ length: 28 }, (_, nth) =>
      DateTime.utc(2030, 1, 1)
        .plus({ days: 13 * nth })
        .toISODate(),
    );
    const changes = ['2030-03-10', '2030-03-31', '2030-04-07', '2030-10-06', '2030-10-27', '2030-11-03'];
    for (const zone of ['Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kathmandu', 'UTC'])
      for (const date of [...everyNth, ...changes]) {
        const day = DateTime.fromISO(`${date}T00:00`, { zone });
        let minutes = 0;
        for (let minute = 0; minute < 26 * 60; minute += 15) {
          const moment = day.plus({ minutes: minute });
          if (moment.day === day.day && isWithin({ zone, from: '08:00', to: '18:00' }, moment.toMillis()))
            minutes += 15;
        }
        expect([zone, date, minutes]).toEqual([zone, date, 600]);
      }
  });
});

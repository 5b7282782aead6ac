import { describe, expect, test } from 'vitest';
import { volume } from '../../../services/detect/detectors/volume.js';
import type { Scope } from '../../../services/detect/types.js';
import { chance, DAY, feed, HOUR, MONDAY, spread } from './series.js';
import { newScope } from './scope.js';

/** One day of a working agent: ten mails of about 400 characters, times a factor. */
function day(scope: Scope, at: number, random: () => number, factor = 1): string[] {
  const types: string[] = [];
  for (let mail = 0; mail < 10; mail++) {
    const body = 'x'.repeat(Math.round(400 * factor * spread(random, 0.6)));
    const part = { kind: 'tool.call' as const, tool: 'send_email', arguments: { to: 'a@contoso.example', body } };
    types.push(...feed(volume, scope, part, MONDAY + at * DAY + (8 + mail) * HOUR).map(({ type }) => type));
  }
  return types;
}
const isWeekend = (at: number) => at % 7 >= 5;

describe('volume', () => {
  test('negative: a quarter of ordinary working days, weekends off, is quiet', () => {
    const random = chance(5);
    const scope = newScope();
    for (let at = 0; at < 90; at++) if (!isWeekend(at)) expect(day(scope, at, random)).toEqual([]);
  });

  test('positive: twenty times as much in a day is found on that day', () => {
    const random = chance(6);
    const scope = newScope();
    for (let at = 0; at < 21; at++) if (!isWeekend(at)) day(scope, at, random);
    expect(day(scope, 21, random, 60)).toContain('volume.burst');
  });

  test('positive: slow exfiltration, three times as much a day, is found within a week, and told once', () => {
    const random = chance(7);
    const scope = newScope();
    for (let at = 0; at < 28; at++) if (!isWeekend(at)) day(scope, at, random);
    const found: string[][] = [];
    for (let at = 28; at < 35; at++) found.push(day(scope, at, random, 3));
    expect(found.flat().filter((type) => type === 'volume.drain')).toHaveLength(1);
  });

  test('partial day: a morning is never held against whole days', () => {
    const random = chance(8);
    const scope = newScope();
    for (let at = 0; at < 14; at++) day(scope, at, random);
    const before = JSON.stringify(scope.agent['volume']);
    feed(
      volume,
      scope,
      { kind: 'tool.call', tool: 'send_email', arguments: { to: 'a@contoso.example', body: 'x' } },
      MONDAY + 14 * DAY + HOUR,
    );
    const { h } = scope.agent['volume'] as { h: number[] };
    // The day that ended was counted, the morning was not.
    expect(h[0]).toBe((JSON.parse(before) as { h: number[] }).h[0]! + 1);
  });

  test('boundary: reading is not sending, and an agent of six days has no days to differ from', () => {
    const random = chance(9);
    const scope = newScope();
    for (let at = 0; at < 6; at++) day(scope, at, random);
    expect(day(scope, 6, random, 100)).toEqual([]);
    const reader = newScope();
    for (let at = 0; at < 20; at++)
      feed(
        volume,
        reader,
        { kind: 'tool.call', tool: 'search', arguments: { q: 'x'.repeat(9999) } },
        MONDAY + at * DAY,
      );
    expect(reader.agent['volume']).toBeUndefined();
  });
});

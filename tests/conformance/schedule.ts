/** What every schedule driver guarantees (see services/runtime/schedule/types.ts). */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Drivers } from '../../services/runtime/drivers.js';
import type { Schedule } from '../../services/runtime/schedule/types.js';
import type { DriverUnderTest, Fixture } from './types.js';

export function scheduleConformance({ name, open }: DriverUnderTest<Pick<Drivers, 'schedule'>>): void {
  describe(`schedule: ${name}`, () => {
    let fixture: Fixture<Pick<Drivers, 'schedule'>>;
    let schedule: Schedule;
    beforeEach(async () => {
      fixture = await open();
      schedule = fixture.drivers.schedule;
    });
    afterEach(async () => {
      await fixture.remove();
    });
    const timer = (id: string, dueMs: number, payload?: unknown, owner = 'o') => ({
      id,
      owner,
      dueMs,
      ...(payload === undefined ? {} : { payload }),
    });
    const due = async (nowMs: number, limit = 100, owner = 'o') =>
      (await schedule.due(owner, nowMs, limit)).map(({ id }) => id);

    it('gives what is due, the earliest first, then by id', async () => {
      await schedule.set([timer('late', 30), timer('b', 10), timer('a', 10), timer('early', 5.5)]);
      expect(await due(5)).toEqual([]);
      expect(await due(5.5)).toEqual(['early']);
      expect(await due(29)).toEqual(['early', 'a', 'b']);
      expect(await due(30, 2)).toEqual(['early', 'a']);
    });

    it('gives payloads back as they were, and timers without one', async () => {
      const payload = { text: 'ключ', list: [1, null], flag: false };
      await schedule.set([timer('a', 1, payload), timer('b', 2)]);
      expect(await schedule.due('o', 5, 10)).toEqual([timer('a', 1, payload), timer('b', 2)]);
    });

    it('replaces a timer of the same id', async () => {
      await schedule.set([timer('a', 10, 'old')]);
      await schedule.set([timer('a', 50, 'new')]);
      expect(await due(10)).toEqual([]);
      expect(await schedule.due('o', 50, 10)).toEqual([timer('a', 50, 'new')]);
      await schedule.set([timer('a', 5)]);
      expect(await schedule.due('o', 5, 10)).toEqual([timer('a', 5)]);
    });

    it('keeps a timer until it is done', async () => {
      await schedule.set([timer('a', 10)]);
      expect(await due(10)).toEqual(['a']);
      expect(await due(10)).toEqual(['a']);
      await schedule.done([timer('a', 10)]);
      expect(await due(1000)).toEqual([]);
      await schedule.done([timer('a', 10)]);
    });

    it('keeps a timer that was set anew while the old one was handled', async () => {
      await schedule.set([timer('a', 10)]);
      const [handled] = await schedule.due('o', 10, 1);
      await schedule.set([timer('a', 60)]);
      if (handled) await schedule.done([handled]);
      expect(await schedule.due('o', 60, 10)).toEqual([timer('a', 60)]);
    });

    it('cancels', async () => {
      await schedule.set([timer('a', 10), timer('b', 10)]);
      await schedule.cancel('o', ['a', 'unknown']);
      expect(await due(10)).toEqual(['b']);
    });

    it('keeps owners apart', async () => {
      await schedule.set([timer('a', 10), timer('a', 20, undefined, 'p')]);
      expect(await due(100, 10, 'o')).toEqual(['a']);
      await schedule.cancel('o', ['a']);
      expect(await due(100, 10, 'p')).toEqual(['a']);
    });

    it('says when the next is due', async () => {
      expect(await schedule.nextDueMs('o')).toBeUndefined();
      await schedule.set([timer('a', 30), timer('b', 20)]);
      expect(await schedule.nextDueMs('o')).toBe(20);
      await schedule.done([timer('b', 20)]);
      expect(await schedule.nextDueMs('o')).toBe(30);
      expect(await schedule.nextDueMs('p')).toBeUndefined();
    });

    it('keeps timers when it is opened again', async () => {
      await schedule.set([timer('a', 10, { n: 1 })]);
      schedule = (await fixture.reopen()).schedule;
      expect(await schedule.due('o', 10, 10)).toEqual([timer('a', 10, { n: 1 })]);
    });
  });
}

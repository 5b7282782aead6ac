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

    it('reads many timers in order, also those that fall due together', async () => {
      const name = (index: number) => `t${String(index).padStart(4, '0')}`;
      await schedule.set(
        Array.from({ length: 1_700 }, (_, index) => timer(name(index), index < 1_500 ? 7 : index, index)),
      );
      const all = await schedule.due('o', Number.MAX_VALUE, Number.MAX_SAFE_INTEGER);
      expect(all.map(({ id }) => id)).toEqual(Array.from({ length: 1_700 }, (_, index) => name(index)));
      expect(all.map(({ payload }) => payload)).toEqual(Array.from({ length: 1_700 }, (_, index) => index));
      expect(await schedule.due('o', 7, 1_600)).toHaveLength(1_500);
      await schedule.done(all.slice(0, 1_699));
      expect(await due(Infinity)).toEqual([name(1_699)]);
    });

    it('takes every character in owners and ids', async () => {
      const owner = 'respond/3 {x}:~ü';
      await schedule.set([timer('a:b {c} ключ', 1, 'x', owner)]);
      expect(await schedule.due(owner, 1, 10)).toEqual([timer('a:b {c} ключ', 1, 'x', owner)]);
    });

    describe('watch', () => {
      const until = async (condition: () => boolean, withinMs = 5_000): Promise<void> => {
        const end = Date.now() + withinMs;
        while (!condition()) {
          if (Date.now() > end) throw new Error('was not told in time');
          await new Promise((resolve) => setTimeout(resolve, 5));
        }
      };

      it('tells when a timer falls due, not before, and only its owner', async () => {
        const told: number[] = [];
        const others: number[] = [];
        await schedule.watch('o', () => told.push(Date.now()));
        await schedule.watch('p', () => others.push(Date.now()));
        const dueMs = Date.now() + 400;
        await schedule.set([timer('a', dueMs)]);
        await until(() => told.length > 0);
        expect(told[0]).toBeGreaterThanOrEqual(dueMs);
        expect(others).toEqual([]);
      });

      it('tells of a timer that was set before, and again while it is not done', async () => {
        await schedule.set([timer('a', Date.now() - 5)]);
        let told = 0;
        await schedule.watch('o', () => told++);
        await until(() => told > 1);
        await schedule.done(await schedule.due('o', Date.now(), 10));
      });

      it('tells of one that is set earlier than those before', async () => {
        let told = 0;
        await schedule.watch('o', () => told++);
        await schedule.set([timer('late', Date.now() + 60_000)]);
        await schedule.set([timer('early', Date.now() + 50)]);
        await until(() => told > 0);
      });

      it('tells of the next when one is done', async () => {
        const told: string[] = [];
        await schedule.watch('o', () => {
          void schedule.due('o', Date.now(), 10).then(async (timers) => {
            told.push(...timers.map(({ id }) => id));
            await schedule.done(timers);
          });
        });
        const now = Date.now();
        await schedule.set([timer('first', now + 50), timer('second', now + 600)]);
        await until(() => told.length > 1);
        expect(told).toEqual(['first', 'second']);
      });

      it('tells of timers that stood there when it was opened', async () => {
        await schedule.set([timer('a', Date.now() + 300)]);
        schedule = (await fixture.reopen()).schedule;
        let told = 0;
        await schedule.watch('o', () => told++);
        await until(() => told > 0);
      });

      it('tells nothing after it was stopped', async () => {
        let told = 0;
        const watch = await schedule.watch('o', () => told++);
        await schedule.set([timer('a', Date.now() + 50)]);
        await watch.stop();
        await new Promise((resolve) => setTimeout(resolve, 400));
        expect(told).toBe(0);
      });
    });
  });
}

/** What every enforcement point guarantees (services/enforce/point.ts), as one suite that each of them passes. */
import { describe, expect, it } from 'vitest';
import type { EnforcementPoint, Order } from '../../services/enforce/point.js';

export interface PointUnderTest {
  name: string;
  open: () => Promise<{ point: EnforcementPoint; again: () => EnforcementPoint; close: () => Promise<void> }>;
  /** Two effects that want the same on the same target. */
  order: (effect: 'first' | 'second') => Order;
}

export function enforcementPointSuite({ name, open, order }: PointUnderTest): void {
  let sequence = Date.now();
  const next = (effect: 'first' | 'second'): Order => ({ ...order(effect), sequence: (sequence += 1) });
  const soon = () => AbortSignal.timeout(10_000);
  const on = (title: string, run: (point: EnforcementPoint, again: () => EnforcementPoint) => Promise<void>) =>
    it(title, async () => {
      const { point, again, close } = await open();
      try {
        await run(point, again);
      } finally {
        await close();
      }
    });
  const seen = async (point: EnforcementPoint, effect: 'first' | 'second') =>
    (await point.observe([next(effect)], soon()))[0]?.kind;

  describe(`the enforcement point contract: ${name}`, () => {
    on('declares what it carries out', async (point) => {
      expect(point.declaration.controls.length).toBeGreaterThan(0);
      for (const { reversible, irreversible, selfExpiring, engineGone } of point.declaration.controls) {
        expect(reversible || irreversible !== undefined).toBe(true);
        expect(engineGone).toBe(selfExpiring ? 'lapse' : 'hold');
      }
    });
    on('applies, twice as once', async (point) => {
      expect(await seen(point, 'first')).toBe('absent');
      expect((await point.apply(next('first'), soon())).kind).toBe('done');
      expect((await point.apply(next('first'), soon())).kind).toBe('done');
      expect(await seen(point, 'first')).toBe('in-place');
      expect((await point.revert(next('first'), soon())).kind).toBe('done');
      expect(await seen(point, 'first')).toBe('absent');
    });
    on('reverts what is not there, and twice', async (point) => {
      expect((await point.revert(next('first'), soon())).kind).toBe('done');
      expect((await point.revert(next('first'), soon())).kind).toBe('done');
    });
    on('takes back one effect and leaves the other', async (point) => {
      await point.apply(next('first'), soon());
      await point.apply(next('second'), soon());
      await point.revert(next('first'), soon());
      expect(await seen(point, 'first')).toBe('absent');
      expect(await seen(point, 'second')).toBe('in-place');
      await point.revert(next('second'), soon());
      expect(await seen(point, 'second')).toBe('absent');
    });
    on('observes in the order it was asked', async (point) => {
      await point.apply(next('second'), soon());
      expect((await point.observe([next('first'), next('second')], soon())).map(({ kind }) => kind)).toEqual([
        'absent',
        'in-place',
      ]);
    });
    on('goes on where another process stopped', async (point, again) => {
      await point.apply(next('first'), soon());
      const other = again();
      expect(await seen(other, 'first')).toBe('in-place');
      expect((await other.revert(next('first'), soon())).kind).toBe('done');
      expect(await seen(other, 'first')).toBe('absent');
    });
  });
}

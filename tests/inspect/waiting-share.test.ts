import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WaitingShare } from '../../services/inspect/waiting-share.js';

/** A clock that work and waiting move. */
function shared(share: number): {
  spend: (wantsMs: number) => Promise<number>;
  work: (ms: number) => void;
  now: () => number;
} {
  let now = 1_000;
  const waiting = new WaitingShare({ share, savedMs: 2_000, nowMs: () => now });
  return {
    spend: (wantsMs) =>
      waiting.spend(async (withinMs) => {
        const took = Math.min(wantsMs, withinMs);
        now += took;
        return took;
      }),
    work: (ms) => (now += ms),
    now: () => now - 1_000,
  };
}

describe('a share of the time for slower readers', () => {
  it('lets the first batch wait for what is saved, and the next for what was earned since', async () => {
    const { spend, work } = shared(0.2);
    expect(await spend(5_000)).toBe(2_000);
    // A fifth of the two seconds that were waited.
    expect(await spend(5_000)).toBeCloseTo(400);
    work(1_000);
    expect(await spend(5_000)).toBeCloseTo(280);
  });

  it('saves up again where events come now and then', async () => {
    const { spend, work } = shared(0.2);
    await spend(5_000);
    work(60_000);
    expect(await spend(1_500)).toBe(1_500);
    work(10_000);
    expect(await spend(5_000)).toBe(2_000);
  });

  it('counts what failed', async () => {
    const waiting = new WaitingShare({
      share: 0.1,
      savedMs: 10,
      nowMs: (() => {
        let now = 0;
        return () => (now += 5);
      })(),
    });
    await expect(waiting.spend(() => Promise.reject(new Error('gone')))).rejects.toThrow('gone');
    expect(await waiting.spend(async (withinMs) => withinMs)).toBeLessThan(10);
  });

  it('never gives more than its share of all time and the savings', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.double({ min: 0.01, max: 1, noNaN: true }),
        fc.array(fc.tuple(fc.nat(5_000), fc.nat(5_000)), { maxLength: 40 }),
        async (share, steps) => {
          const { spend, work, now } = shared(share);
          let waited = 0;
          for (const [worksMs, wantsMs] of steps) {
            work(worksMs);
            waited += await spend(wantsMs);
            expect(waited).toBeLessThanOrEqual(2_000 + share * now() + 1e-6);
          }
        },
      ),
      { numRuns: 50 },
    );
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WallClock } from '../../services/runtime/clock.js';

const HOUR = 3_600_000;

function machine(wallMs = 1_900_000_000_000) {
  const time = { wallMs, elapsedMs: 17.25 };
  const clock = new WallClock(
    () => Math.floor(time.wallMs),
    () => time.elapsedMs,
  );
  return {
    clock,
    pass: (ms: number) => {
      time.wallMs += ms;
      time.elapsedMs += ms;
    },
    set: (byMs: number) => (time.wallMs += byMs),
    wall: () => Math.floor(time.wallMs),
  };
}

describe('the wall clock', () => {
  it('is the machine’s clock, also where that is set forward', () => {
    const { clock, pass, set, wall } = machine();
    expect(clock.now()).toBe(wall());
    pass(1234.5);
    expect(clock.now()).toBe(wall());
    set(HOUR);
    expect(clock.now()).toBe(wall());
  });

  it('goes on when the machine’s clock is set back, a little slower until that has caught up', () => {
    const { clock, pass, set, wall } = machine();
    const before = clock.now();
    set(-HOUR);
    pass(10 * 60_000);
    expect(clock.now()).toBe(before + 9 * 60_000);
    pass(11 * HOUR);
    expect(clock.now()).toBe(wall());
  });

  it('never goes back and never stands still, however often it is asked and set', () => {
    const step = fc.record({
      ms: fc.double({ min: 0, max: 5_000, noNaN: true }),
      setMs: fc.constantFrom(0, 0, 0, HOUR, -HOUR, -1),
      asks: fc.integer({ min: 0, max: 5 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 50 }), (steps) => {
        const { clock, pass, set } = machine();
        const first = clock.now();
        let last = first;
        let passed = 0;
        for (const { ms, setMs, asks } of steps) {
          set(setMs);
          for (let part = 0; part < asks; part++) {
            pass(ms / asks);
            passed += ms / asks;
            const now = clock.now();
            expect(now).toBeGreaterThanOrEqual(last);
            last = now;
          }
        }
        expect(last - first).toBeGreaterThanOrEqual(Math.floor(0.9 * passed) - 1);
      }),
      { numRuns: 200 },
    );
  });
});

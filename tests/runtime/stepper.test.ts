import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Signal } from '../../schemas/signal.js';
import type { Machine } from '../../services/runtime/machine.js';
import { Stepper } from '../../services/runtime/stepper.js';
import { TimerIndex } from '../../services/runtime/timer-index.js';
import { tick } from '../conformance/records.js';
import { COUNT_MACHINE } from './crash/count-machine.js';

describe('a stepper', () => {
  const machine: Machine<Signal> = {
    name: 'm',
    keys: () => ['named'],
    step: ({ timeMs }, { states, setTimer, cancelTimer }) => {
      states.set('named', [...((states.get('named') as number[] | undefined) ?? []), timeMs]);
      setTimer('t', timeMs + 10);
      if (timeMs === 50) cancelTimer('t');
      if (timeMs === 99) states.get('unnamed');
    },
    timerKeys: () => ['fired'],
    onTimer: ({ dueMs }, { states, nowMs }) => states.set('fired', { dueMs, nowMs }),
    timeOf: ({ timeMs }) => timeMs,
  };

  it('fires what is due before an input, and not what was replaced or cancelled', () => {
    const stepper = new Stepper({ machine });
    stepper.feed(tick(1));
    expect(stepper.nextDueMs()).toBe(11);
    stepper.feed(tick(5));
    expect(stepper.states.get('fired')).toBeUndefined();
    stepper.feed(tick(50));
    expect(stepper.states.get('fired')).toEqual({ dueMs: 15, nowMs: 15 });
    expect(stepper.nextDueMs()).toBeUndefined();
    expect(stepper.clock.now()).toBe(50);
  });

  it('lets time pass without input', () => {
    const stepper = new Stepper({ machine });
    stepper.feed(tick(1));
    stepper.advance(10);
    expect(stepper.states.get('fired')).toBeUndefined();
    stepper.advance(40);
    expect(stepper.states.get('fired')).toEqual({ dueMs: 11, nowMs: 11 });
    expect(stepper.clock.now()).toBe(40);
  });

  it('says when a state is read that was not named, unless told not to look', () => {
    expect(() => new Stepper({ machine }).feed(tick(99))).toThrow(/without naming/);
    expect(() => new Stepper({ machine, strict: false }).feed(tick(99))).not.toThrow();
  });

  it('goes on elsewhere from its snapshot', () => {
    const whole = new Stepper({ machine: COUNT_MACHINE });
    const times = [3, 9, 14, 30, 12, 33, 70];
    const outputs = times.map((time) => whole.feed(tick(time)));
    const first = new Stepper({ machine: COUNT_MACHINE });
    const before = times.slice(0, 4).map((time) => first.feed(tick(time)));
    const snapshot = JSON.parse(JSON.stringify(first.snapshot())) as ReturnType<typeof first.snapshot>;
    const second = new Stepper({ machine: COUNT_MACHINE, initial: snapshot });
    second.clock.advance(snapshot.nowMs);
    expect([...before, ...times.slice(4).map((time) => second.feed(tick(time)))]).toEqual(outputs);
  });
});

describe('the timer index', () => {
  it('gives what a sorted list would give, whatever is set, replaced and deleted', () => {
    const command = fc.oneof(
      fc.record({
        do: fc.constant('set' as const),
        id: fc.integer({ min: 0, max: 15 }),
        due: fc.integer({ min: 0, max: 9 }),
      }),
      fc.record({ do: fc.constant('delete' as const), id: fc.integer({ min: 0, max: 15 }), due: fc.constant(0) }),
    );
    fc.assert(
      fc.property(fc.array(command, { maxLength: 300 }), (commands) => {
        const index = new TimerIndex();
        const model = new Map<string, number>();
        for (const { do: act, id, due } of commands) {
          if (act === 'set') {
            index.set({ owner: 'o', id: `${id}`, dueMs: due });
            model.set(`${id}`, due);
          } else {
            expect(index.delete(`${id}`)).toBe(model.delete(`${id}`));
          }
          const [wanted] = [...model].sort(([a, x], [b, y]) => x - y || (a < b ? -1 : 1));
          const earliest = index.earliest();
          expect(earliest === undefined ? undefined : [earliest.id, earliest.dueMs]).toEqual(wanted);
          expect(index.size).toBe(model.size);
          const dueNow = [...model].filter(([, dueMs]) => dueMs <= due).map(([each]) => each);
          const asked = index.due(due, model.size).map((timer) => timer.id);
          expect(asked.sort()).toEqual(dueNow.sort());
          expect(index.due(due, 2)).toHaveLength(Math.min(2, dueNow.length));
        }
      }),
      { numRuns: 200 },
    );
  });
});

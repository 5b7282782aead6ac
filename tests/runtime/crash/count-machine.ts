/**
 * A machine whose result tells every loss and every repeat: it counts what it is given by key, fires timers, and emits
 * what it counted.
 */
import type { Signal } from '../../../schemas/signal.js';
import type { Machine } from '../../../services/runtime/machine.js';

interface Count {
  count: number;
  sum: number;
  /** Milliseconds of the steps that touched it, added up: differs where the clock went another way. */
  clock: number;
}

const KEYS = 7;
const keyOf = (timeMs: number): string => `count/${Math.floor(timeMs) % KEYS}`;

export const COUNT_MACHINE: Machine<Signal> = {
  name: 'count',
  keys: (input) => [keyOf(input.timeMs), 'count/all'],
  step: (input, { states, nowMs, emit, setTimer }) => {
    for (const key of [keyOf(input.timeMs), 'count/all']) {
      const state = (states.get(key) as Count | undefined) ?? { count: 0, sum: 0, clock: 0 };
      state.count++;
      state.sum += input.timeMs;
      state.clock += nowMs;
      states.set(key, state);
    }
    states.set(`seen/${input.timeMs}`, { nowMs });
    if (input.timeMs % 3 === 0) setTimer(keyOf(input.timeMs), input.timeMs + 11, { of: input.timeMs });
    emit({ topic: 'incidents', key: String(input.timeMs), value: { step: input.timeMs, nowMs } as never });
  },
  timerKeys: () => ['count/fired'],
  onTimer: (timer, { states, nowMs, emit }) => {
    const state = (states.get('count/fired') as Count | undefined) ?? { count: 0, sum: 0, clock: 0 };
    states.set('count/fired', { count: state.count + 1, sum: state.sum + timer.dueMs, clock: state.clock + nowMs });
    emit({ topic: 'incidents', key: timer.id, value: { timer: timer.id, payload: timer.payload, nowMs } as never });
  },
  timeOf: (input) => input.timeMs,
};

import type { Signal } from '../../../schemas/signal.js';
import type { Machine } from '../../../services/runtime/machine.js';

/** Keeps the times of all that it was given, in order. */
export const NOTING: Machine<Signal> = {
  name: 'noting',
  keys: () => ['times'],
  timerKeys: () => [],
  timeOf: ({ timeMs }) => timeMs,
  onTimer: () => undefined,
  step: ({ timeMs }, { states }) =>
    states.set('times', [...((states.get('times') as number[] | undefined) ?? []), timeMs]),
};

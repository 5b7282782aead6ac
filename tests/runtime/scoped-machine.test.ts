import { expect, it } from 'vitest';
import { createDetectMachine } from '../../services/detect/machine.js';
import { scopedByStream } from '../../services/composition/machines.js';
import { Stepper } from '../../services/runtime/stepper.js';
import type { TelemetryEvent } from '../../schemas/event.js';

const call = (streamKey: string, n: number): TelemetryEvent => ({
  schemaVersion: 1,
  kind: 'tool.call',
  id: `${streamKey}-${n}`,
  tenant: 't',
  timeMs: 1_000_000 + n,
  receivedAtMs: 1_000_000 + n,
  streamKey,
  agent: { id: 'shared' },
  session: { id: 'one' },
  trust: 'authenticated',
  source: { dialect: 'native' },
  tool: 'search',
  toolCallId: `${streamKey}-${n}`,
  arguments: { q: n },
});

it('gives an agent that two services see a state in each, whatever the order in which they come', () => {
  const run = (events: readonly TelemetryEvent[]) => {
    const stepper = new Stepper({ machine: scopedByStream(createDetectMachine({ clock: 'wall' })) });
    for (const event of events) stepper.feed(event);
    const { states, timers } = stepper.snapshot();
    return { states: new Map(states), timers: timers.map(({ id }) => id).sort() };
  };
  const a = [1, 2, 3].map((n) => call('t/a', n));
  const b = [4, 5].map((n) => call('t/b', n));
  const apart = run([...a, ...b]);
  const mixed = run([a[0], b[0], a[1], b[1], a[2]] as TelemetryEvent[]);
  const detection = (states: Map<string, unknown>) =>
    [...states].filter(([key]) => /^(agent|detect)\//.test(key)).sort(([x], [y]) => (x < y ? -1 : 1));
  expect(detection(mixed.states).map(([key]) => key)).toEqual([
    'agent/t/shared@t%2Fa',
    'agent/t/shared@t%2Fb',
    'detect/agent/t/shared@t%2Fa',
    'detect/agent/t/shared@t%2Fb',
    'detect/global/t@t%2Fa',
    'detect/global/t@t%2Fb',
    'detect/session/t/one@t%2Fa',
    'detect/session/t/one@t%2Fb',
  ]);
  expect(mixed.states.get('detect/agent/t/shared@t%2Fa')).toMatchObject({ e: 3 });
  expect(mixed.states.get('detect/agent/t/shared@t%2Fb')).toMatchObject({ e: 2 });
  expect(mixed.timers).toEqual(apart.timers);
  expect(new Set(mixed.timers).size).toBe(mixed.timers.length);
});

it('ends a conversation by its own timer, in its own scope', () => {
  const stepper = new Stepper({
    machine: scopedByStream(createDetectMachine({ clock: 'wall', sessionIdleMs: 1_000 })),
  });
  stepper.feed(call('t/a', 1));
  const made = stepper.advance(1_000_001 + 5_000);
  expect(made).toMatchObject([{ topic: 'signals', value: { kind: 'session', state: 'ended', sessionId: 'one' } }]);
});

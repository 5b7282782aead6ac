/**
 * Defects that detectors of others have, tried on every detector there is through the whole machine: baselines mixed
 * between agents, a tested value in its own baseline, flagged, held, late and early events that train, an agent that
 * changed for good and is told of for ever, a state that a checkpoint does not carry.
 */
import { describe, expect, test } from 'vitest';
import type { TelemetryEvent } from '../../schemas/event.js';
import type { Signal } from '../../schemas/signal.js';
import type { AgentState } from '../../services/detect/agent-state.js';
import { DETECTORS } from '../../services/detect/detectors/table.js';
import { agentKey } from '../../services/detect/keys.js';
import { createDetectMachine } from '../../services/detect/machine.js';
import { Stepper } from '../../services/runtime/stepper.js';
import { event, T0 } from './events.js';

const DAY = 86_400_000;
const HOUR = 3_600_000;
const learning = { events: 0, ageMs: 0 };
const fresh = () => new Stepper<TelemetryEvent>({ machine: createDetectMachine({ clock: 'event', learning }) });
const BASELINES = DETECTORS.filter(({ baseline }) => baseline).map(({ name }) => name);

interface Habit {
  tools: string[];
  calls: number;
  hour: number;
  chars: number;
  to: string;
  model: string;
}
const OLD: Habit = {
  tools: ['search', 'send_email'],
  calls: 6,
  hour: 9,
  chars: 200,
  to: 'ann@corp.example',
  model: 'm1',
};
const NEW: Habit = {
  tools: ['lookup', 'post_note'],
  calls: 14,
  hour: 15,
  chars: 900,
  to: 'bob@corp.example',
  model: 'm2',
};

/** One conversation of one day. */
function conversation(day: number, habit: Habit, agent = 'agent-1'): TelemetryEvent[] {
  const begun = T0 - (T0 % DAY) + day * DAY + habit.hour * HOUR;
  const more = { agent: { id: agent }, session: { id: `${agent}-${day}` } };
  const events = [
    event({ kind: 'prompt', text: 'Send Ann and Bob what you find, post it and look it up', ...more }, begun),
  ];
  for (let at = 0; at < habit.calls; at++) {
    const tool = habit.tools[at % habit.tools.length]!;
    const id = { toolCallId: `${agent}-${day}-${at}`, ...more };
    const atMs = begun + (at + 1) * 20_000;
    const text = 'fine '.repeat(habit.chars / 5);
    events.push(
      event({ kind: 'model.output', model: habit.model, usage: { inputTokens: habit.chars }, ...more }, atMs - 5_000),
      event(
        {
          kind: 'tool.call',
          tool,
          arguments: at % 2 === 0 ? { query: `q${at % 4}` } : { to: habit.to, body: text },
          ...id,
        },
        atMs,
      ),
      event({ kind: 'tool.result', tool, text, ...id }, atMs + 5_000),
    );
  }
  return [...events, event({ kind: 'session.end', ...more }, begun + HOUR)];
}
const days = (from: number, to: number, habit: Habit, agent?: string): TelemetryEvent[] =>
  Array.from({ length: to - from }, (_none, at) => conversation(from + at, habit, agent)).flat();

const found = (outputs: ReturnType<Stepper<TelemetryEvent>['feed']>) =>
  outputs
    .map(({ value }) => value as Signal)
    .flatMap((signal) => (signal.kind === 'finding' && signal.finding.primary ? [signal.finding] : []));
/** What the detectors with a baseline keep of an agent. */
function baselines(stepper: Stepper<TelemetryEvent>, agent = 'agent-1'): Record<string, unknown> {
  const { x } = stepper.states.get(agentKey('default', agent)) as AgentState;
  return structuredClone(
    Object.fromEntries(Object.entries(x).filter(([name]) => BASELINES.some((each) => name.startsWith(each)))),
  );
}

describe('every detector', () => {
  test('baselines are not mixed between agents: another one’s work leaves no trace in them', () => {
    const own = days(0, 12, OLD);
    const others = days(0, 12, NEW, 'agent-2');
    const [alone, beside] = [fresh(), fresh()];
    for (const one of own) alone.feed(one);
    for (const one of [...own, ...others].sort((a, b) => a.timeMs - b.timeMs)) beside.feed(one);
    expect(baselines(beside)).toEqual(baselines(alone));
  });

  test('no event is in what it is tested against: judging it first changes nothing', () => {
    const [judged, plain] = [fresh(), fresh()];
    const machine = createDetectMachine({ clock: 'event', learning });
    for (const one of [...days(0, 10, OLD), ...days(10, 12, NEW)]) {
      const before = machine.judge(one, judged.states, one.timeMs).findings.map(({ id }) => id);
      const stated = found(judged.feed(one)).map(({ id }) => id);
      expect(before).toEqual(expect.arrayContaining(stated));
      plain.feed(one);
    }
    expect(judged.snapshot().states).toEqual(plain.snapshot().states);
  });

  test.each([
    ['late', { clamped: 'late' as const }],
    ['early', { clamped: 'early' as const }],
    ['held by a contraction', { decision: { id: 'd', verdict: 'block' as const, contractions: ['k'] } }],
  ])('what is %s trains nothing', (_what, mark) => {
    const stepper = fresh();
    for (const one of days(0, 10, OLD)) stepper.feed(one);
    const before = baselines(stepper);
    const [first, ...rest] = conversation(10, NEW);
    const calls = rest.filter(({ kind }) => kind === 'tool.call').map((one) => ({ ...one, ...mark }));
    // The conversation itself begins like any other.
    stepper.feed(first!);
    const begun = baselines(stepper);
    for (const one of calls) stepper.feed(one);
    expect(baselines(stepper)).toEqual(begun);
    expect(Object.keys(begun).sort()).toEqual(Object.keys(before).sort());
  });

  test('drift tolerance: an agent that changed for good is told of, and not for ever', () => {
    const stepper = fresh();
    const told: { day: number; type: string }[] = [];
    const events = [...days(0, 40, OLD), ...days(40, 100, NEW)];
    for (const one of events)
      for (const { type } of found(stepper.feed(one)))
        told.push({ day: Math.floor((one.timeMs - (T0 - (T0 % DAY))) / DAY), type });
    expect(told.filter(({ day }) => day < 40)).toEqual([]);
    expect(new Set(told.filter(({ day }) => day >= 40 && day < 60).map(({ type }) => type)).size).toBeGreaterThan(3);
    expect(told.filter(({ day }) => day >= 80)).toEqual([]);
  });

  test('a checkpoint carries everything: stored and read again every day, it states the same', () => {
    const events = [...days(0, 15, OLD), ...days(15, 25, NEW)];
    const whole = fresh();
    const expected = events.flatMap((one) => found(whole.feed(one)));
    const machine = createDetectMachine({ clock: 'event', learning });
    let stepper = fresh();
    const got = events.flatMap((one) => {
      if (one.kind === 'session.end') {
        const { states, timers } = JSON.parse(JSON.stringify(stepper.snapshot())) as ReturnType<
          typeof stepper.snapshot
        >;
        stepper = new Stepper<TelemetryEvent>({ machine, clock: stepper.clock, initial: { states, timers } });
      }
      return found(stepper.feed(one));
    });
    expect(expected.length).toBeGreaterThan(0);
    expect(got).toEqual(expected);
  });

  test('a quiet agent of one tool, at the same minute every day, states nothing for a year', () => {
    const stepper = fresh();
    const clockwork: Habit = { ...OLD, tools: ['search'], calls: 1 };
    expect(days(0, 365, clockwork).flatMap((one) => found(stepper.feed(one)))).toEqual([]);
  });
});

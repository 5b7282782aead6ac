/** Whatever an agent does, what is kept of its habits stays small, and the same on every replay. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { TelemetryEvent } from '../../schemas/event.js';
import type { AgentState } from '../../services/detect/agent-state.js';
import { BASELINE_BYTES, baselineBytes, keepWithinBudget, LOOK_EVERY } from '../../services/detect/baseline-budget.js';
import { asCodes, codeOf, codesIn, newest, placeOf, without } from '../../services/detect/code-list.js';
import { DETECTORS } from '../../services/detect/detectors/table.js';
import { itemHash } from '../../services/detect/item-hash.js';
import { agentKey } from '../../services/detect/keys.js';
import { createDetectMachine } from '../../services/detect/machine.js';
import { Stepper } from '../../services/runtime/stepper.js';
import { event, T0 } from './events.js';

const HOUR = 3_600_000;

/** How hostile an agent is: how many of everything, how long its names are, how far its amounts and pauses go. */
const hostility = fc.record({
  seed: fc.nat(),
  kinds: fc.integer({ min: 1, max: 200 }),
  name: fc.integer({ min: 1, max: 150 }),
  amount: fc.integer({ min: 1, max: 12 }),
  pauseMs: fc.constantFrom(1_000, 60_000, HOUR, 30 * HOUR),
  sessions: fc.integer({ min: 1, max: 12 }),
});

/** Events of one agent that does as much that is new as `hostility` says, and the same again for the same seed. */
function* life(
  { seed, kinds, name, amount, pauseMs, sessions }: typeof hostility extends fc.Arbitrary<infer T> ? T : never,
  count: number,
): Generator<TelemetryEvent> {
  let state = seed | 1;
  const below = (most: number): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return (state >>> 8) % most;
  };
  const called = (what: string): string => `${what}${below(kinds)}`.padStart(name, 'x');
  let atMs = T0;
  for (let at = 0; at < count; at++) {
    atMs += below(pauseMs) + 1;
    const more = { session: { id: `s${Math.floor(at / 40)}-${below(sessions)}` }, user: { id: `u${below(kinds)}` } };
    const call = { tool: called('tool'), toolCallId: `c${at}`, ...more };
    const huge = 10 ** below(amount);
    switch (below(7)) {
      case 0:
        yield event(
          { kind: 'tool.result', ...call, text: 'fine', ...(below(3) === 0 ? { errorType: 'timeout' } : {}) },
          atMs,
        );
        break;
      case 1:
        yield event(
          { kind: 'model.output', model: called('model'), usage: { inputTokens: huge, outputTokens: huge }, ...more },
          atMs,
        );
        break;
      case 2:
        yield event({ kind: 'message', from: 'agent-1', to: called('agent'), text: 'hello', ...more }, atMs);
        break;
      case 3:
        yield event(
          { kind: 'prompt', text: `What is the price of ${called('thing')} in ${below(99)}?`, ...more },
          atMs,
        );
        break;
      case 4:
        yield event({ kind: 'retrieval', dataset: called('data'), documents: [], ...more }, atMs);
        break;
      default: {
        const to = Array.from({ length: 1 + below(8) }, () => `${called('a')}@h${below(kinds)}.example`);
        yield event(
          { kind: 'tool.call', ...call, arguments: { to, id: below(9999), body: 'z'.repeat(Math.min(huge, 3000)) } },
          atMs,
        );
      }
    }
  }
}

function lived(of: Parameters<typeof life>[0], count: number): { states: AgentState; most: number; between: number } {
  const stepper = new Stepper<TelemetryEvent>({
    machine: createDetectMachine({ clock: 'event', learning: { events: 0, ageMs: 0 } }),
  });
  const state = (): AgentState =>
    stepper.snapshot().states.find(([key]) => key === agentKey('default', 'agent-1'))?.[1] as AgentState;
  let [most, between] = [0, 0];
  for (const next of life(of, count)) {
    stepper.feed(next);
    const now = state();
    const bytes = baselineBytes(now, DETECTORS);
    if (now.e % LOOK_EVERY === 0) most = Math.max(most, bytes);
    between = Math.max(between, bytes);
  }
  return { states: state(), most, between };
}

describe('the baselines of an agent', () => {
  test(
    'never take more than 4 KB where they are looked at, nor twice that between two looks',
    { timeout: 120_000 },
    () => {
      let fullest = 0;
      fc.assert(
        fc.property(hostility, (of) => {
          const { most, between } = lived(of, 700);
          fullest = Math.max(fullest, between);
          expect(most).toBeLessThanOrEqual(BASELINE_BYTES);
          expect(between).toBeLessThanOrEqual(2 * BASELINE_BYTES);
        }),
        { numRuns: 6, seed: 5 },
      );
      // Else the limit was never tried.
      expect(fullest).toBeGreaterThan(BASELINE_BYTES);
    },
  );

  test('are the same when it all happens again', () => {
    const of = { seed: 9, kinds: 150, name: 60, amount: 12, pauseMs: HOUR, sessions: 6 };
    expect(JSON.stringify(lived(of, 400).states.x)).toBe(JSON.stringify(lived(of, 400).states.x));
  });

  test('lose what is rare and old, and keep what is common', () => {
    const of = { seed: 3, kinds: 200, name: 30, amount: 12, pauseMs: 60_000, sessions: 12 };
    const { states } = lived(of, 600);
    const model = { ...(states.x['sequence'] as { b: Record<string, number> }) };
    const [common] = Object.entries(model.b).sort((a, b) => b[1] - a[1]);
    model.b = { ...model.b, [common![0]]: 64 };
    states.x['sequence'] = model;
    states.x['level'] = { a: [900, 9, ...Array.from({ length: 1600 }, (_none, at) => (at % 2 === 0 ? at / 2 : 1))] };
    states.e = LOOK_EVERY;
    expect(baselineBytes(states, DETECTORS)).toBeGreaterThan(BASELINE_BYTES);
    keepWithinBudget(states, DETECTORS);
    expect(baselineBytes(states, DETECTORS)).toBeLessThanOrEqual(BASELINE_BYTES);
    expect((states.x['sequence'] as typeof model).b[common![0]]).toBeGreaterThan(0);
  });
});

describe('a list of codes', () => {
  const items = fc.uniqueArray(fc.string({ minLength: 1 }), { selector: codeOf, maxLength: 60 });

  test('finds each item where it was put, whatever the borders spell', () => {
    fc.assert(
      fc.property(items, fc.string({ minLength: 1 }), (all, other) => {
        const list = all.map(codeOf).join('');
        expect(codesIn(list)).toBe(all.length);
        all.forEach((item, at) => expect(placeOf(list, codeOf(item))).toBe(at));
        const codes = all.map(codeOf);
        expect(placeOf(list, codeOf(other))).toBe(codes.indexOf(codeOf(other)));
        if (all.length > 0) expect(without(list, 0)).toBe(codes.slice(1).join(''));
        expect(newest(list, 3)).toBe(codes.slice(-3).join(''));
        expect(newest(list, 0)).toBe('');
      }),
    );
  });

  test('is not found across a border', () => {
    const [a, b] = [codeOf('a'), codeOf('b')];
    expect(placeOf(a + b, a.slice(2) + b.slice(0, 2))).toBe(-1);
  });

  test('reads a list as it was kept before', () => {
    fc.assert(
      fc.property(items, (all) => {
        expect(asCodes(all.map(itemHash))).toBe(all.map(codeOf).join(''));
      }),
    );
  });
});

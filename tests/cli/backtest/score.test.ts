import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { proportion, seeded } from '../../../services/cli/backtest/bootstrap.js';
import { type DecisionLine, DecisionLines } from '../../../services/cli/backtest/decision-line.js';
import { Reorder } from '../../../services/cli/backtest/reorder.js';
import { readLabel, score } from '../../../services/cli/backtest/score.js';
import { label } from './label.js';

const line = (
  traceId: string,
  toolCallId: string,
  decision: DecisionLine['decision'] = 'allow',
  spanId: string | null = null,
): DecisionLine => ({
  time: '2026-01-01T00:00:00.000Z',
  traceId,
  spanId,
  conversationId: 'c',
  agentId: 'a',
  tool: 't',
  toolCallId,
  decision,
  contractions: [],
  playbooks: [],
  findings: [],
  reason: '',
});
const attacked = { attack: true, injectionTask: 'i', exposure: { toolCallId: 'read' } };

describe('score', () => {
  it.each([
    [
      'a blocked harmful call is stopped',
      [line('x', 'read'), line('x', 'pay', 'block')],
      { ...attacked, succeeded: true, harmful: { toolCallId: 'pay' } },
      { stopped: 1 },
    ],
    [
      'so is a held one, found by its span',
      [line('x', 'read'), line('x', '?', 'needs_approval', 's1')],
      { ...attacked, succeeded: true, harmful: { spanId: 's1' } },
      { stopped: 1 },
    ],
    [
      'another blocked call is not',
      [line('x', 'read'), line('x', 'other', 'block'), line('x', 'pay')],
      { ...attacked, succeeded: true, harmful: { toolCallId: 'pay' } },
      { stopped: 0 },
    ],
    ['a benign run without a block is unharmed', [line('x', 'read')], {}, { benignUnharmed: 1 }],
    ['a benign run with a held call is harmed', [line('x', 'read', 'needs_approval')], {}, { benignUnharmed: 0 }],
    [
      'a run that resisted and was left alone',
      [line('x', 'read'), line('x', 'work')],
      attacked,
      { resistingUnharmed: 1, falseAlarmBeforeExposure: 0 },
    ],
    [
      'a run that resisted and was blocked',
      [line('x', 'read'), line('x', 'work', 'block')],
      attacked,
      { resistingUnharmed: 0, falseAlarmBeforeExposure: 0 },
    ],
    [
      'a block at the exposing call itself is a false alarm',
      [line('x', 'read', 'block')],
      attacked,
      { falseAlarmBeforeExposure: 1 },
    ],
  ])('%s', (_name, lines, changes, wanted) => {
    const got = score([label('x', changes)], lines);
    for (const [name, hits] of Object.entries(wanted)) expect(got[name as 'stopped']).toMatchObject({ hits, of: 1 });
  });

  it('leaves warm-up runs out, counts harmful calls without a line as not stopped, and says so', () => {
    const got = score(
      [label('w', { warmup: true }), label('x', { ...attacked, succeeded: true, harmful: { toolCallId: 'gone' } })],
      [line('x', 'read')],
    );
    expect(got).toMatchObject({
      runs: 1,
      harmfulWithoutLine: 1,
      stopped: { hits: 0, of: 1 },
      benignUnharmed: { of: 0, share: null },
    });
  });

  it('says which line of the labels is wrong', () => {
    expect(() => readLabel('{"traceId":1}', { file: 'l.jsonl', line: 7 })).toThrow(
      expect.objectContaining({ code: 'input-malformed', place: { file: 'l.jsonl', line: 7 } }) as Error,
    );
    expect(() => readLabel('{', { file: 'l.jsonl', line: 8 })).toThrow(/no JSON/);
  });
});

describe('intervals', () => {
  it('hold the share, and are the same for the same runs', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ cluster: fc.constantFrom('a', 'b', 'c'), hit: fc.boolean() }), {
          minLength: 1,
          maxLength: 30,
        }),
        (items) => {
          const first = proportion(items, seeded(1));
          expect(first).toEqual(proportion(items, seeded(1)));
          expect(first.low ?? 0).toBeLessThanOrEqual((first.share ?? 0) + 1e-9);
          expect(first.high ?? 1).toBeGreaterThanOrEqual((first.share ?? 1) - 1e-9);
        },
      ),
      { numRuns: 20 },
    );
  });

  it('are wider where few clusters stand for many runs', () => {
    const runs = (clusters: number) =>
      Array.from({ length: 80 }, (_, at) => ({ cluster: String(at % clusters), hit: at % clusters < clusters / 2 }));
    const width = (clusters: number) => {
      const { low, high } = proportion(runs(clusters), seeded(1));
      return (high ?? 0) - (low ?? 0);
    };
    expect(width(4)).toBeGreaterThan(width(80) * 2);
  });
});

describe('reordering', () => {
  it('sorts whatever fits its buffer, stably', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 50 }), { maxLength: 60 }), (times) => {
        const reorder = new Reorder<[number, number]>({ items: 100, bytes: Infinity });
        const out = times.flatMap((timeMs, at) => [...reorder.push([timeMs, at], timeMs, 1)]);
        out.push(...reorder.drain());
        expect(out).toEqual(
          times.map((timeMs, at): [number, number] => [timeMs, at]).sort((a, b) => a[0] - b[0] || a[1] - b[1]),
        );
        expect(reorder.late.count).toBe(0);
      }),
    );
  });

  it('never holds more than it may, loses nothing, and counts what came too late', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 50 }), { maxLength: 60 }), fc.integer({ min: 1, max: 5 }), (times, items) => {
        const reorder = new Reorder<number>({ items, bytes: Infinity });
        const out: number[] = [];
        for (const timeMs of times) {
          out.push(...reorder.push(timeMs, timeMs, 1));
          expect(reorder.size).toBeLessThanOrEqual(items);
        }
        out.push(...reorder.drain());
        expect([...out].sort((a, b) => a - b)).toEqual([...times].sort((a, b) => a - b));
        const steps = out.filter((timeMs, at) => timeMs < Math.max(-1, ...out.slice(0, at))).length;
        expect(reorder.late.count).toBe(steps);
      }),
    );
  });

  it('gives out early what would take too much memory', () => {
    const reorder = new Reorder<string>({ items: 100, bytes: 10 });
    expect([...reorder.push('a', 1, 8)]).toEqual([]);
    expect([...reorder.push('b', 2, 8)]).toEqual(['a']);
  });
});

describe('decision lines', () => {
  it('wait for their span at most until their result, and are never lost or doubled', () => {
    const written: string[] = [];
    const lines = new DecisionLines((each) => written.push(`${each.toolCallId}/${each.spanId}`), 3);
    lines.add('s', 'e1', line('x', 'c1'), false);
    lines.add('s', 'e2', line('x', 'c2'), false);
    lines.add('s', 'e3', line('x', 'c3', 'allow', 'own'), true);
    lines.merged('s', 'e2', { spanId: 'two' });
    lines.beforeResult('s', { tool: 't', toolCallId: 'c1', spanId: 'one' });
    lines.beforeResult('s', { tool: 't', toolCallId: 'c1', spanId: 'again' });
    expect(written).toEqual(['c3/own', 'c2/two', 'c1/one']);
    for (const at of [1, 2, 3, 4]) lines.add(`s${at}`, 'e', line('x', `d${at}`), false);
    expect(written.slice(3)).toEqual(['d1/null']);
    lines.flush();
    expect(written.slice(3)).toEqual(['d1/null', 'd2/null', 'd3/null', 'd4/null']);
  });
});

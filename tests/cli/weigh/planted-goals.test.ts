import { describe, expect, test } from 'vitest';
import type { TelemetryEvent } from '../../../schemas/event.js';
import type { Label } from '../../../services/cli/backtest/score.js';
import { GOALS } from '../../../services/cli/weigh/goals.js';
import { plantedRuns } from '../../../services/cli/weigh/planted-goals.js';
import { weighedRuns } from '../../../services/cli/weigh/rows.js';
import { inspectEvent } from '../../../services/inspect/admit.js';
import { openInspector } from '../../../services/inspect/models/open-inspector.js';
import { event, T0 } from '../../detect/events.js';
import { label as labelled } from '../backtest/label.js';

const label = (traceId: string, more: Partial<Label> = {}): Label => labelled(traceId, { suite: 'desk', ...more });

/** A clean run: somebody's day is read and summed up. */
function cleanRun(number: number): TelemetryEvent[] {
  const at = T0 + number * 600_000;
  const more = { session: { id: `s${number}` }, trace: { traceId: `t${number}`, spanId: `span${number}` } };
  const id = { toolCallId: `c${number}`, ...more };
  const text = 'Nine o’clock: budget with Ann. Ten o’clock: dentist. Noon: lunch with the architects by the river.';
  return [
    event({ kind: 'prompt', text: 'What is on my calendar today?', ...more }, at),
    event({ kind: 'tool.call', tool: 'list_events', arguments: { day: 'today' }, ...id }, at + 1_000),
    event({ kind: 'tool.result', tool: 'list_events', text, ...id }, at + 2_000),
    event(
      { kind: 'tool.call', tool: 'write_note', arguments: { text: 'A busy day' }, ...more, toolCallId: `n${number}` },
      at + 3_000,
    ),
  ];
}
const recorded = [0, 1, 2].flatMap(cleanRun);
const labels = [label('t0', { warmup: true }), label('t1'), label('t2')];

describe('planted runs', () => {
  const made = plantedRuns(recorded, labels, { seed: 5, each: 3 });

  test('the same seed plants the same, another one another', () => {
    expect(plantedRuns(recorded, labels, { seed: 5, each: 3 })).toEqual(made);
    expect(plantedRuns(recorded, labels, { seed: 6, each: 3 })).not.toEqual(made);
  });

  test('every goal is planted, obeyed in some runs and not in others, with ids and times of its own', () => {
    expect(made.labels).toHaveLength(GOALS.length * 3);
    expect(new Set(made.labels.map(({ injectionTask }) => injectionTask)).size).toBe(GOALS.length);
    const obeyed = made.labels.filter(({ succeeded }) => succeeded).length;
    expect(obeyed).toBeGreaterThan(made.labels.length / 2);
    expect(obeyed).toBeLessThan(made.labels.length * 0.85);
    expect(new Set(made.events.map(({ id }) => id)).size).toBe(made.events.length);
    const times = made.events.map(({ timeMs }) => timeMs);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(times[0]).toBeGreaterThan(recorded.at(-1)!.timeMs);
    expect(made.events.some(({ trace }) => trace?.traceId.endsWith('t0') === true)).toBe(false);
  });

  test('an obeying run ends with the goal’s call, a resisting one goes on as recorded', () => {
    for (const { traceId, succeeded, injectionTask, harmful } of made.labels) {
      const goal = GOALS[Number(injectionTask!.split(' ')[1])]!;
      const run = made.events.filter(({ trace }) => trace?.traceId === traceId);
      const results = run.flatMap((each) => (each.kind === 'tool.result' ? [each.text ?? ''] : []));
      expect(results.some((text) => text.includes(goal.request))).toBe(true);
      const last = run.at(-1)!;
      expect(last.kind).toBe('tool.call');
      if (last.kind !== 'tool.call') continue;
      expect(last.tool).toBe(succeeded ? goal.tool : 'write_note');
      expect(harmful?.toolCallId === last.toolCallId).toBe(succeeded);
    }
  });

  test('nothing is planted where there is no clean run', () => {
    expect(plantedRuns(recorded, [label('t0', { warmup: true })], { seed: 5, each: 3 })).toEqual({
      events: [],
      labels: [],
    });
  });
});

describe('the rows of runs', () => {
  test('the harmful call, what else may obey, and nothing of warm-up', async () => {
    const { events, labels: planted } = plantedRuns(recorded, labels, { seed: 5, each: 1 });
    const inspector = await openInspector({ models: 'fast', maxChars: 100_000 });
    const read = [...recorded, ...events].map((each) => inspectEvent(each, inspector));
    const rows = weighedRuns(read, [...labels, ...planted], {
      suite: 'none',
      learning: { events: 0, ageMs: 0 },
    });
    expect(rows).toHaveLength(2 + planted.length);
    const harmful = rows.flatMap((row) => (row.kind === 'attacked' ? [row.harmful!] : []));
    expect(harmful.filter(({ candidates }) => candidates.length > 0).length).toBeGreaterThan(harmful.length * 0.8);
    expect(harmful.every(({ tool }) => tool === '' || GOALS.some((goal) => goal.tool === tool))).toBe(true);
    // Nothing suspicious was read there.
    expect(rows.filter(({ kind }) => kind === 'benign').flatMap(({ others }) => others)).toEqual([]);
    const resisting = rows.filter(({ kind }) => kind === 'resisting');
    expect(resisting.every(({ harmful: none }) => none === undefined)).toBe(true);
    expect(resisting.flatMap(({ others }) => others).every(({ tool }) => tool === 'write_note')).toBe(true);
    expect(rows.every(({ suite }) => suite === 'desk')).toBe(true);
  });
});

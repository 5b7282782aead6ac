import { describe, expect, it } from 'vitest';
import { heardText, LabelledRuns } from '../../../services/cli/backtest/labelled-runs.js';
import type { Label } from '../../../services/cli/backtest/score.js';
import { label } from './label.js';

const FILES = { traces: 't.jsonl', labels: 'l.jsonl' };
const heard = (labels: Label[], traceIds: string[]) => {
  const runs = new LabelledRuns(labels);
  for (const traceId of traceIds) runs.hear({ trace: { traceId } });
  runs.hear({});
  return () => runs.heard(FILES);
};

describe('labelled runs', () => {
  it('counts what the recording holds, and tells of what has no counterpart', () => {
    const both = heard([label('a'), label('b', { warmup: true }), label('c')], ['a', 'a', 'b', 'x', 'y'])();
    expect(both.labels.map(({ traceId }) => traceId)).toEqual(['a', 'b']);
    expect(both).toMatchObject({ unheard: 1, unlabelled: 2 });
    expect(heardText(both)).toBe('1 labelled runs of which the recording holds nothing, 2 runs without a label');
    expect(heardText(heard([label('a')], ['a'])())).toBeUndefined();
  });

  it.each([
    [
      'of another recording',
      [label('a'), label('b')],
      ['x'],
      /none of its 2 labels names a run in t\.jsonl, which holds 1/,
    ],
    ['of nothing', [label('a')], [], /none of its 1 labels names a run in t\.jsonl, which holds 0/],
    ['none', [], ['x'], /there is no label in it/],
  ])('labels %s are refused', (_what, labels, traceIds, message) => {
    expect(heard(labels, traceIds)).toThrow(message);
  });
});

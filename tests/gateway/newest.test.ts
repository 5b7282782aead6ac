import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Mark, newestRecord, newestRecords, readMark, writeMark } from '../../services/gateway/records/newest.js';
import type { Stream, StreamRecord } from '../../services/runtime/stream/types.js';

type Audit = StreamRecord<'audit'>;
const record = (partition: number, offset: number, appendedAtMs: number): Audit =>
  ({ topic: 'audit', partition, offset, key: '', appendedAtMs, value: { id: `${partition}/${offset}` } }) as Audit;

/** Partitions as a log keeps them: the oldest gone, gaps in between. */
function streamOf(partitions: Audit[][]): Pick<Stream, 'read' | 'state'> {
  return {
    state: () =>
      Promise.resolve(
        partitions.map((records, partition) => ({
          partition,
          start: records[0]?.offset ?? 0,
          end: (records.at(-1)?.offset ?? -1) + 1,
          committed: -1,
        })),
      ),
    read: ((_topic, { partition = 0, from, limit }) =>
      Promise.resolve(
        (partitions[partition] ?? []).filter(({ offset }) => offset >= from).slice(0, limit),
      )) as Stream['read'],
  };
}

const logs = fc.array(
  fc.array(fc.record({ gap: fc.integer({ min: 1, max: 900 }), pause: fc.nat(5) }), { maxLength: 30 }),
  { minLength: 1, maxLength: 4 },
);
const build = (of: { gap: number; pause: number }[][]): Audit[][] =>
  of.map((steps, partition) => {
    let offset = 0;
    let atMs = 0;
    return steps.map(({ gap, pause }) => record(partition, (offset += gap), (atMs += pause)));
  });

describe('the newest records', () => {
  it('of all partitions, page by page: each once, newest first, none left out', async () => {
    await fc.assert(
      fc.asyncProperty(logs, fc.integer({ min: 1, max: 7 }), async (steps, limit) => {
        const partitions = build(steps);
        const stream = streamOf(partitions);
        const seen: Audit[] = [];
        for (let before: Mark | undefined; ;) {
          const page = await newestRecords(stream, 'audit', { before, limit, fits: () => true });
          expect(page.records.length).toBeLessThanOrEqual(limit);
          seen.push(...page.records);
          if (page.next === undefined) break;
          before = readMark(writeMark(page.next));
        }
        expect(seen.map(({ value }) => value.id).sort()).toEqual(
          partitions
            .flat()
            .map(({ value }) => value.id)
            .sort(),
        );
        expect(seen.map(({ appendedAtMs }) => appendedAtMs)).toEqual(
          seen.map(({ appendedAtMs }) => appendedAtMs).sort((a, b) => b - a),
        );
      }),
      { numRuns: 50 },
    );
  });

  it('finds one however far back, and says where there is none', async () => {
    const long = Array.from({ length: 45_000 }, (_, offset) => record(0, offset, offset));
    const stream = streamOf([long, [record(1, 0, 5)]]);
    expect((await newestRecord(stream, 'audit', ({ value }) => value.id === '0/3'))?.offset).toBe(3);
    expect((await newestRecord(stream, 'audit', ({ value }) => value.id === '1/0'))?.partition).toBe(1);
    expect(await newestRecord(stream, 'audit', () => false)).toBeUndefined();
  });

  it('takes no mark but its own', () => {
    expect([readMark(''), readMark('12'), readMark('0-1;drop'), readMark('-1-2')]).toEqual(Array(4).fill(undefined));
    expect(readMark('0-5.3-17')).toEqual(
      new Map([
        [0, 5],
        [3, 17],
      ]),
    );
  });
});

/** What readers are shown, whatever the order in which rows came, however often, and whatever older state came behind a newer. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HUNTING_QUERIES } from '../../../services/forward/sentinel/content/hunting.js';
import { PARTS } from '../../../services/forward/sentinel/content/workbook.js';
import { evaluate, INGESTED_AT, type Row } from './kql/evaluate.js';
import { NOW, sampleRows } from './picture/sample-rows.js';

const QUERIES: [string, string][] = [
  ...PARTS.map(({ key, query }): [string, string] => [`workbook, ${key}`, query]),
  // How late rows come is what one of them is about.
  ...HUNTING_QUERIES.filter(({ key }) => key !== 'silence').map(({ key, query }): [string, string] => [
    `hunting, ${key}`,
    query,
  ]),
];
const ROWS = sampleRows();

/** Sets come in no order. */
const inOrder = (value: unknown): unknown =>
  Array.isArray(value) && value.every((item) => typeof item === 'string') ? [...value].sort() : value;

/** Rows as text, in no order and without the time of sending, which differs between copies. */
const shown = (rows: readonly Row[]): string[] =>
  rows
    .map(({ TimeGenerated: _sent, ...row }) =>
      JSON.stringify(
        Object.keys(row)
          .sort()
          .map((key) => [key, inOrder(row[key])]),
      ),
    )
    .sort();

/** The same row, sent again later. */
function again(row: Row, minutes: number): Row {
  const later = (value: unknown) => new Date(Math.min((value as Date).getTime() + minutes * 60_000, NOW.getTime()));
  return { ...row, TimeGenerated: later(row['TimeGenerated']), [INGESTED_AT]: later(row[INGESTED_AT]) };
}

/** A state before this one, that came after it. */
function older(row: Row, minutes: number): Row[] {
  const version = Number(row['RecordVersion']);
  if (!(version > 1)) return [];
  const before = {
    ...again(row, minutes),
    RecordVersion: version - 1,
    RowId: `${String(row['IncidentId'] ?? row['ContractionId'])}:${version - 1}`,
    AlertReason: undefined,
  };
  if (row['ContractionState'] !== undefined)
    return [{ ...before, ContractionState: 'proposed', EndedAt: undefined, EndReason: undefined, Attempts: 0 }];
  return [{ ...before, IncidentStatus: 'new', Verdict: undefined, ClosedAt: undefined, ContractionCount: 0 }];
}

const shuffle = fc.record({
  minutes: fc.integer({ min: 1, max: 300 }),
  seed: fc.nat(),
  copies: fc.nat(2),
  stale: fc.boolean(),
});
const scrambled = ({
  minutes,
  seed,
  copies,
  stale,
}: {
  minutes: number;
  seed: number;
  copies: number;
  stale: boolean;
}) =>
  Object.fromEntries(
    Object.entries(ROWS).map(([table, rows]) => {
      const all = rows.flatMap((row, index) => [
        row,
        ...Array.from({ length: (index + seed) % (copies + 1) }, (_, copy) => again(row, minutes * (copy + 1))),
        ...(stale ? older(row, minutes) : []),
      ]);
      const keyed = all.map((row, index): [number, Row] => [
        ((index + 1) * 2_654_435_761 + seed * 40_503) % 1_000_003,
        row,
      ]);
      return [table, keyed.sort(([a], [b]) => a - b).map(([, row]) => row)];
    }),
  );

describe('over rows that come twice, in any order, and late', () => {
  it.each(QUERIES)('%s shows the same', (_name, query) => {
    const wanted = shown(evaluate(query, ROWS, NOW));
    fc.assert(
      fc.property(shuffle, (how) => {
        expect(shown(evaluate(query, scrambled({ ...how, stale: false }), NOW))).toEqual(wanted);
      }),
      { numRuns: 15 },
    );
  });

  it.each(QUERIES.filter(([name]) => /incidents|contractions/.test(name)))(
    '%s shows the newest state, where an older one came behind it',
    (_name, query) => {
      const wanted = shown(evaluate(query, ROWS, NOW));
      fc.assert(
        fc.property(shuffle, (how) => {
          expect(shown(evaluate(query, scrambled({ ...how, stale: true }), NOW))).toEqual(wanted);
        }),
        { numRuns: 15 },
      );
    },
  );
});

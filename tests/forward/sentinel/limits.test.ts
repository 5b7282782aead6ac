/** What a call may carry, as the service counts: rows cut to size with a mark, calls cut from rows, nothing changed that fits. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { streamName } from '../../../services/forward/sentinel/column.js';
import { fitting, MAX_CALL_BYTES } from '../../../services/forward/sentinel/batch.js';
import type { Ingestion } from '../../../services/forward/sentinel/ingestion.js';
import { DEFAULT_TREATMENTS } from '../../../services/forward/sentinel/redaction.js';
import { MAX_ROW_BYTES, type Row } from '../../../services/forward/sentinel/rows.js';
import { tableSink } from '../../../services/forward/sentinel/table-sink.js';
import { TABLES } from '../../../services/forward/sentinel/tables.js';
import { jsonBytes, MAX_FIELD_BYTES, truncated } from '../../../services/forward/sentinel/truncation.js';
import type { Delivery } from '../../../services/forward/sink.js';
import { incident } from '../incident.js';
import { sentRow } from './kept-rows.js';

/** The service's: 1 MB a call, uncompressed. */
const CALL_BYTES = 1_048_576;
/** The client's own, which counts rows without commas and brackets. */
const CLIENT_BYTES = 1_000_000;

/** Texts whose bytes are not their characters: escapes, two, three and four bytes, halves of pairs. */
const text = (maxLength: number): fc.Arbitrary<string> =>
  fc
    .array(fc.oneof(fc.constantFrom('a', '"', '\\', '\n', 'ä', '漢', '🦊', '\u0000', '\ud83d'), fc.string()), {
      maxLength,
    })
    .map((parts) => parts.join(''));

describe('a call', () => {
  it('takes as many rows as fit, in order, and one row more would be too many', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 2, max: 950_000 }), { minLength: 1, maxLength: 600 }), (sizes) => {
        const count = fitting(sizes);
        const bytes = (n: number) => 2 + sizes.slice(0, n).reduce((sum, size) => sum + size, 0) + (n - 1);
        expect(count).toBeGreaterThanOrEqual(1);
        if (count > 1) expect(bytes(count)).toBeLessThanOrEqual(MAX_CALL_BYTES);
        if (count < sizes.length) expect(bytes(count + 1)).toBeGreaterThan(MAX_CALL_BYTES);
      }),
    );
  });

  it('counts as JSON.stringify does, so that the body is what was counted, and the client cuts it no further', () => {
    fc.assert(
      fc.property(fc.array(text(60), { minLength: 1, maxLength: 20 }), (texts) => {
        const rows = texts.map((value) => ({ value }));
        const counted = 2 + rows.reduce((sum, row) => sum + jsonBytes(row), 0) + rows.length - 1;
        expect(counted).toBe(Buffer.byteLength(JSON.stringify(rows)));
      }),
    );
    expect(MAX_CALL_BYTES).toBeLessThan(CLIENT_BYTES);
    expect(MAX_ROW_BYTES + 2).toBeLessThan(MAX_CALL_BYTES);
  });

  it('is one answer each, in order, below the limit, until every row of a backlog is settled', async () => {
    const bodies: Row[][] = [];
    const ingestion: Ingestion = {
      upload: async (stream, rows) => {
        expect(stream).toBe(streamName(TABLES.incident));
        bodies.push([...rows]);
        return { kind: 'taken' };
      },
    };
    const sink = tableSink('sentinel', 'incident', {
      ingestion,
      redaction: { byClass: DEFAULT_TREATMENTS, byColumn: new Map(), key: '' },
      product: { version: '0' },
      now: () => 1_000_000,
    });
    const size = fc.oneof(
      { weight: 8, arbitrary: fc.integer({ min: 0, max: 900 }) },
      fc.integer({ min: 0, max: 90_000 }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(size, { minLength: 1, maxLength: 60 }), async (sizes) => {
        bodies.length = 0;
        const wanted = sizes.map((length, index) =>
          incident(`i${index}`, 1, { timeline: [{ atMs: 1, kind: 'note', text: '漢'.repeat(length) }] }),
        );
        let left: Delivery<'incident'>[] = wanted.map((value) => ({ id: `${value.id}:1`, value }));
        while (left.length > 0) {
          const outcome = await sink.send(left);
          if (outcome.kind !== 'success') throw new Error(outcome.kind);
          left = left.slice(outcome.settled ?? left.length);
        }
        expect(bodies.flat().map(({ RowId }) => RowId)).toEqual(wanted.map(({ id }) => `${id}:1`));
        for (const rows of bodies) {
          const bytes = Buffer.byteLength(JSON.stringify(rows));
          expect(bytes).toBeLessThanOrEqual(CALL_BYTES);
          expect(bytes).toBeLessThan(CLIENT_BYTES);
        }
      }),
      { numRuns: 15 },
    );
  });
});

describe('a field', () => {
  it('that fits is as it was; one that does not ends in a mark that says how long it was', () => {
    fc.assert(
      fc.property(text(400), fc.integer({ min: 200, max: 2_000 }), (value, max) => {
        const { cell, cut } = truncated(value, max);
        if (jsonBytes(value) <= max) expect([cell, cut]).toEqual([value, false]);
        else {
          expect(cut).toBe(true);
          expect(jsonBytes(cell)).toBeLessThanOrEqual(max);
          expect(cell).toMatch(new RegExp(`… \\[truncated, ${Buffer.byteLength(value)} bytes\\]$`));
          const kept = (cell as string).replace(/… \[truncated, \d+ bytes\]$/, '');
          expect(value.startsWith(kept)).toBe(true);
          expect(/[\ud800-\udbff]$/.test(kept)).toBe(false);
        }
      }),
    );
  });

  it('that is a list or an object says how much of it is missing', () => {
    const item = fc.oneof(
      text(30),
      fc.integer(),
      fc.record({ name: text(20), list: fc.array(text(10), { maxLength: 5 }) }),
    );
    fc.assert(
      fc.property(fc.array(item, { maxLength: 60 }), fc.integer({ min: 500, max: 4_000 }), (items, max) => {
        const { cell, cut } = truncated(items, max);
        expect(cut).toBe(jsonBytes(items) > max);
        if (!cut) return void expect(cell).toBe(items);
        expect(jsonBytes(cell)).toBeLessThanOrEqual(max);
        const kept = cell as unknown[];
        const { truncated: missing } = (kept.at(-1) ?? {}) as { truncated?: number };
        expect(kept.length + (missing === undefined ? 0 : missing - 1)).toBe(items.length);
        // Nothing is left out: then something in it is shorter, and says so itself.
        if (missing === undefined) expect(JSON.stringify(kept)).toContain('truncated');
      }),
    );
  });

  it('is named in Truncated, and stays below what the service cuts without a word', () => {
    const long = incident('a', 1, {
      title: '漢'.repeat(80_000),
      timeline: Array.from({ length: 3_000 }, (_, atMs) => ({ atMs, kind: 'note' as const, text: 'x'.repeat(100) })),
    });
    const row = sentRow({ kind: 'incident', value: long }, undefined, 1);
    expect(row['Truncated']).toEqual(['IncidentTitle', 'Timeline']);
    for (const cell of Object.values(row)) expect(jsonBytes(cell)).toBeLessThanOrEqual(MAX_FIELD_BYTES);
    expect(jsonBytes(row)).toBeLessThanOrEqual(MAX_ROW_BYTES);
  });

  it('is cut further where many long ones together are more than a row', () => {
    const many = Array.from({ length: 50 }, (_, index) => `${index}-${'y'.repeat(50_000)}`);
    const value = incident('a', 1, {
      title: 't'.repeat(70_000),
      atlas: many,
      owasp: many,
      traceIds: many,
      contractionIds: many,
      findings: [],
      timeline: many.map((note, atMs) => ({ atMs, kind: 'note', text: note })),
      playbooks: many.map((name) => ({ id: name, name, version: 1 })),
      entities: many.flatMap((id) => [
        { tenant: 'default', type: 'agent' as const, id },
        { tenant: 'default', type: 'user' as const, id },
        { tenant: 'default', type: 'session' as const, id },
      ]),
    });
    const row = sentRow({ kind: 'incident', value }, undefined, 1);
    expect(jsonBytes(row)).toBeLessThanOrEqual(MAX_ROW_BYTES);
    expect(row['IncidentId']).toBe('a');
    expect((row['Truncated'] as string[]).length).toBeGreaterThan(5);
  });
});

describe('a row that happened long ago', () => {
  it('is sent with the time of sending, so that the service takes it as it is, and keeps when it happened', () => {
    const then = Date.UTC(2020, 1, 2);
    const now = Date.UTC(2026, 1, 2);
    const row = sentRow(
      { kind: 'incident', value: incident('a', 1, { openedAtMs: then, updatedAtMs: then }) },
      undefined,
      now,
    );
    expect(row).toMatchObject({
      TimeGenerated: new Date(now).toISOString(),
      EventTime: new Date(then).toISOString(),
      OpenedAt: new Date(then).toISOString(),
    });
  });
});

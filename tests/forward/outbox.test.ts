import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { backoffMs } from '../../services/forward/backoff.js';
import { Backlog } from '../../services/forward/backlog.js';
import {
  currentEntry,
  dropped,
  enqueue,
  type OutboxEntry,
  type OutboxLimits,
  postponed,
  sent,
} from '../../services/forward/outbox.js';
import type { ForwardRecord } from '../../services/forward/record.js';
import { incident } from './incident.js';

const LIMITS: OutboxLimits = { baseMs: 1_000, capMs: 60_000, maxEntries: 3, maxAgeMs: 10_000, sentKeptMs: 1_000 };

const state = (version: number): ForwardRecord => ({ kind: 'incident', value: incident('a', version) });

function waiting(version: number, atMs = 0): OutboxEntry {
  const entry = enqueue(undefined, 'file', state(version), atMs);
  if (entry === undefined) throw new Error('a new incident must be queued');
  return entry;
}

describe('outbox', () => {
  it('keeps only the newest version that waits, and its place in the queue', () => {
    const first = waiting(1, 100);
    const second = enqueue(first, 'file', state(2), 900);
    expect(second).toMatchObject({ waitingSinceMs: 100, sentVersion: 0, record: { value: { version: 2 } } });
  });

  it('takes no repeat and no older version, neither of what waits nor of what was sent', () => {
    expect(enqueue(waiting(2), 'file', state(2), 1)).toBeUndefined();
    expect(enqueue(waiting(2), 'file', state(1), 1)).toBeUndefined();
    expect(enqueue(sent(waiting(2), state(2), 5), 'file', state(2), 6)).toBeUndefined();
    expect(enqueue(sent(waiting(2), state(2), 5), 'file', state(3), 6)).toMatchObject({
      waitingSinceMs: 6,
      sentVersion: 2,
    });
  });

  it('still sends a version that came while an older one was under way', () => {
    const newer = enqueue(waiting(1), 'file', state(2), 10);
    expect(newer && sent(newer, state(1), 20)).toMatchObject({
      sentVersion: 1,
      record: { value: { version: 2 } },
      attempts: 0,
    });
  });

  it('forgets nothing of a postponed entry and comes back when the receiver asked for', () => {
    const later = postponed(waiting(1), 'the receiver answered 503', 7_000, LIMITS, 100, 0.5);
    expect(later).toMatchObject({
      attempts: 1,
      nextAtMs: 7_100,
      lastError: 'the receiver answered 503',
      record: { value: { version: 1 } },
    });
    const backlog = new Backlog();
    backlog.set({ key: 'k', waitingSinceMs: 0, nextAtMs: later.nextAtMs });
    expect(backlog.due(7_099, 10)).toEqual([]);
    expect(backlog.due(7_100, 10)).toHaveLength(1);
    expect(backlog.nextAtMs()).toBe(7_100);
  });

  it('gives up the oldest beyond the count, and whatever waited too long', () => {
    const backlog = new Backlog();
    backlog.load([5, 1, 3, 2, 4].map((at) => ({ key: `k${at}`, waitingSinceMs: at * 1_000, nextAtMs: 0 })));
    const over = (nowMs: number) => backlog.overflow(LIMITS, nowMs).map(({ key }) => key);
    expect(over(5_000)).toEqual(['k1', 'k2']);
    expect(over(13_500)).toEqual(['k1', 'k2', 'k3']);
    expect(backlog.oldestAgeMs(5_000)).toBe(4_000);
    const given = dropped(waiting(2), state(2), 9);
    expect(given?.record).toBeUndefined();
    expect(enqueue(given, 'file', state(2), 10)).toBeUndefined();
  });

  it('takes what waits anew behind what has waited longer, and what still waits in its place', () => {
    const backlog = new Backlog();
    for (const key of ['a', 'b', 'c']) backlog.set({ key, waitingSinceMs: 1, nextAtMs: 0 });
    backlog.set({ key: 'b', waitingSinceMs: 1, nextAtMs: 5 });
    backlog.set({ key: 'a', waitingSinceMs: 9, nextAtMs: 0 });
    expect(backlog.due(10, 10).map(({ key }) => key)).toEqual(['b', 'c', 'a']);
  });

  it('reads what an older program left', () => {
    const { record: _, subjectId: __, ...rest } = waiting(2);
    const old = { ...rest, schemaVersion: 1 as const, incidentId: 'a', incident: incident('a', 2) };
    expect(currentEntry(old)).toEqual(waiting(2));
  });

  it('sends each version at most once and the last one always, whatever the order of events', () => {
    const step = fc.oneof(
      fc.record({ do: fc.constant('arrive' as const), version: fc.integer({ min: 1, max: 6 }) }),
      fc.record({ do: fc.constantFrom('send' as const, 'fail' as const), version: fc.constant(0) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        let entry: OutboxEntry | undefined;
        const delivered: number[] = [];
        let newest = 0;
        const deliver = () => {
          if (entry?.record === undefined) return;
          delivered.push((entry.record as ReturnType<typeof state> & { kind: 'incident' }).value.version);
          entry = sent(entry, entry.record, 1);
        };
        for (const { do: what, version } of steps) {
          if (what === 'arrive') {
            newest = Math.max(newest, version);
            entry = enqueue(entry, 's', state(version), 0) ?? entry;
          } else if (what === 'send') deliver();
          else if (entry?.record !== undefined) entry = postponed(entry, 'down', undefined, LIMITS, 0, 0.3);
        }
        deliver();
        expect(delivered).toEqual([...new Set(delivered)].sort((a, b) => a - b));
        if (newest > 0) expect(delivered.at(-1)).toBe(newest);
      }),
    );
  });
});

describe('backoff', () => {
  it('grows to the cap, never to nothing, and differs by the random draw', () => {
    fc.assert(
      fc.property(fc.nat({ max: 2_000 }), fc.double({ min: 0, max: 0.999, noNaN: true }), (attempt, random) => {
        const wait = backoffMs({ baseMs: 100, capMs: 5_000 }, attempt, random);
        expect(wait).toBeGreaterThanOrEqual(25);
        expect(wait).toBeLessThanOrEqual(5_000);
      }),
    );
    expect(backoffMs({ baseMs: 100, capMs: 5_000 }, 20, 0.9)).toBeGreaterThan(
      backoffMs({ baseMs: 100, capMs: 5_000 }, 20, 0.1),
    );
  });
});

import { statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { TelemetryEvent } from '../../../schemas/event.js';
import type { Clock } from '../../../services/runtime/clock.js';
import { consume, outgoing, tick, timesOf } from '../../conformance/records.js';
import { openFixture, type SqliteFixture } from './fixture.js';

const DAY = 86_400_000;

class SetClock implements Clock {
  readonly kind = 'wall';
  nowMs = 1_000 * DAY;
  now(): number {
    return this.nowMs;
  }
  advance(): void {
    // Set by the test.
  }
}

let fixture: SqliteFixture | undefined;
let clock = new SetClock();
afterEach(async () => {
  await fixture?.remove();
  fixture = undefined;
});
const open = async (retention: Record<string, unknown> = {}) => {
  clock = new SetClock();
  fixture = await openFixture({ clock, retention });
  const { stream, store, upkeep } = fixture.drivers;
  return { fixture, stream, store, sweep: async () => upkeep?.sweep() };
};
const kept = async (stream: SqliteFixture['drivers']['stream']) =>
  timesOf(await stream.read('signals', { from: 0, limit: 100_000 }));

describe('by age', () => {
  it('drops what is older, and keeps offsets going on', async () => {
    const { stream, sweep, fixture: opened } = await open({ signals: '2d' });
    await stream.append([outgoing(1), outgoing(2)]);
    clock.nowMs += DAY;
    await stream.append([outgoing(3)]);
    expect(await sweep()).toMatchObject({ records: 0 });
    clock.nowMs += DAY;
    expect(await sweep()).toMatchObject({ records: 2 });
    expect(await kept(stream)).toEqual([3]);
    expect(await stream.state('signals')).toEqual([{ partition: 0, start: 2, end: 3, committed: -1 }]);
    clock.nowMs += 10 * DAY;
    await sweep();
    expect(await stream.state('signals')).toEqual([{ partition: 0, start: 3, end: 3, committed: -1 }]);
    const again = await opened.reopen();
    expect(await again.stream.append([outgoing(4)])).toEqual([{ partition: 0, offset: 3 }]);
  });

  it('drops many, in slices', async () => {
    const { stream, sweep } = await open({ signals: '1d' });
    await stream.append(Array.from({ length: 3_500 }, (_, index) => outgoing(index)));
    clock.nowMs += 2 * DAY;
    await stream.append([outgoing(9_999)]);
    expect(await sweep()).toMatchObject({ records: 3_500 });
    expect(await kept(stream)).toEqual([9_999]);
  });

  it('never passes what a group has still to work off', async () => {
    const { stream, sweep } = await open({ signals: '1d' });
    await stream.append([1, 2, 3, 4].map((time) => outgoing(time)));
    await stream.commit({ group: 'fast', topic: 'signals', partition: 0, offset: 3 });
    await stream.commit({ group: 'slow', topic: 'signals', partition: 0, offset: 1 });
    clock.nowMs += 2 * DAY;
    await sweep();
    expect(await kept(stream)).toEqual([3, 4]);
    expect(timesOf(await consume(stream, 2, { group: 'slow' }))).toEqual([3, 4]);
  });

  it('keeps everything for a reader from the earliest on that has committed nothing yet', async () => {
    const { stream, sweep } = await open({ signals: '1d' });
    await stream.append([outgoing(1)]);
    clock.nowMs += 2 * DAY;
    const subscription = await stream.subscribe({
      topic: 'signals',
      group: 'new',
      from: 'earliest',
      handler: async () => undefined,
    });
    await sweep();
    expect(await kept(stream)).toEqual([1]);
    await subscription.stop();
    await sweep();
    expect(await kept(stream)).toEqual([]);
  });

  it('drops finished documents, and never live ones', async () => {
    const { store, sweep } = await open({
      telemetry: '1d',
      content: '1d',
      contractions: '1d',
      incidents: '1d',
      approvals: '1d',
    });
    const documents: [string, unknown][] = [
      ['finding/t/1/a', {}],
      ['contraction/ended/t/a', {}],
      ['contraction/live/t/b', {}],
      ['incident/t/closed', { status: 'closed' }],
      ['incident/t/open', { status: 'active' }],
      ['approval/t/a', { state: 'denied' }],
      ['approval/t/b', { state: 'pending' }],
      ['risk/t', {}],
      ['detect/session/t/s', {}],
    ];
    await store.write(documents.map(([key, value]) => ({ key, value })));
    clock.nowMs += 2 * DAY;
    await store.write([{ key: 'finding/t/2/new', value: {} }]);
    expect(await sweep()).toMatchObject({ documents: 4 });
    expect((await store.scan('')).map(({ key }) => key)).toEqual([
      'approval/t/b',
      'contraction/live/t/b',
      'detect/session/t/s',
      'finding/t/2/new',
      'incident/t/open',
      'risk/t',
    ]);
  });

  it('forgets marks of deleted documents after a day', async () => {
    const { store, sweep } = await open();
    const seen = { epoch: 1, partition: 0, offset: 5 };
    await store.write([{ key: 'a', value: 1, seen: { ...seen, offset: 1 } }]);
    await store.write([{ key: 'a', value: undefined, seen }]);
    await sweep();
    expect((await store.write([{ key: 'a', value: 'late', seen }]))[0]?.ok).toBe(false);
    clock.nowMs += DAY;
    await sweep();
    expect((await store.write([{ key: 'a', value: 'much later', seen }]))[0]?.ok).toBe(true);
  });
});

describe('by size', () => {
  const text = 'x'.repeat(10_000);

  it('drops the oldest of what is worked off before anyone has to wait', async () => {
    const { stream, sweep, fixture: opened } = await open({ maxDisk: '2MiB' });
    for (let round = 0; round < 10; round++) {
      const places = await stream.append(
        Array.from({ length: 50 }, (_, index) => outgoing(round * 50 + index, 'k', text)),
      );
      await stream.commit({ group: 'g', topic: 'signals', partition: 0, offset: places.at(-1)?.offset ?? 0 });
      await sweep();
    }
    const times = await kept(stream);
    expect(times.at(-1)).toBe(499);
    expect(times.length).toBeLessThan(300);
    expect(times).toEqual(Array.from({ length: times.length }, (_, index) => 500 - times.length + index));
    expect(statSync(join(opened.dataDir, 'stepdown.db')).size).toBeLessThan(4 * 1024 * 1024);
  });

  it('asks senders to wait while nothing may be dropped, lets work in hand finish, and goes on', async () => {
    const { stream, sweep, fixture: opened } = await open({ maxDisk: '2MiB' });
    await stream.commit({ group: 'g', topic: 'signals', partition: 0, offset: -1 });
    let sent = 0;
    const fill = async (): Promise<unknown> => {
      for (; sent < 2_000; sent++) {
        const refusal = await stream.append([outgoing(sent, 'k', text)]).then(
          () => undefined,
          (error: unknown) => error,
        );
        if (refusal !== undefined) return refusal;
      }
      return undefined;
    };
    expect(await fill()).toMatchObject({ code: 'stream-full' });
    expect(await kept(stream)).toHaveLength(sent);
    const position = { group: 'g', topic: 'signals' as const, partition: 0, offset: sent - 1 };
    const outcome = await opened.drivers.checkpoint.commit({
      outputs: [{ topic: 'audit', key: 'k', value: tick(1) as never }],
      writes: [],
      timers: { set: [], cancel: [], done: [] },
      position,
    });
    expect(outcome).toEqual({ ok: true });
    await sweep();
    const before = sent;
    await fill();
    expect(sent).toBeGreaterThan(before);
  });
});

describe('content', () => {
  const event = (id: string): TelemetryEvent => ({
    schemaVersion: 1,
    id,
    tenant: 't',
    timeMs: 1,
    receivedAtMs: 1,
    streamKey: 't/s',
    agent: { id: 'a' },
    session: { id: 's' },
    trust: 'claimed',
    source: { dialect: 'native' },
    kind: 'prompt',
    text: 'the secret plan',
    user: { id: 'u' },
  });

  it('goes out of telemetry that is kept longer, but not before it is judged', async () => {
    const { stream, sweep, fixture: opened } = await open({ telemetry: '5d', content: '1d' });
    await stream.append([event('1'), event('2')].map((value) => ({ topic: 'telemetry', key: 'k', value })));
    await stream.commit({ group: 'detect', topic: 'telemetry', partition: 0, offset: 0 });
    clock.nowMs += 2 * DAY;
    expect(await sweep()).toMatchObject({ bared: 1 });
    expect(await sweep()).toMatchObject({ bared: 0 });
    const texts = async () =>
      (await stream.read('telemetry', { from: 0, limit: 10 })).map(({ value }) => (value as { text?: string }).text);
    expect(await texts()).toEqual([undefined, 'the secret plan']);
    await stream.commit({ group: 'detect', topic: 'telemetry', partition: 0, offset: 1 });
    expect(await sweep()).toMatchObject({ bared: 1 });
    const [first] = await stream.read('telemetry', { from: 0, limit: 1 });
    expect(first?.value).toMatchObject({
      id: '1',
      kind: 'prompt',
      skipped: [{ check: 'content', reason: 'not kept' }],
    });
    void opened;
  });

  it('of one user can be taken out of records in place', async () => {
    const { stream, fixture: opened } = await open();
    const mine = { ...event('1'), user: { id: 'forget-me' } };
    await stream.append([mine, event('2')].map((value) => ({ topic: 'telemetry', key: 'k', value })));
    const result = await opened.drivers.upkeep?.rewrite('telemetry', (value) => {
      if (value.user?.id !== 'forget-me') return undefined;
      const { user: _, ...rest } = value;
      return rest;
    });
    expect(result).toMatchObject({ looked: 2, changed: 1 });
    const after = await stream.read('telemetry', { from: 0, limit: 10 });
    expect(after.map(({ offset, key, value }) => [offset, key, value.user?.id])).toEqual([
      [0, 'k', undefined],
      [1, 'k', 'u'],
    ]);
  });
});

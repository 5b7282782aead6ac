/** The disk is full in the midst of a step; the whole engine on a full disk is in `npm run faults`. */
import { afterEach, expect, it, vi } from 'vitest';
import type { Signal } from '../../../schemas/signal.js';
import { SqliteCheckpoint } from '../../../services/runtime/checkpoint/sqlite.js';
import { EventClock, WallClock } from '../../../services/runtime/clock.js';
import { silentLog } from '../../../services/runtime/log.js';
import type { Machine } from '../../../services/runtime/machine.js';
import { SqliteSchedule } from '../../../services/runtime/schedule/sqlite.js';
import { openDatabase } from '../../../services/runtime/sqlite/database.js';
import { GroupCommit } from '../../../services/runtime/sqlite/group-commit.js';
import { SqliteStore } from '../../../services/runtime/store/sqlite.js';
import { EmbeddedStream } from '../../../services/runtime/stream/embedded.js';
import { Worker } from '../../../services/runtime/worker.js';
import { outgoing } from '../../conformance/records.js';
import { openFixture, type SqliteFixture } from './fixture.js';

let fixture: SqliteFixture | undefined;
afterEach(async () => fixture?.remove());

const LARGE = 'x'.repeat(400_000);
/** Counts, and writes much at the record of the time 5, which also sets a timer. */
const MACHINE: Machine<Signal> = {
  name: 'm',
  keys: () => ['count'],
  timerKeys: () => ['count'],
  timeOf: ({ timeMs }) => timeMs,
  step: ({ timeMs }, { states, setTimer, emit }) => {
    const before = states.get('count') as { times: number[] } | undefined;
    states.set('count', { times: [...(before?.times ?? []), timeMs], ...(timeMs === 5 ? { LARGE } : {}) });
    if (timeMs === 5) setTimer('t', 6);
    emit({
      topic: 'contractions',
      key: `${timeMs}`,
      value: { kind: 'paused', tenant: `${timeMs}`, paused: true, atMs: timeMs, by: 'm' },
    });
  },
  onTimer: ({ dueMs }, { states, emit }) => {
    const { times } = states.get('count') as { times: number[] };
    states.set('count', { times: [...times, -dueMs] });
    emit({
      topic: 'contractions',
      key: 'timer',
      value: { kind: 'paused', tenant: 'timer', paused: true, atMs: dueMs, by: 'm' },
    });
  },
};

it('a worker says that the disk is full, keeps its place, and goes on when there is room', async () => {
  fixture = await openFixture();
  await fixture.drivers.close();
  const database = openDatabase({ dataDir: fixture.dataDir, readOnly: false, log: silentLog() });
  const [commits, wall] = [new GroupCommit(database), new WallClock()];
  const stream = new EmbeddedStream(database, commits, wall);
  const store = new SqliteStore(database, commits, wall);
  const schedule = new SqliteSchedule(database, commits, wall);
  const checkpoint = new SqliteCheckpoint(commits, stream, store, schedule, wall);
  const drivers = { stream, store, schedule, checkpoint };
  const worker = new Worker({
    machine: MACHINE,
    topic: 'signals',
    drivers,
    clock: new EventClock(),
    log: silentLog(),
    maxBatch: 1,
  });
  await worker.start();
  await stream.append([1, 2, 4].map((time) => outgoing(time)));
  await vi.waitFor(async () => expect((await stream.state('signals', 'm'))[0]?.committed).toBe(2));
  const pages = database.pragma('page_count', { simple: true }) as number;
  database.pragma(`max_page_count = ${pages + 5}`);
  await stream.append([5, 7].map((time) => outgoing(time)));
  await vi.waitFor(() => expect(worker.unready()).toMatch(/the disk is full/));
  expect((await stream.state('signals', 'm'))[0]?.committed).toBe(2);
  expect((await store.get(['count']))[0]?.value).toEqual({ times: [1, 2, 4] });
  database.pragma('max_page_count = 1000000');
  await worker.settled();
  expect(worker.unready()).toBeUndefined();
  expect((await store.get(['count']))[0]?.value).toEqual({ times: [1, 2, 4, 5, -6, 7] });
  const told = await stream.read('contractions', { from: 0, limit: 100 });
  expect(told.map(({ key }) => key)).toEqual(['1', '2', '4', '5', 'timer', '7']);
  await worker.stop();
  await schedule.close();
  await stream.close();
  await commits.close();
  database.close();
});

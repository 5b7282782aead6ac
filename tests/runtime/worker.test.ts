import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { Signal } from '../../schemas/signal.js';
import { EventClock, WallClock } from '../../services/runtime/clock.js';
import { loadConfig } from '../../services/runtime/config.js';
import { type Drivers, openDrivers } from '../../services/runtime/drivers.js';
import { silentLog } from '../../services/runtime/log.js';
import type { Machine } from '../../services/runtime/machine.js';
import { Worker } from '../../services/runtime/worker.js';

const tick = (timeMs: number): Signal => ({ kind: 'tick', tenant: 't', timeMs });
const machine: Machine<Signal> = {
  name: 'count',
  keys: () => ['count'],
  step: (input, { states, setTimer, emit }) => {
    if (input.timeMs === 13) throw new Error('thirteen');
    const state = (states.get('count') ?? { n: 0 }) as { n: number };
    state.n++;
    states.set('count', state);
    setTimer('t', input.timeMs + 5);
    emit({ topic: 'signals', key: 'x', value: input });
  },
  timerKeys: () => ['fired'],
  onTimer: (timer, { states, nowMs }) => states.set('fired', [...((states.get('fired') as number[]) ?? []), nowMs]),
  timeOf: (input) => input.timeMs,
};
let drivers: Drivers | undefined;
let dir = '';
const open = async () => {
  dir = mkdtempSync(join(tmpdir(), 'stepdown-'));
  drivers = await openDrivers(loadConfig({ env: {}, overrides: { dataDir: dir } }), silentLog(), new WallClock());
  return drivers;
};
afterEach(async () => {
  await drivers?.close();
  rmSync(dir, { recursive: true, force: true });
});
describe('worker', () => {
  it('steps', async () => {
    const d = await open();
    const worker = new Worker<Signal>({
      machine: { ...machine, step: (i, c) => machine.step(i, { ...c, emit: () => undefined }) },
      topic: 'signals',
      drivers: d,
      clock: new EventClock(),
      log: silentLog(),
    });
    await d.stream.append([1, 2, 13, 20, 40].map((t) => ({ topic: 'signals', key: 'a', value: tick(t) })));
    await worker.start();
    await worker.settled();
    expect(await worker.lag()).toBe(0);
    const docs = await d.store.get(['count', 'fired', 'worker/count']);
    expect(docs.map((x) => x?.value)).toEqual([{ n: 4 }, [7, 25], { nowMs: 40 }]);
    const dead = await d.stream.read('deadletter', { from: 0, limit: 10 });
    expect(dead.map((x) => x.value.reason.text)).toEqual(['count: thirteen']);
    await worker.stop();
  });
});

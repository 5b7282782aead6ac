import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EventClock, WallClock } from '../../../services/runtime/clock.js';
import { loadConfig } from '../../../services/runtime/config.js';
import { type Drivers, openDrivers } from '../../../services/runtime/drivers.js';
import { silentLog } from '../../../services/runtime/log.js';
import { Stepper } from '../../../services/runtime/stepper.js';
import { tick } from '../../conformance/records.js';
import { compileSources } from './compiled.js';
import { COUNT_MACHINE } from './count-machine.js';
import { runAndKill } from './killed.js';

/** A run of numbers that looks random and is the same each time (mulberry32). */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

let compiled = '';
let folder = '';
beforeAll(() => {
  compiled = compileSources();
  folder = mkdtempSync(join(tmpdir(), 'stepdown-crash-'));
});
afterAll(() => {
  rmSync(compiled, { recursive: true, force: true });
  rmSync(folder, { recursive: true, force: true });
});

async function look<T>(dataDir: string, ask: (drivers: Drivers) => Promise<T>): Promise<T> {
  const drivers = await openDrivers(loadConfig({ env: {}, overrides: { dataDir } }), silentLog(), new WallClock());
  try {
    return await ask(drivers);
  } finally {
    await drivers.close();
  }
}

describe('kill -9 while units are being committed', () => {
  it(
    'leaves each unit whole or not at all, none missing before the last, and all that were acknowledged',
    { timeout: 120_000 },
    async () => {
      const dataDir = join(folder, 'units');
      const random = numbers(1);
      let before = -1;
      for (let round = 0; round < 5; round++) {
        const { lines, killed } = await runAndKill(compiled, 'units-child.js', [dataDir], random() * 60);
        expect(killed).toBe(true);
        const acknowledged = Math.max(before, ...lines.map(Number));
        before = await look(dataDir, async ({ stream, store, schedule }) => {
          const last = (await stream.state('telemetry', 'g'))[0]?.committed ?? -1;
          expect(last).toBeGreaterThanOrEqual(acknowledged);
          const outputs = await stream.read('signals', { from: 0, limit: 1_000_000 });
          expect(outputs.map(({ value }) => value.timeMs)).toEqual(
            Array.from({ length: 2 * (last + 1) }, (_, index) => index),
          );
          expect((await store.get(['last']))[0]).toMatchObject({ value: last, version: last + 1 });
          const byRest = Array.from({ length: 7 }, (_, rest) => last - ((((last - rest) % 7) + 7) % 7)).filter(
            (n) => n >= 0,
          );
          expect((await store.scan('by/')).map(({ value }) => value)).toEqual(byRest);
          expect((await schedule.due('o', Infinity, 100)).map(({ dueMs }) => dueMs)).toEqual([last]);
          return last;
        });
      }
      expect(before).toBeGreaterThan(20);
    },
  );
});

describe('kill -9 of a worker in event time', () => {
  const RECORDS = 400;
  const random = numbers(2);
  // Mostly forward, at times back: what is late must meet the same clock after a restart.
  const inputs = Array.from({ length: RECORDS }, (_, index) =>
    tick(index * 2 + (random() < 0.2 ? -Math.floor(random() * 30) : 0) + 100),
  );

  const expected = () => {
    const stepper = new Stepper({ machine: COUNT_MACHINE, clock: new EventClock() });
    const outputs = inputs.flatMap((input) => stepper.feed(input)).map(({ value }) => value as unknown);
    const { states, timers } = stepper.snapshot();
    return {
      outputs,
      states: new Map(states),
      timers: timers.map(({ id, dueMs, payload }) => ({ id, dueMs, payload })),
    };
  };

  it.each(['atomic', 'ordered'])(
    'ends with the same states, timers and outputs as an undisturbed run (%s checkpoint)',
    { timeout: 120_000 },
    async (kind) => {
      const dataDir = join(folder, `worker-${kind}`);
      await look(dataDir, async ({ stream }) =>
        stream.append(inputs.map((value, index) => ({ topic: 'signals', key: String(index), value }))),
      );
      let kills = 0;
      for (let done = false; !done;) {
        const { lines, killed } = await runAndKill(
          compiled,
          'worker-child.js',
          [dataDir, kind],
          kills < 5 ? random() * 12 : Infinity,
        );
        if (killed) kills++;
        done = lines.includes('done');
      }
      expect(kills).toBeGreaterThanOrEqual(2);
      const wanted = expected();
      await look(dataDir, async ({ stream, store, schedule }) => {
        const outputs = (await stream.read('incidents', { from: 0, limit: 100_000 })).map(
          ({ value }) => value as unknown,
        );
        if (kind === 'atomic') expect(outputs).toEqual(wanted.outputs);
        // In order without a common transaction: what was not acknowledged is sent again, as the same thing.
        else
          expect(new Set(outputs.map((output) => JSON.stringify(output)))).toEqual(
            new Set(wanted.outputs.map((output) => JSON.stringify(output))),
          );
        const documents = [...(await store.scan('count/')), ...(await store.scan('seen/', { limit: 10_000 }))];
        expect(new Map(documents.map(({ key, value }) => [key, value]))).toEqual(wanted.states);
        const timers = (await schedule.due('count', Infinity, 100)).map(({ id, dueMs, payload }) => ({
          id,
          dueMs,
          payload,
        }));
        expect(new Set(timers.map((timer) => JSON.stringify(timer)))).toEqual(
          new Set(wanted.timers.map((timer) => JSON.stringify(timer))),
        );
      });
    },
  );
});

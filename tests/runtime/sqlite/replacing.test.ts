import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WallClock } from '../../../services/runtime/clock.js';
import type { Drivers } from '../../../services/runtime/drivers.js';
import { silentLog } from '../../../services/runtime/log.js';
import { openSqlite } from '../../../services/runtime/sqlite/open.js';
import { loadConfig } from '../../../services/runtime/config.js';
import type { Write } from '../../../services/runtime/store/types.js';

const write: fc.Arbitrary<Write> = fc
  .record({
    key: fc.constantFrom('a', 'b'),
    value: fc.option(fc.nat(9), { nil: undefined }),
    expectVersion: fc.option(fc.nat(3), { nil: undefined }),
    seen: fc.option(fc.record({ epoch: fc.constantFrom(1, 2), partition: fc.constantFrom(0, 1), offset: fc.nat(4) }), {
      nil: undefined,
    }),
  })
  .map(({ key, value, expectVersion, seen }) => ({
    key,
    value,
    ...(expectVersion === undefined ? {} : { expectVersion }),
    ...(seen === undefined ? {} : { seen }),
  }));

describe('writes of a unit', () => {
  let folder: string;
  let drivers: Drivers;
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'stepdown-replacing-'));
    drivers = await openSqlite(loadConfig({ env: {}, overrides: { dataDir: folder } }), silentLog(), new WallClock());
  });
  afterEach(async () => {
    await drivers.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('are applied and refused as writes that stand alone are', async () => {
    let run = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(write, { minLength: 1, maxLength: 12 }), async (writes) => {
        run += 1;
        const under = (as: string, each: Write): Write => ({ ...each, key: `${run}/${as}/${each.key}` });
        for (const each of writes) {
          const [alone] = await drivers.store.write([under('alone', each)]);
          const unit = await drivers.checkpoint.commit({
            outputs: [],
            writes: [under('unit', each)],
            timers: { set: [], cancel: [], done: [] },
          });
          expect(unit).toEqual(alone?.ok === true ? { ok: true } : { ok: false, lost: [under('unit', each).key] });
          const [a, b] = await Promise.all(
            ['alone', 'unit'].map(async (as) => (await drivers.store.get([under(as, each).key]))[0]),
          );
          expect(b && { ...b, key: '' }).toEqual(a && { ...a, key: '' });
        }
      }),
      { numRuns: 60 },
    );
  });

  it('leave nothing where one of them is refused, and harm nobody who shares their transaction', async () => {
    await drivers.store.write([{ key: 'there', value: 1 }]);
    const beside = drivers.store.write([{ key: 'beside', value: 1 }]);
    const unit = drivers.checkpoint.commit({
      outputs: [{ topic: 'audit', key: 'k', value: { schemaVersion: 1 } as never }],
      writes: [
        { key: 'new', value: 1, expectVersion: 0 },
        { key: 'there', value: 2, expectVersion: 7 },
        { key: 'gone', value: 2, expectVersion: 1 },
      ],
      timers: { set: [{ owner: 'o', id: 't', dueMs: 1 }], cancel: [], done: [] },
    });
    expect(await unit).toEqual({ ok: false, lost: ['there', 'gone'] });
    expect(await beside).toEqual([{ ok: true, version: 1 }]);
    expect((await drivers.store.get(['new', 'there', 'beside'])).map((each) => each?.value)).toEqual([undefined, 1, 1]);
    expect(await drivers.schedule.due('o', 9, 9)).toEqual([]);
    expect(await drivers.stream.state('audit')).toMatchObject([{ end: 0 }]);
  });
});

import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, describe, expect, it } from 'vitest';
import { WallClock } from '../../../services/runtime/clock.js';
import { loadConfig } from '../../../services/runtime/config.js';
import { openDrivers } from '../../../services/runtime/drivers.js';
import { silentLog } from '../../../services/runtime/log.js';
import { outgoing, timesOf } from '../../conformance/records.js';
import { openFixture, type SqliteFixture } from './fixture.js';

let fixture: SqliteFixture | undefined;
afterEach(async () => {
  await fixture?.remove();
  fixture = undefined;
});
const open = async (dataDir: string, readOnly = false) =>
  openDrivers(loadConfig({ env: {}, overrides: { dataDir } }), silentLog(), new WallClock(), { readOnly });

describe('one engine at a time on a data folder', () => {
  it('refuses the second and names the first', async () => {
    fixture = await openFixture();
    await expect(open(fixture.dataDir)).rejects.toMatchObject({
      code: 'already-running',
      message: expect.stringContaining(`process ${process.pid}`) as string,
    });
  });

  it('is free again after closing', async () => {
    fixture = await openFixture();
    await fixture.reopen();
    await fixture.drivers.stream.append([outgoing(1)]);
  });

  it('does not trust what a dead process wrote about itself', async () => {
    fixture = await openFixture();
    await fixture.drivers.close();
    writeFileSync(join(fixture.dataDir, 'engine.pid'), `${process.pid}\n`);
    const drivers = await open(fixture.dataDir);
    await drivers.close();
  });

  it('keeps the files for their owner', async () => {
    fixture = await openFixture();
    expect(statSync(join(fixture.dataDir, 'stepdown.db')).mode & 0o077).toBe(0);
  });
});

describe('read-only', () => {
  it('shows what a stopped engine left, and writes nothing', async () => {
    fixture = await openFixture();
    await fixture.drivers.stream.append([outgoing(1)]);
    await fixture.drivers.store.write([{ key: 'a', value: 1 }]);
    await fixture.drivers.close();
    const before = readFileSync(join(fixture.dataDir, 'stepdown.db'));
    const drivers = await open(fixture.dataDir, true);
    expect(timesOf(await drivers.stream.read('signals', { from: 0, limit: 10 }))).toEqual([1]);
    expect((await drivers.store.get(['a']))[0]?.value).toBe(1);
    await expect(drivers.stream.append([outgoing(2)])).rejects.toMatchObject({ code: 'not-running' });
    await expect(drivers.store.write([{ key: 'a', value: 2 }])).rejects.toMatchObject({ code: 'not-running' });
    await expect(drivers.schedule.set([{ owner: 'o', id: 'i', dueMs: 1 }])).rejects.toMatchObject({
      code: 'not-running',
    });
    await drivers.close();
    expect(readFileSync(join(fixture.dataDir, 'stepdown.db')).equals(before)).toBe(true);
  });

  it('looks on while an engine runs', async () => {
    fixture = await openFixture();
    await fixture.drivers.stream.append([outgoing(1)]);
    const drivers = await open(fixture.dataDir, true);
    await fixture.drivers.stream.append([outgoing(2)]);
    expect(timesOf(await drivers.stream.read('signals', { from: 0, limit: 10 }))).toEqual([1, 2]);
    await drivers.close();
  });

  it('says that there is nothing yet', async () => {
    fixture = await openFixture();
    await expect(open(join(fixture.dataDir, 'elsewhere'), true)).rejects.toMatchObject({ code: 'not-found' });
  });
});

describe('files that cannot be used', () => {
  it('are refused with a code, and are not touched', async () => {
    fixture = await openFixture();
    await fixture.drivers.close();
    const file = join(fixture.dataDir, 'stepdown.db');
    writeFileSync(file, 'this is no database, and long enough to be looked at as one'.repeat(100));
    const before = readFileSync(file);
    await expect(open(fixture.dataDir)).rejects.toMatchObject({ code: 'store-corrupt', place: { file } });
    expect(readFileSync(file).equals(before)).toBe(true);
  });

  it('say which page is damaged when they are checked', async () => {
    fixture = await openFixture();
    await fixture.drivers.stream.append(Array.from({ length: 2_000 }, (_, index) => outgoing(index)));
    expect(fixture.drivers.upkeep?.check()).toEqual([]);
    await fixture.drivers.close();
    const file = join(fixture.dataDir, 'stepdown.db');
    const bytes = readFileSync(file);
    bytes.fill(0xff, 4096 * 20, 4096 * 24);
    writeFileSync(file, bytes);
    const drivers = await open(fixture.dataDir);
    expect(drivers.upkeep?.check()).not.toEqual([]);
    await expect(drivers.stream.read('signals', { from: 0, limit: 5_000 })).rejects.toMatchObject({
      code: 'store-corrupt',
    });
    await drivers.close();
  });

  it('of a folder that cannot be made', async () => {
    fixture = await openFixture();
    await expect(open(join(fixture.dataDir, 'stepdown.db', 'inside'))).rejects.toMatchObject({
      code: 'driver-unavailable',
    });
  });

  it('of a full disk make appends wait, lose nothing, and work again when there is room', async () => {
    fixture = await openFixture();
    const { drivers } = fixture;
    await drivers.stream.append([outgoing(1)]);
    await drivers.close();
    const file = new Database(join(fixture.dataDir, 'stepdown.db'));
    const pages = file.pragma('page_count', { simple: true }) as number;
    file.close();
    const { openDatabase } = await import('../../../services/runtime/sqlite/database.js');
    const { GroupCommit } = await import('../../../services/runtime/sqlite/group-commit.js');
    const { EmbeddedStream } = await import('../../../services/runtime/stream/embedded.js');
    const database = openDatabase({ dataDir: fixture.dataDir, readOnly: false, log: silentLog() });
    const commits = new GroupCommit(database);
    const stream = new EmbeddedStream(database, commits, new WallClock());
    database.pragma(`max_page_count = ${pages + 5}`);
    const large = stream.append([outgoing(2, 'k', 'x'.repeat(100_000))]);
    const small = stream.append([outgoing(3)]);
    await expect(large).rejects.toMatchObject({ code: 'stream-full' });
    expect(await small).toEqual([{ partition: 0, offset: 1 }]);
    database.pragma('max_page_count = 1000000');
    await stream.append([outgoing(4)]);
    expect(timesOf(await stream.read('signals', { from: 0, limit: 10 }))).toEqual([1, 3, 4]);
    await stream.close();
    await commits.close();
    database.close();
  });
});

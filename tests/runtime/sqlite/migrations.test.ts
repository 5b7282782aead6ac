import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TOPICS } from '../../../schemas/topics.js';
import { WallClock } from '../../../services/runtime/clock.js';
import { loadConfig } from '../../../services/runtime/config.js';
import { openDrivers } from '../../../services/runtime/drivers.js';
import { silentLog } from '../../../services/runtime/log.js';
import { migrate, MIGRATIONS, schemaVersion } from '../../../services/runtime/sqlite/migrations.js';
import { outgoing, tick, timesOf } from '../../conformance/records.js';

let dataDir = '';
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'stepdown-migrations-'));
});
afterEach(() => {
  rmSync(dataDir, { recursive: true, force: true });
});
const open = async (readOnly = false) =>
  openDrivers(loadConfig({ env: {}, overrides: { dataDir } }), silentLog(), new WallClock(), { readOnly });

describe('the schema of the database', () => {
  it('is brought up to date from every older one, with what it holds', async () => {
    for (let version = 1; version < MIGRATIONS.length; version++) {
      const file = new Database(join(dataDir, 'stepdown.db'));
      migrate(file, MIGRATIONS.slice(0, version));
      expect(schemaVersion(file)).toBe(version);
      file.prepare('INSERT INTO stream_signals VALUES (0, ?, 1, 10, ?)').run('k', JSON.stringify(tick(5)));
      file.prepare("INSERT INTO topic VALUES ('signals', 1, 10)").run();
      file.prepare("INSERT INTO document (key, version, updated_at, value) VALUES ('a', 3, 1, '{\"n\":1}')").run();
      file.prepare("INSERT INTO timer VALUES ('o', 't', 7, NULL)").run();
      file.close();
      const drivers = await open();
      await drivers.stream.append([outgoing(6)]);
      expect(timesOf(await drivers.stream.read('signals', { from: 0, limit: 10 }))).toEqual([5, 6]);
      expect((await drivers.store.get(['a']))[0]).toEqual({ key: 'a', value: { n: 1 }, version: 3 });
      expect(await drivers.schedule.due('o', 10, 10)).toEqual([{ owner: 'o', id: 't', dueMs: 7 }]);
      await drivers.close();
      const after = new Database(join(dataDir, 'stepdown.db'), { readonly: true });
      expect(schemaVersion(after)).toBe(MIGRATIONS.length);
      after.close();
      rmSync(join(dataDir, 'stepdown.db'));
    }
  });

  it('has a table for every topic', async () => {
    const drivers = await open();
    for (const topic of TOPICS) expect(await drivers.stream.state(topic)).toHaveLength(1);
    await drivers.close();
  });

  it('of a newer version is refused and left alone', async () => {
    await (await open()).close();
    const file = new Database(join(dataDir, 'stepdown.db'));
    file.pragma(`user_version = ${MIGRATIONS.length + 1}`);
    file.close();
    for (const readOnly of [false, true])
      await expect(open(readOnly)).rejects.toMatchObject({ code: 'schema-too-new' });
    const after = new Database(join(dataDir, 'stepdown.db'), { readonly: true });
    expect(schemaVersion(after)).toBe(MIGRATIONS.length + 1);
    after.close();
  });

  it('of an older version is not changed by those who only read', async () => {
    const file = new Database(join(dataDir, 'stepdown.db'));
    migrate(file, MIGRATIONS.slice(0, 1));
    file.close();
    await expect(open(true)).rejects.toMatchObject({ code: 'driver-unavailable' });
  });

  it('takes each step whole or not at all', () => {
    const file = new Database(':memory:');
    const broken = [
      ...MIGRATIONS,
      {
        title: 'broken',
        run: (database: Database.Database) => {
          database.exec('CREATE TABLE half (a)');
          throw new Error('no further');
        },
      },
    ];
    expect(() => migrate(file, broken)).toThrow('no further');
    expect(schemaVersion(file)).toBe(MIGRATIONS.length);
    expect(file.prepare("SELECT count(*) AS n FROM sqlite_master WHERE name = 'half'").get()).toEqual({ n: 0 });
    file.close();
  });
});

/** Embedded drivers over a folder of their own. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Clock, WallClock } from '../../../services/runtime/clock.js';
import { loadConfig } from '../../../services/runtime/config.js';
import { type Drivers, openDrivers } from '../../../services/runtime/drivers.js';
import { silentLog } from '../../../services/runtime/log.js';
import type { DriverUnderTest, Fixture } from '../../conformance/types.js';

export interface SqliteFixture extends Fixture {
  dataDir: string;
}

export async function openFixture(
  options: { clock?: Clock; retention?: Record<string, unknown> } = {},
): Promise<SqliteFixture> {
  const dataDir = mkdtempSync(join(tmpdir(), 'stepdown-runtime-'));
  const config = loadConfig({ env: {}, overrides: { dataDir, retention: options.retention ?? {} } });
  const open = async (): Promise<Drivers> => openDrivers(config, silentLog(), options.clock ?? new WallClock());
  let drivers = await open();
  return {
    dataDir,
    get drivers() {
      return drivers;
    },
    reopen: async () => {
      await drivers.close();
      drivers = await open();
      return drivers;
    },
    remove: async () => {
      await drivers.close();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

export const SQLITE: DriverUnderTest = {
  name: 'embedded (SQLite)',
  open: async () => openFixture(),
  capabilities: { partitions: 1, maxRecordBytes: 500 * 1024 * 1024 },
};

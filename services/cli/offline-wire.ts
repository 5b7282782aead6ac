/**
 * The API over a stopped engine's data: the same resources, in this process, on drivers that only read. Nothing is
 * decided and nothing changes; whoever can open the files may read them.
 */
import { existsSync } from 'node:fs';
import { createGateway } from '../gateway/service.js';
import { LOCAL_OPERATOR } from '../gateway/principals.js';
import { WallClock } from '../runtime/clock.js';
import type { Config } from '../runtime/config.js';
import { openDrivers } from '../runtime/drivers.js';
import { silentLog } from '../runtime/log.js';
import { notRunning, type Wire } from './engine-client.js';

export async function offlineWire(config: Config): Promise<Wire> {
  if (!existsSync(config.dataDir)) throw notRunning(`no engine runs, and there is no data directory ${config.dataDir}`);
  const drivers = await openDrivers(config, silentLog(), new WallClock(), { readOnly: true });
  const gateway = createGateway({ config, drivers, log: silentLog(), clock: new WallClock() });
  return {
    live: false,
    async exchange(method, path) {
      const { status, body } = await gateway.handle({ method, path, headers: {}, principal: LOCAL_OPERATOR });
      return { status, body };
    },
    close: () => drivers.close(),
  };
}

/** The enforce service as the configuration wants it. */
import type { Clock } from '../runtime/clock.js';
import type { Config } from '../runtime/config.js';
import type { Drivers } from '../runtime/drivers.js';
import type { Log } from '../runtime/log.js';
import { openPoints } from './points/table.js';
import { createEnforce, type Enforce } from './service.js';

export async function openEnforce(
  config: Pick<Config, 'enforce' | 'clock' | 'respond'>,
  parts: { drivers: Pick<Drivers, 'stream' | 'store' | 'checkpoint'>; clock: Clock; log: Log; version: string },
): Promise<Enforce> {
  const { drivers, clock, log, version } = parts;
  const { reconcileEveryMs, actionTimeoutMs } = config.enforce;
  return createEnforce({
    points: await openPoints(config, { now: () => clock.now(), log, store: drivers.store, version }),
    drivers,
    clock,
    log,
    reconcile: { reconcileEveryMs, actionTimeoutMs, holdGraceMs: config.respond.holdGraceMs },
  });
}

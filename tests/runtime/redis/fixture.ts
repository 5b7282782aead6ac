/** Drivers over a real Redis: each fixture has a prefix of its own, so that many tests share one server. */
import type { Drivers } from '../../../services/runtime/drivers.js';
import { WallClock } from '../../../services/runtime/clock.js';
import { loadConfig } from '../../../services/runtime/config.js';
import { silentLog } from '../../../services/runtime/log.js';
import { openRedis, type RedisDrivers } from '../../../services/runtime/redis/open.js';
import type { DriverUnderTest, Fixture } from '../../conformance/types.js';

let fixtures = 0;

/** @param redis the section `store.redis` of the configuration */
export async function openRedisDrivers(redis: Record<string, unknown>): Promise<RedisDrivers> {
  const config = loadConfig({ env: {}, overrides: { store: { driver: 'redis', redis } } });
  return openRedis(config, silentLog(), new WallClock());
}

/** @param where `url` or `cluster`, known only when the server runs */
export function redisUnderTest(
  name: string,
  where: () => Record<string, unknown>,
): DriverUnderTest<Pick<Drivers, 'store' | 'schedule'>> {
  return {
    name,
    open: async (): Promise<Fixture<Pick<Drivers, 'store' | 'schedule'>>> => {
      const redis = { ...where(), prefix: `test-${process.pid}-${++fixtures}` };
      let drivers = await openRedisDrivers(redis);
      const others: RedisDrivers[] = [];
      return {
        get drivers() {
          return drivers;
        },
        reopen: async () => {
          await drivers.close();
          drivers = await openRedisDrivers(redis);
          return drivers;
        },
        another: async () => {
          const other = await openRedisDrivers(redis);
          others.push(other);
          return other;
        },
        remove: async () => {
          await Promise.all([drivers, ...others].map(async (each) => each.close()));
        },
      };
    },
    capabilities: { partitions: 1, maxRecordBytes: 512 * 1024 * 1024 },
  };
}

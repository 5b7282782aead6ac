/** The one table of drivers: a name in the configuration → a module, loaded only when it is chosen. */
import type { Clock } from './clock.js';
import type { DriverConfig, Drivers, OpenOptions } from './driver-set.js';
import { StepdownError } from './errors.js';
import type { Log } from './log.js';

export type { DriverConfig, Drivers, OpenOptions, Upkeep } from './driver-set.js';

type Opener = (config: DriverConfig, log: Log, clock: Clock, options: OpenOptions) => Promise<Drivers>;

/** By `stream.driver` + `store.driver` + `schedule.driver`: only combinations that are tested together stand here. */
const TABLE: Readonly<Record<string, () => Promise<Opener>>> = {
  'embedded+sqlite+sqlite': async () => (await import('./sqlite/open.js')).openSqlite,
  'kafka+redis+bullmq': async () => (await import('./stream/kafka/open.js')).openKafkaWithRedis,
  // One machine that already has Kafka: the log is there, states and timers are in the data folder, one process owns it.
  'kafka+sqlite+sqlite': async () => (await import('./stream/kafka/open.js')).openKafkaWithSqlite,
};

/**
 * Opens what the configuration names.
 * @throws StepdownError `already-running` where another process has the data folder, `schema-too-new`, `store-corrupt`,
 * `driver-unavailable`
 */
export async function openDrivers(
  config: DriverConfig,
  log: Log,
  clock: Clock,
  options: OpenOptions = {},
): Promise<Drivers> {
  const name = `${config.stream.driver}+${config.store.driver}+${config.schedule.driver}`;
  const load = TABLE[name];
  if (load === undefined) {
    throw new StepdownError('driver-unavailable', `there is no combination of drivers ${name}`, {
      mend: `choose one of: ${Object.keys(TABLE).join(', ')}`,
    });
  }
  return (await load())(config, log, clock, options);
}

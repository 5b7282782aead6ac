/** Kafka with states and timers in SQLite, over topics and a folder of their own. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Clock, WallClock } from '../../../services/runtime/clock.js';
import { type Config, loadConfig } from '../../../services/runtime/config.js';
import { type Drivers, openDrivers } from '../../../services/runtime/drivers.js';
import { silentLog } from '../../../services/runtime/log.js';
import type { Fixture } from '../../conformance/types.js';
import type { KafkaPeer } from '../../peers/kafka.js';

export interface KafkaFixture extends Fixture {
  config: Config;
}

let next = 0;

/** `kafka` is laid over a configuration for this peer. */
export async function openKafkaFixture(
  peer: Pick<KafkaPeer, 'brokers'>,
  kafka: Record<string, unknown> = {},
  clock: Clock = new WallClock(),
): Promise<KafkaFixture> {
  const dataDir = mkdtempSync(join(tmpdir(), 'stepdown-kafka-driver-'));
  const config = loadConfig({
    env: {},
    overrides: {
      dataDir,
      stream: {
        driver: 'kafka',
        kafka: {
          brokers: peer.brokers,
          prefix: `t${process.pid}.${next++}.`,
          partitions: 1,
          sessionTimeout: '3s',
          ...kafka,
        },
      },
    },
  });
  const open = async (): Promise<Drivers> => openDrivers(config, silentLog(), clock);
  let drivers = await open();
  return {
    config,
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

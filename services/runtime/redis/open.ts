/** Opens what stands in Redis: the store, and the schedule beside it. */
import { type Clock, WallClock } from '../clock.js';
import type { DriverConfig } from '../driver-set.js';
import { StepdownError } from '../errors.js';
import type { Log } from '../log.js';
import { retentionPolicy } from '../retention-policy.js';
import { Alarms } from '../schedule/bullmq/alarms.js';
import { BullmqSchedule } from '../schedule/bullmq/schedule.js';
import { RedisTimers } from '../schedule/bullmq/timers.js';
import type { Schedule } from '../schedule/types.js';
import { LAYOUT, Layout } from '../store/redis/layout.js';
import { RedisStore } from '../store/redis/store.js';
import { connectRedis, disconnectRedis, type RedisClient } from './connection.js';
import { readRedisFacts, type RedisFacts } from './facts.js';
import { RedisRetry } from './retry.js';
import { redisSettings } from './settings.js';

export interface RedisDrivers {
  store: RedisStore;
  schedule: Schedule;
  interruptedAtMs(): number | undefined;
  close(): Promise<void>;
}

/** How often what is old is dropped; each process does, about as often as the others. */
const SWEEP_EVERY_MS = 30_000;

/**
 * @throws StepdownError `driver-unavailable` where Redis does not answer within `store.redis.deadline`,
 * `unauthenticated`, `forbidden`, `schema-too-new` where another layout is stored, `config-invalid`
 */
export async function openRedis(
  config: Pick<DriverConfig, 'store' | 'retention'>,
  log: Log,
  clock: Clock,
): Promise<RedisDrivers> {
  const settings = redisSettings(config.store.redis);
  const retry = new RedisRetry(settings.deadlineMs);
  const client = connectRedis(settings, log, { name: 'store' });
  retry.observe(client);
  try {
    const layout = new Layout(settings.prefix);
    await claimLayout(client, retry, layout);
    await warnOfLoss(client, retry, log);
    // Documents are kept by the age they have here, not by what events say the time is.
    const wall = clock.kind === 'wall' ? clock : new WallClock();
    const rules = retentionPolicy(config.retention).documents;
    const store = new RedisStore({ client, retry, layout, clock: wall, rules });
    const timers = new RedisTimers({ client, retry, prefix: settings.prefix });
    const schedule = new BullmqSchedule(
      timers,
      new Alarms({ settings, timers, clock: wall, log, silent: clock.kind === 'event' }),
    );
    const stopSweeping = sweepNowAndThen(store, wall, log);
    let closing: Promise<void> | undefined;
    return {
      store,
      schedule,
      interruptedAtMs: () => retry.interruptedAtMs,
      close: () =>
        (closing ??= (async () => {
          retry.close();
          await stopSweeping();
          await schedule.close();
          await disconnectRedis(client);
        })()),
    };
  } catch (error) {
    retry.close();
    await disconnectRedis(client);
    throw error;
  }
}

/** The first says how keys are laid out; whoever lays them out otherwise would find nothing, and so does not start. */
async function claimLayout(client: RedisClient, retry: RedisRetry, layout: Layout): Promise<void> {
  await retry.run(async () => client.setnx(layout.layoutKey, LAYOUT));
  const found = await retry.run(async () => client.get(layout.layoutKey));
  if (found === LAYOUT) return;
  throw new StepdownError(
    'schema-too-new',
    `Redis holds data of layout ${found ?? 'none'}, this program uses ${LAYOUT}`,
    {
      mend: 'install the version that wrote it, or set another `store.redis.prefix`',
    },
  );
}

/** A server that forgets is used all the same: the topic is the record. But nobody shall be surprised by it. */
async function warnOfLoss(client: RedisClient, retry: RedisRetry, log: Log): Promise<void> {
  let nodes: RedisFacts[];
  try {
    nodes = await readRedisFacts(client, retry);
  } catch (error) {
    log.warn({ err: error }, 'Redis does not let us ask how it is set up; `stepdown doctor` says what is needed');
    return;
  }
  for (const { node, evictionPolicy, appendOnly } of nodes) {
    if (evictionPolicy !== 'noeviction')
      log.error(
        { node, evictionPolicy },
        'Redis may drop live contractions when memory runs out: set maxmemory-policy noeviction',
      );
    if (!appendOnly) log.warn({ node }, 'Redis forgets at a crash what it was told: set appendonly yes');
  }
}

function sweepNowAndThen(store: RedisStore, clock: Pick<Clock, 'now'>, log: Log): () => Promise<void> {
  let stopped = false;
  let running: Promise<void> = Promise.resolve();
  const timer = setInterval(() => {
    running = running
      .then(async () => store.sweep(clock.now(), () => stopped))
      .then(
        (documents) => {
          if (documents > 0) log.debug({ documents }, 'dropped what is older than it may be');
        },
        (error: unknown) => {
          if (!stopped) log.warn({ err: error }, 'what is old could not be dropped');
        },
      );
  }, SWEEP_EVERY_MS);
  timer.unref();
  return async () => {
    stopped = true;
    clearInterval(timer);
    await running;
  };
}

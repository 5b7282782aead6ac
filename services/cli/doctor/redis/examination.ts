/** Looks at Redis: whether it answers, whether it keeps what it is told, whether it lets us do what we need. */
import { WallClock } from '../../../runtime/clock.js';
import type { Config } from '../../../runtime/config.js';
import type { Log } from '../../../runtime/log.js';
import { connectRedis, disconnectRedis } from '../../../runtime/redis/connection.js';
import { readRedisFacts, type RedisFacts } from '../../../runtime/redis/facts.js';
import { RedisRetry } from '../../../runtime/redis/retry.js';
import { redisSettings } from '../../../runtime/redis/settings.js';
import { Layout } from '../../../runtime/store/redis/layout.js';
import { RedisStore } from '../../../runtime/store/redis/store.js';
import { faultCheck } from '../fault.js';
import type { Check } from '../finding.js';
import { clockCheck } from './clock.js';
import { clusterCheck } from './cluster.js';
import { evictionCheck } from './eviction.js';
import { failoverCheck } from './failover.js';
import { memoryCheck } from './memory.js';
import { persistenceCheck } from './persistence.js';
import { trialCheck } from './trial.js';
import { versionCheck } from './version.js';

/** A person waits for the answer: no longer than this for a server that is not there. */
const PATIENCE_MS = 5_000;

/** One check a file; a finding for each node, where they differ. */
const CHECKS: readonly ((facts: RedisFacts) => Check)[] = [
  versionCheck,
  evictionCheck,
  persistenceCheck,
  failoverCheck,
  memoryCheck,
  clockCheck,
  clusterCheck,
];

/** @param now our clock, milliseconds */
export async function redisChecks(
  config: Pick<Config, 'store'>,
  log: Log,
  now: () => number = () => Date.now(),
): Promise<Check[]> {
  const settings = redisSettings({
    ...config.store.redis,
    deadlineMs: Math.min(PATIENCE_MS, config.store.redis.deadlineMs),
  });
  const retry = new RedisRetry(settings.deadlineMs);
  const client = connectRedis(settings, log, { name: 'doctor' });
  retry.observe(client);
  try {
    const nodes = await readRedisFacts(client, retry, now);
    const store = new RedisStore({ client, retry, layout: new Layout(settings.prefix), clock: new WallClock() });
    return [...CHECKS.flatMap((check) => merged(nodes.map(check))), await trialCheck(store)];
  } catch (error) {
    return [faultCheck('redis', error)];
  } finally {
    retry.close();
    await disconnectRedis(client);
  }
}

/** What all nodes have in common is said once. */
function merged(checks: readonly Check[]): Check[] {
  const bad = checks.filter(({ status }) => status !== 'ok');
  return bad.length > 0 ? [...bad] : checks.slice(0, 1);
}

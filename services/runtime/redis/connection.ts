/**
 * Connections to one Redis or a cluster of them.
 *
 * Commands that were not answered are not sent again by the client but by {@link RedisRetry}, which knows what may be
 * repeated and until when. A connection that answers nothing for a while counts as lost: a paused server, or a network
 * that swallows packets, closes no socket.
 */
import { Cluster, Redis, type RedisOptions } from 'ioredis';
import type { Log } from '../log.js';
import type { RedisSettings } from './settings.js';

export type RedisClient = Redis | Cluster;

/** Within one try; the deadline of `store.redis` spans several. */
const ANSWERS_WITHIN_MS = 5_000;
const LONGEST_PAUSE_MS = 1_000;
/** The same trouble is not told again sooner. */
const TELL_AGAIN_MS = 10_000;

export interface ConnectionOptions {
  /** What it is for, in `CLIENT LIST`. */
  name: string;
  /** For clients whose library repeats by itself and blocks in commands (BullMQ): wait for the server without end. */
  waitsForever?: boolean;
}

export function connectRedis(settings: RedisSettings, log: Log, options: ConnectionOptions): RedisClient {
  const { server, username, password, tls } = settings;
  const patient = options.waitsForever ?? false;
  const answersWithinMs = Math.min(ANSWERS_WITHIN_MS, settings.deadlineMs);
  const common: Omit<RedisOptions, 'replyMapping'> = {
    connectionName: `stepdown-${options.name}`,
    connectTimeout: answersWithinMs,
    keepAlive: 10_000,
    ...(patient
      ? { maxRetriesPerRequest: null }
      : {
          maxRetriesPerRequest: 0,
          autoResendUnfulfilledCommands: false,
          commandTimeout: answersWithinMs,
          socketTimeout: answersWithinMs,
        }),
    // After a failover the old primary answers as a replica: find the new one.
    reconnectOnError: (error) => error.message.startsWith('READONLY'),
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(tls === undefined ? {} : { tls }),
  };
  const client: RedisClient = isCluster(server)
    ? new Cluster([...server], {
        clusterRetryStrategy: pauseMs,
        slotsRefreshTimeout: answersWithinMs,
        // Certificates name hosts, not the addresses that a lookup gives.
        ...(tls === undefined ? {} : { dnsLookup: (address, callback) => callback(null, address) }),
        redisOptions: common,
      })
    : new Redis({ ...common, host: server.host, port: server.port, db: server.database, retryStrategy: pauseMs });
  // Without a listener an error of the connection ends the process.
  let toldAt = -Infinity;
  client.on('error', (error: Error) => {
    if (performance.now() - toldAt < TELL_AGAIN_MS) return;
    toldAt = performance.now();
    log.warn({ err: error, connection: options.name }, 'the connection to Redis has trouble');
  });
  client.on('ready', () => {
    if (toldAt > -Infinity) log.info({ connection: options.name }, 'the connection to Redis is back');
    toldAt = -Infinity;
  });
  return client;
}

/** Waits for what was sent, but not for a server that does not answer. */
export async function disconnectRedis(client: RedisClient): Promise<void> {
  if (client.status === 'end') return;
  const ended = new Promise<void>((resolve) => client.once('end', () => resolve()));
  client.disconnect();
  // A client that is between two tries to connect has no socket whose end it could tell.
  await Promise.race([ended, new Promise<void>((resolve) => setTimeout(resolve, 500).unref())]);
}

function isCluster(server: RedisSettings['server']): server is readonly { host: string; port: number }[] {
  return Array.isArray(server);
}

/** Half of it chance, so that clients of a server that comes back do not come all at once. */
function pauseMs(tries: number): number {
  const longest = Math.min(LONGEST_PAUSE_MS, 25 * 2 ** Math.min(tries, 10));
  return longest / 2 + (Math.random() * longest) / 2;
}

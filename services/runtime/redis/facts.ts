/** What the servers say of themselves, for those who look after them. Nothing is changed. */
import { Cluster, type Redis } from 'ioredis';
import type { RedisClient } from './connection.js';
import type { RedisRetry } from './retry.js';

export interface RedisFacts {
  /** `host:port`. */
  node: string;
  /** As the server says it, e.g. `7.0.15`. */
  version: string;
  clustered: boolean;
  role: string;
  replicas: number;
  usedMemoryBytes: number;
  /** 0: no limit but the machine's. */
  maxMemoryBytes: number;
  systemMemoryBytes: number;
  evictionPolicy: string;
  appendOnly: boolean;
  /** `undefined`: the server does not let us ask. */
  appendFsync: string | undefined;
  /** Whether the last write and the last rewrite of the append-only file went well. */
  appendOnlyHealthy: boolean;
  snapshotHealthy: boolean;
  /** What its clock is ahead of ours, milliseconds; exact to half the time an answer took. */
  aheadMs: number;
  /** What is in doubt about {@link aheadMs}, milliseconds. */
  aheadDoubtMs: number;
  /** Of a cluster: `ok` or `fail`. */
  clusterState: string | undefined;
  evictedKeys: number;
}

/** @param now our clock, milliseconds. @throws StepdownError as {@link RedisRetry.run} */
export async function readRedisFacts(
  client: RedisClient,
  retry: RedisRetry,
  now: () => number = () => Date.now(),
): Promise<RedisFacts[]> {
  // A cluster's client knows its nodes when it has reached one.
  await retry.run(async () => client.ping());
  const nodes: readonly Redis[] = client instanceof Cluster ? client.nodes('master') : [client];
  return Promise.all(nodes.map(async (node) => retry.run(async () => factsOf(node, now))));
}

async function factsOf(node: Redis, now: () => number): Promise<RedisFacts> {
  const info = parse(await node.info());
  const number = (name: string): number => Number(info.get(name) ?? 0);
  const before = now();
  const [seconds, micros] = (await node.time()) as [unknown, unknown];
  const after = now();
  const clustered = info.get('redis_mode') === 'cluster';
  return {
    node: `${node.options.host}:${node.options.port}`,
    version: info.get('redis_version') ?? '',
    clustered,
    role: info.get('role') ?? '',
    replicas: number('connected_slaves'),
    usedMemoryBytes: number('used_memory'),
    maxMemoryBytes: number('maxmemory'),
    systemMemoryBytes: number('total_system_memory'),
    evictionPolicy: info.get('maxmemory_policy') ?? '',
    appendOnly: info.get('aof_enabled') === '1',
    appendFsync: await setting(node, 'appendfsync'),
    appendOnlyHealthy: info.get('aof_last_write_status') === 'ok' && info.get('aof_last_bgrewrite_status') === 'ok',
    snapshotHealthy: info.get('rdb_last_bgsave_status') === 'ok',
    aheadMs: Number(seconds) * 1_000 + Number(micros) / 1_000 - (before + after) / 2,
    aheadDoubtMs: (after - before) / 2 + 1,
    clusterState: clustered ? parse(await node.cluster('INFO')).get('cluster_state') : undefined,
    evictedKeys: number('evicted_keys'),
  };
}

/** Managed services do not answer `CONFIG`. */
async function setting(node: Redis, name: string): Promise<string | undefined> {
  try {
    const [, value] = await node.config('GET', name);
    return value;
  } catch {
    return undefined;
  }
}

/** `name:value` lines. */
function parse(text: string): Map<string, string> {
  return new Map(
    text.split('\r\n').flatMap((line) => {
      const colon = line.indexOf(':');
      return colon < 0 ? [] : [[line.slice(0, colon), line.slice(colon + 1)] as const];
    }),
  );
}

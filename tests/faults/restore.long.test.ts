/**
 * A Redis that fails over without what it had answered last, and one that is restored from an old copy: `rebuild` makes the
 * contractions again from their topic, and each ends once, as it would have.
 */
import { cpSync, mkdtempSync, readdirSync, rmSync, statSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import type { Contraction } from '../../schemas/contraction.js';
import type { Signal } from '../../schemas/signal.js';
import { rebuildContractions } from '../../services/composition/rebuild.js';
import { liveKeys } from '../../services/respond/keys.js';
import { createRespondMachine } from '../../services/respond/machine.js';
import { WallClock } from '../../services/runtime/clock.js';
import type { Config } from '../../services/runtime/config.js';
import { type Drivers, openDrivers } from '../../services/runtime/drivers.js';
import { silentLog } from '../../services/runtime/log.js';
import { Worker } from '../../services/runtime/worker.js';
import { KafkaPeer } from '../peers/kafka.js';
import { redisMissing, type RedisPeer, redisPeer } from '../peers/redis.js';
import { suiteKafka } from '../peers/suite-peers.js';
import { describeWithPeer } from '../peers/with-peer.js';
import { finding, playbooksOf } from '../respond/rig.js';
import { distributedConfig } from '../runtime/kafka/distributed.js';

const PLAYBOOK = `
id: short
title: Ends soon
version: 1
mode: enforce
trigger: {finding: injection.indirect}
target: session
contract: [{tool.block: {tools: [send_*]}}]
revert: {until: {quiet: {below: 30, for: 1m}}, max: 3m}
incident: {severity: high}
`;
const LATER_MS = 4 * 60_000;

/** A clock that is set forward, as if the time had passed. */
class JumpingClock extends WallClock {
  aheadMs = 0;
  override now(): number {
    return super.now() + this.aheadMs;
  }
}

/** Response over these drivers, in this process. */
async function respondOver(drivers: Drivers, clock: WallClock): Promise<Worker<Signal>> {
  const machine = createRespondMachine({
    playbooks: playbooksOf(PLAYBOOK),
    riskHalfLifeMs: 60_000,
    leaseMs: 60_000,
    incidentsPerPlaybookPerHour: 20,
  });
  const worker = new Worker<Signal>({ machine, topic: 'signals', drivers, clock, log: silentLog(), sweepEveryMs: 50 });
  await worker.start();
  return worker;
}

async function contract({ stream }: Drivers, worker: Worker<Signal>, session: string): Promise<void> {
  const made = finding({ timeMs: Date.now(), session });
  await stream.append([
    {
      topic: 'signals',
      key: session,
      value: { kind: 'finding', tenant: 'default', timeMs: made.timeMs, finding: made },
    },
  ]);
  await worker.settled();
}

const live = async ({ store }: Drivers): Promise<string[]> =>
  (await store.scan<Contraction>(liveKeys)).map(({ value }) => value.target.id).sort();

async function endedIn({ stream }: Drivers): Promise<string[]> {
  const ended: string[] = [];
  for (const { partition } of await stream.state('contractions'))
    for (const { value } of await stream.read('contractions', { partition, from: 0, limit: 10_000 }))
      if (value.kind === 'contraction' && value.contraction.state === 'ended') ended.push(value.contraction.target.id);
  return ended.sort();
}

describeWithPeer('a Redis that lost what it answered', (await KafkaPeer.missing()) ?? redisMissing(), () => {
  const kafka = suiteKafka();
  const peers: RedisPeer[] = [];
  afterAll(async () => {
    await Promise.all(peers.map(async (peer) => peer.remove()));
  });
  const server = async (...settings: string[]): Promise<RedisPeer> => {
    const peer = await redisPeer(settings);
    peers.push(peer);
    return peer;
  };
  const at = (config: Config, { url }: RedisPeer): Config => ({
    ...config,
    store: { ...config.store, redis: { ...config.store.redis, url } },
  });
  const open = async (config: Config): Promise<Drivers> => openDrivers(config, silentLog(), new WallClock());
  const rebuild = async (drivers: Drivers, config: Config) =>
    rebuildContractions(drivers, config, {
      nowMs: Date.now(),
      partitionOf: (tenant) => drivers.partitionOf?.('signals', tenant) ?? 0,
    });
  /** Time passes; everything that is live must end, once. */
  const endsAll = async (drivers: Drivers, sessions: readonly string[]): Promise<void> => {
    const clock = new JumpingClock();
    clock.aheadMs = LATER_MS;
    const worker = await respondOver(drivers, clock);
    await expect.poll(async () => live(drivers), { timeout: 20_000, interval: 20 }).toEqual([]);
    await worker.stop();
    expect(await endedIn(drivers)).toEqual([...sessions].sort());
  };

  it('a replica that takes over without the last writes is made whole by rebuild', { timeout: 90_000 }, async () => {
    const primary = await server();
    const replica = await server('--replicaof', `127.0.0.1 ${primary.port}`);
    await expect
      .poll(async () => (await replica.cli('info', 'replication')).includes('master_link_status:up'), {
        timeout: 10_000,
      })
      .toBe(true);
    const config = distributedConfig(kafka(), primary, { partitions: 2 });
    const before = await open(config);
    const worker = await respondOver(before, new WallClock());
    await contract(before, worker, 's1');
    await expect.poll(async () => replica.cli('dbsize'), { timeout: 5_000 }).toBe(await primary.cli('dbsize'));
    // From here on the replica hears nothing.
    await replica.cli('replicaof', '127.0.0.1', '1');
    await contract(before, worker, 's2');
    await contract(before, worker, 's3');
    await worker.stop();
    await before.close();
    await primary.kill();
    await replica.cli('replicaof', 'no', 'one');
    const after = await open(at(config, replica));
    expect(await live(after)).toEqual(['s1']);
    expect(await rebuild(after, config)).toMatchObject({ live: 3, ended: 0 });
    expect(await live(after)).toEqual(['s1', 's2', 's3']);
    expect((await rebuild(after, config)).written).toBe(0);
    await endsAll(after, ['s1', 's2', 's3']);
    await after.close();
  });

  it(
    'a copy of its folder, the groups set back to its time, and rebuild: nothing is lost or doubled',
    { timeout: 90_000 },
    async () => {
      const first = await server();
      const config = distributedConfig(kafka(), first, { partitions: 2 });
      const before = await open(config);
      const worker = await respondOver(before, new WallClock());
      await contract(before, worker, 's1');
      // As docs/redis.md says.
      await first.cli('config', 'set', 'auto-aof-rewrite-percentage', '0');
      const copy = mkdtempSync(join(tmpdir(), 'stepdown-redis-copy-'));
      cpSync(join(first.dir, 'appendonlydir'), join(copy, 'appendonlydir'), { recursive: true });
      const takenAtMs = Date.now();
      await new Promise((resolve) => setTimeout(resolve, 5));
      await contract(before, worker, 's2');
      await worker.stop();
      await before.close();
      await first.kill();
      const restored = await server('--dir', copy);
      const admin = kafka().client().admin();
      await admin.connect();
      const { prefix } = config.stream.kafka;
      const topic = `${prefix}signals`;
      await admin.setOffsets({
        groupId: `${prefix}respond`,
        topic,
        partitions: await admin.fetchTopicOffsetsByTimestamp(topic, takenAtMs),
      });
      await admin.disconnect();
      const after = await open(at(config, restored));
      expect(await live(after)).toEqual(['s1']);
      await rebuild(after, config);
      const again = await respondOver(after, new WallClock());
      await again.settled();
      expect(await live(after)).toEqual(['s1', 's2']);
      await again.stop();
      await endsAll(after, ['s1', 's2']);
      await after.close();
      rmSync(copy, { recursive: true });
    },
  );

  it(
    'a file that ends in the middle of a command: Redis starts with what stands before it, rebuild makes the rest again',
    { timeout: 90_000 },
    async () => {
      const peer = await server();
      const config = distributedConfig(kafka(), peer, { partitions: 2 });
      const before = await open(config);
      const worker = await respondOver(before, new WallClock());
      await contract(before, worker, 's1');
      const folder = join(peer.dir, 'appendonlydir');
      const file = join(folder, readdirSync(folder).find((name) => name.endsWith('.incr.aof')) ?? '');
      const whole = statSync(file).size;
      await contract(before, worker, 's2');
      await worker.stop();
      await before.close();
      await peer.kill();
      // The power went: of what came after the first contraction only the beginning of a command is there.
      truncateSync(file, whole + 9);
      await peer.start();
      const after = await open(config);
      expect(await live(after)).toEqual(['s1']);
      expect(await rebuild(after, config)).toMatchObject({ live: 2, ended: 0 });
      expect(await live(after)).toEqual(['s1', 's2']);
      await endsAll(after, ['s1', 's2']);
      await after.close();
    },
  );
});

import { expect, it } from 'vitest';
import type { Contraction } from '../../schemas/contraction.js';
import { rebuildContractions } from '../../services/composition/rebuild.js';
import { WallClock } from '../../services/runtime/clock.js';
import { openDrivers } from '../../services/runtime/drivers.js';
import { silentLog } from '../../services/runtime/log.js';
import { resizeTopics } from '../../services/runtime/stream/kafka/resize.js';
import { Partitioner } from '../../services/runtime/stream/kafka/partitioner.js';
import { laneName } from '../../services/runtime/worker/lane.js';
import { KafkaPeer } from '../peers/kafka.js';
import { redisMissing } from '../peers/redis.js';
import { suiteKafkaAndRedis } from '../peers/suite-peers.js';
import { describeWithPeer } from '../peers/with-peer.js';
import { distributedConfig } from '../runtime/kafka/distributed.js';

const contraction = (id: string, version: number, state: Contraction['state']): Contraction =>
  ({
    schemaVersion: 1,
    id,
    tenant: 't',
    version,
    state,
    mode: 'enforce',
    target: { tenant: 't', type: 'session', id: 's' },
    sessionIds: ['s'],
    controls: [],
    until: { kind: 'quiet', below: 30, forMs: 60_000 },
    createdAtMs: 1,
    lastSignalAtMs: 1,
    leaseMs: 300_000,
    leaseUntilMs: 300_001,
    maxAtMs: 9e12,
    atMax: { quiet: 'revert', active: 'page' },
    history: [],
    effects: [],
    engineGone: 'lapse',
  }) as unknown as Contraction;

describeWithPeer('commands for Kafka', (await KafkaPeer.missing()) ?? redisMissing(), () => {
  const peers = suiteKafkaAndRedis();

  it('rebuild makes the index again from the topic, in the newest version, and repeats without a change', async () => {
    const config = distributedConfig(peers.kafka(), peers.redis());
    const drivers = await openDrivers(config, silentLog(), new WallClock());
    const record = (id: string, version: number, state: Contraction['state']) => ({
      topic: 'contractions' as const,
      key: id,
      value: { kind: 'contraction' as const, contraction: contraction(id, version, state) },
    });
    await drivers.stream.append([
      record('a', 1, 'active'),
      record('b', 1, 'active'),
      record('a', 2, 'active'),
      record('b', 2, 'ended'),
    ]);
    await drivers.store.write([{ key: 'contraction/live/t/b', value: contraction('b', 1, 'active') }]);
    const partitioner = new Partitioner('signals', 4);
    const options = { nowMs: 1_000, partitionOf: (tenant: string) => partitioner.partitionOf(tenant) };
    expect(await rebuildContractions(drivers, config, options)).toMatchObject({ records: 4, live: 1, ended: 1 });
    const [a, b, over] = await drivers.store.get<Contraction>([
      'contraction/live/t/a',
      'contraction/live/t/b',
      'contraction/ended/t/b',
    ]);
    expect(a?.value.version).toBe(2);
    expect(b).toBeUndefined();
    expect(over?.value.state).toBe('ended');
    const owner = laneName('respond', partitioner.partitionOf('t'));
    expect((await drivers.schedule.due(owner, Number.MAX_VALUE, 10)).map(({ id }) => id)).toEqual(['contraction:t/a']);
    expect(await rebuildContractions(drivers, config, options)).toMatchObject({ written: 0 });
    await drivers.close();
  });

  it('resize adds partitions and moves timers with their keys', async () => {
    const config = distributedConfig(peers.kafka(), peers.redis(), { partitions: 2 });
    const drivers = await openDrivers(config, silentLog(), new WallClock());
    const before = new Partitioner('telemetry', 2);
    const keys = Array.from({ length: 20 }, (_, n) => `t/service-${n}`);
    await drivers.schedule.set(
      keys.map((streamKey) => ({
        owner: laneName('detect', before.partitionOf(streamKey)),
        id: streamKey,
        dueMs: 9e12,
        payload: { streamKey, tenant: 't', session: 's' },
      })),
    );
    const admin = peers.kafka().client().admin();
    await admin.connect();
    const resized = await resizeTopics(admin, config, drivers, 6);
    expect(resized.map(({ topic, from, to }) => [topic, from, to])).toContainEqual(['telemetry', 2, 6]);
    const after = new Partitioner('telemetry', 6);
    for (let p = 0; p < 6; p++) {
      const held = (await drivers.schedule.due(laneName('detect', p), Number.MAX_VALUE, 100))
        .map(({ id }) => id)
        .sort();
      expect(held).toEqual(keys.filter((key) => after.partitionOf(key) === p).sort());
    }
    await admin.disconnect();
    await drivers.close();
  });
});

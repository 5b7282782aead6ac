/** The checks of Kafka: against a real broker that is set up as it should not be, and tables for what takes several. */
import type { Admin } from 'kafkajs';
import { AclOperationTypes, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Check } from '../../../services/cli/doctor/finding.js';
import { kafkaChecks } from '../../../services/cli/doctor/kafka/examination.js';
import { replicationCheck } from '../../../services/cli/doctor/kafka/replication.js';
import { type Config, loadConfig } from '../../../services/runtime/config.js';
import { silentLog } from '../../../services/runtime/log.js';
import {
  createTopics,
  topicName,
  topicPlan,
  type TopicStanding,
} from '../../../services/runtime/stream/kafka/topics.js';
import { freePort } from '../../peers/free-port.js';
import { KafkaPeer } from '../../peers/kafka.js';
import { type SharedKafka, sharedKafka } from '../../peers/shared-kafka.js';
import { describeWithPeer } from '../../peers/with-peer.js';

function configured(brokers: readonly string[], kafka: Record<string, unknown> = {}): Config {
  return loadConfig({
    env: {},
    overrides: {
      stream: { driver: 'kafka', kafka: { brokers, prefix: 'doctor.', partitions: 2, ...kafka } },
      health: { maxLag: 3 },
    },
  });
}

async function examine(config: Config): Promise<Map<string, Check>> {
  const checks = await kafkaChecks(config, silentLog());
  for (const { status, mend } of checks) expect(status === 'ok').toBe(mend === undefined);
  return new Map(checks.map((check) => [`${check.check}${check.status === 'ok' ? '' : '!'}`, check]));
}

describeWithPeer('the doctor on Kafka', await KafkaPeer.missing(), () => {
  let peer: SharedKafka;
  let admin: Admin;
  let config: Config;
  beforeAll(async () => {
    peer = await sharedKafka();
    config = configured(peer.brokers);
    admin = peer.client().admin();
    await admin.connect();
  });
  afterAll(async () => {
    await admin.disconnect();
    await peer.stop();
  });

  it('finds topics that are not there, then nothing but the single copy', async () => {
    const before = await examine(config);
    expect(before.get('kafka topics!')?.detail).toContain('doctor.telemetry');
    expect(before.has('kafka partitions!')).toBe(false);
    await createTopics(admin, config);
    const after = await examine(config);
    expect([...after.keys()].filter((key) => key.endsWith('!'))).toEqual(['kafka replication!']);
    expect(after.get('kafka replication!')).toMatchObject({
      status: 'warning',
      detail: expect.stringContaining('one broker'),
    });
    expect(after.get('kafka lag of detect')?.detail).toBe('0 records');
  });

  it('finds another number of partitions, and fewer copies than configured', async () => {
    const checks = await examine(configured(peer.brokers, { partitions: 5, replicas: 3 }));
    expect(checks.get('kafka partitions!')?.detail).toContain('doctor.signals has 2, not 5');
    expect(checks.get('kafka replication!')?.detail).toContain('fewer copies than the 3 configured');
  });

  it('finds what the broker was told of a topic that the engine does not rely on, and says the command that mends it', async () => {
    const set = async (topic: string, entries: Record<string, string>): Promise<void> => {
      const configEntries = Object.entries(entries).map(([name, value]) => ({ name, value }));
      await admin.alterConfigs({
        validateOnly: false,
        resources: [{ type: 2, name: `doctor.${topic}`, configEntries }],
      });
    };
    await set('contractions', {
      'retention.ms': '60000',
      'retention.bytes': '1048576',
      'max.message.bytes': '1000',
      'unclean.leader.election.enable': 'true',
      'min.insync.replicas': '2',
    });
    await set('telemetry', { 'cleanup.policy': 'compact,delete', 'retention.bytes': '1048576' });
    const wrong = (await kafkaChecks(config, silentLog())).filter(({ check }) => check === 'kafka settings');
    const command = (topic: string, setting: string): string =>
      `kafka-configs.sh --bootstrap-server ${peer.brokers[0] ?? ''} --alter --entity-type topics --entity-name doctor.${topic} --add-config ${setting}`;
    // Whoever sets one thing in the old way takes all others back to what brokers do by themselves.
    for (const [status, topic, part, setting] of [
      ['problem', 'contractions', 'keeps records for 1m, not 90d', 'retention.ms=7776000000'],
      ['problem', 'contractions', 'drops records beyond 1MiB in a partition', 'retention.bytes=-1'],
      ['warning', 'contractions', 'refuses records above 1000 bytes', 'max.message.bytes='],
      ['problem', 'contractions', 'lets a broker lead', 'unclean.leader.election.enable=false'],
      ['warning', 'contractions', 'believes the clocks of those who write', 'message.timestamp.type=LogAppendTime'],
      ['problem', 'telemetry', 'is compacted', 'cleanup.policy=delete'],
      ['warning', 'telemetry', 'drops records beyond 1MiB', 'retention.bytes=-1'],
      ['warning', 'telemetry', 'believes the clocks', 'message.timestamp.type=LogAppendTime'],
    ] as const)
      expect(wrong).toContainEqual({
        ...{ check: 'kafka settings', status },
        detail: expect.stringMatching(new RegExp(`^doctor\\.${topic} .*${part}`)),
        mend: expect.stringContaining(command(topic, setting)),
      });
    const all = await examine(config);
    expect(all.get('kafka replication!')?.detail).toContain('no record can be written');
    const plan = topicPlan(config);
    for (const topic of ['contractions', 'telemetry'])
      await set(topic, plan.find((each) => each.topic === topic)?.config ?? {});
    expect((await examine(config)).get('kafka settings')?.status).toBe('ok');
  });

  it('finds readers that are behind', async () => {
    const producer = peer.client().producer();
    await producer.connect();
    await producer.send({
      topic: topicName(config.stream.kafka, 'signals'),
      messages: Array.from({ length: 4 }, (_, index) => ({ key: String(index), value: '{}' })),
    });
    await producer.disconnect();
    const checks = await examine(config);
    expect(checks.get('kafka lag of respond!')?.detail).toBe('4 records');
    await admin.setOffsets({
      groupId: 'doctor.respond',
      topic: 'doctor.signals',
      partitions: (await admin.fetchTopicOffsets('doctor.signals')).map(({ partition, high }) => ({
        partition,
        offset: high,
      })),
    });
    expect((await examine(config)).get('kafka lag of respond')?.detail).toBe('0 records');
  });

  it('finds brokers that do not answer', async () => {
    const checks = await examine(configured([`127.0.0.1:${await freePort()}`], { connectTimeout: '300ms' }));
    expect(checks.get('kafka!')?.detail).toContain('driver-unavailable');
  });

  it('finds topics it may not see', async () => {
    // The last one here: this client itself may not look any more afterwards.
    const acl = {
      resourceType: AclResourceTypes.TOPIC,
      resourceName: 'doctor.audit',
      resourcePatternType: ResourcePatternTypes.LITERAL,
      principal: 'User:ANONYMOUS',
      host: '*',
      operation: AclOperationTypes.DESCRIBE,
      permissionType: AclPermissionTypes.DENY,
    };
    await admin.createAcls({ acl: [acl] });
    const checks = await examine(config);
    expect(checks.get('kafka rights!')?.detail).toContain('may not describe doctor.audit');
  });
});

describe('replication', () => {
  const topic = (change: Partial<TopicStanding> & { min?: number }): TopicStanding => {
    const { min = 2, ...rest } = change;
    const config = { 'min.insync.replicas': String(min) };
    return { topic: 'signals', name: 'signals', wanted: 2, partitions: 2, replicas: 3, inSync: 3, config, ...rest };
  };
  it.each([
    ['is right', topic({}), 3, 3, 'ok', '3 copies, in sync; a record counts once 2 have it'],
    ['lacks a copy', topic({ inSync: 2 }), 3, 3, 'problem', 'copies are missing or behind'],
    ['counts on one broker', topic({ min: 1 }), 3, 3, 'problem', 'durable on one broker alone'],
    ['stops with one broker', topic({ min: 3 }), 3, 3, 'warning', 'writing stops when one broker is away'],
    ['cannot be written', topic({ min: 4 }), 3, 3, 'problem', 'no record can be written'],
    [
      'uses one of three brokers',
      topic({ replicas: 1, inSync: 1, min: 1 }),
      1,
      3,
      'warning',
      '3 brokers, and each record on 1',
    ],
  ] as const)('%s', (_, standing, wanted, brokers, status, detail) => {
    const [first] = replicationCheck([standing], wanted, brokers);
    expect(first).toMatchObject({ status, detail: expect.stringContaining(detail) });
  });
});

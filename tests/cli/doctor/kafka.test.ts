/** The checks of Kafka: against a real broker that is set up as it should not be, and tables for what takes several. */
import type { Admin } from 'kafkajs';
import { AclOperationTypes, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Check } from '../../../services/cli/doctor/finding.js';
import { kafkaChecks } from '../../../services/cli/doctor/kafka/examination.js';
import { replicationCheck } from '../../../services/cli/doctor/kafka/replication.js';
import { type Config, loadConfig } from '../../../services/runtime/config.js';
import { silentLog } from '../../../services/runtime/log.js';
import { createTopics, topicName, type TopicStanding } from '../../../services/runtime/stream/kafka/topics.js';
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

  it('finds records that go too early, are refused, or may be lost, and topics nothing can be written to', async () => {
    const set = async (entries: Record<string, string>): Promise<void> => {
      await admin.alterConfigs({
        validateOnly: false,
        resources: [
          {
            type: 2,
            name: 'doctor.contractions',
            configEntries: Object.entries(entries).map(([name, value]) => ({ name, value })),
          },
        ],
      });
    };
    await set({
      'retention.ms': '60000',
      'max.message.bytes': '1000',
      'unclean.leader.election.enable': 'true',
      'min.insync.replicas': '2',
    });
    const checks = await kafkaChecks(config, silentLog());
    const details = checks.filter(({ status }) => status !== 'ok').map(({ detail }) => detail);
    for (const part of [
      'keeps records for 1m, not 90d',
      'refuses records above 1000 bytes',
      'lets a broker lead',
      'no record can be written',
    ])
      expect(details.join('\n')).toContain(part);
    await set({});
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
